//! The squashfs format: tables, inodes and data blocks, read and renumbered here; backhand writes.

/// How deep directories may nest: backhand recurses.
pub(crate) const DEPTH_MAX: usize = 256;

pub(crate) mod ahead;
pub(crate) mod content;
pub(crate) mod inode;
pub(crate) mod lz4;
pub(crate) mod metadata;
pub(crate) mod structures;
pub(crate) mod tables;
pub(crate) mod unpack;
pub(crate) mod write;
pub(crate) mod xz;
