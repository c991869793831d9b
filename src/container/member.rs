//! A member of an archive that is read as a stream, whatever the container.

use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail, ensure};

use crate::container::limits::{FILE_MAX, TREE_MAX};
use crate::tree::{Entry, Node, TreePath};

/// Up to which size a file is believed in advance, bytes.
const RESERVE: u64 = 1 << 20;

/// Remaining total size of the files that may be read from one artifact, bytes.
#[derive(Debug)]
pub(crate) struct SizeBudget(AtomicU64);

impl Default for SizeBudget {
    fn default() -> Self {
        Self(AtomicU64::new(TREE_MAX))
    }
}

impl SizeBudget {
    /// Counts a file of `size` bytes before it is read.
    ///
    /// # Errors
    /// It is longer than [`FILE_MAX`], or all of them together are than [`TREE_MAX`].
    pub(crate) fn admit(&self, size: u64) -> Result<()> {
        let take = |left: u64| left.checked_sub(size);
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        ensure!(taken.is_ok(), "the files exceed {TREE_MAX} bytes in total");
        ensure!(size <= FILE_MAX, "a file of {size} bytes, more than {FILE_MAX}");
        Ok(())
    }
}

/// One member of an archive being read: what it is, and its content still in the stream.
pub struct Member<'a> {
    pub path: TreePath,
    /// Seconds since 1970.
    pub mtime: u32,
    /// Its type; the `data` of a file is still empty.
    pub node: Node,
    /// The size that its header declares, bytes.
    pub size: u64,
    pub(crate) content: &'a mut dyn Read,
    /// For this member and those that are read after it.
    pub(crate) room: &'a SizeBudget,
}

impl Member<'_> {
    /// The member with its content read.
    ///
    /// # Errors
    /// The stream ends before the declared size; it or all members that were read are too long.
    pub fn into_entry(self) -> Result<Entry> {
        let Member { path, mtime, mut node, size, content, room } = self;
        room.admit(size).with_context(|| path.to_string())?;
        if let Node::File { data, .. } = &mut node {
            // The declared size is not trusted with a large allocation: it may be a lie.
            data.reserve_exact(size.min(RESERVE) as usize);
            content.take(size).read_to_end(data).with_context(|| path.to_string())?;
            if data.len() as u64 != size {
                bail!("{path}: truncated after {} of {size} bytes", data.len());
            }
        }
        Ok(Entry { path, mtime, node })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_to_as_much_as_a_tree_may_and_no_more() {
        let room = SizeBudget::default();
        for _ in 0..TREE_MAX / FILE_MAX {
            room.admit(FILE_MAX).unwrap();
        }
        room.admit(0).unwrap();
        for size in [1, u64::MAX] {
            let error = room.admit(size).unwrap_err().to_string();
            assert!(error.starts_with("the files exceed"), "{error}");
        }
        let error = SizeBudget::default().admit(FILE_MAX + 1).unwrap_err().to_string();
        assert!(error.starts_with("a file of"), "{error}");
    }
}
