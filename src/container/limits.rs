//! What is believed of an artifact that someone else may have made.

use anyhow::{Result, ensure};

use crate::tree::TreePath;

/// The longest file that is read from an artifact, bytes: far more than any header or Module.symvers
/// has, and little enough that an artifact which lies about a length can't exhaust the memory.
pub const FILE_MAX: u64 = 256 << 20;

/// The most that the files of one artifact may amount to, bytes: fifty header sets, so that a small
/// artifact can't unpack to more than a disk holds.
pub const TREE_MAX: u64 = 2 << 30;

/// The longest path that is read from an artifact, bytes: Linux's `PATH_MAX` without its NUL. Longer
/// ones can't be created, and an artifact that nests directories endlessly would cost their sum.
pub const PATH_MAX: usize = 4095;

/// Fails for a path longer than [`PATH_MAX`], without showing it.
pub(crate) fn check_path(path: &TreePath) -> Result<()> {
    ensure!(path.as_bytes().len() <= PATH_MAX, "a path is longer than {PATH_MAX} bytes");
    Ok(())
}

/// The little-endian number that `bytes` spell.
pub(crate) fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
