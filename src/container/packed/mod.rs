//! Packed files: a fixed header, each file compressed on its own, and a compressed index.

pub(crate) mod header;
pub(crate) mod index;
pub(crate) mod read;
pub(crate) mod write;
