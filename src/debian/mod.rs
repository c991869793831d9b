//! Packages from Debian's archive: found by apt, kept in the cache, unpacked, run.

pub(crate) mod apt;
pub mod cache;
pub(crate) mod deb;
mod depends;
pub(crate) mod fetched;
pub(crate) mod packages;
pub mod suite;
pub(crate) mod tool;
