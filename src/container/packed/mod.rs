//! The layout of packed files: a fixed header and a compressed index.

pub(crate) mod header;
pub(crate) mod index;
