//! A member of an archive that is read as a stream, whatever the container.

use std::io::Read;

use anyhow::{Context as _, Result, bail};

use super::FILE_MAX;
use crate::tree::{Entry, Node, TreePath};

/// Up to which size a file is believed in advance, bytes.
const RESERVE: u64 = 1 << 20;

/// One member of an archive being read: what it is, and its content still in the stream.
pub struct Member<'a> {
    /// Where it stands.
    pub path: TreePath,
    /// Seconds since 1970.
    pub mtime: u32,
    /// What it is, a file with `data` still empty.
    pub node: Node,
    /// The size that its header declares, bytes.
    pub size: u64,
    pub(super) content: &'a mut dyn Read,
}

impl Member<'_> {
    /// The member with its content read.
    ///
    /// # Errors
    /// The stream ends before the declared size.
    pub fn into_entry(self) -> Result<Entry> {
        let Member { path, mtime, mut node, size, content } = self;
        if let Node::File { data, .. } = &mut node {
            if size > FILE_MAX {
                bail!("{path}: a file of {size} bytes, more than {FILE_MAX}");
            }
            // The declared size is not trusted with a large allocation: it may be a lie.
            data.reserve_exact(size.min(RESERVE) as usize);
            content.take(size).read_to_end(data).with_context(|| path.to_string())?;
            if data.len() as u64 != size {
                bail!("{path}: cut off after {} of {size} bytes", data.len());
            }
        }
        Ok(Entry { path, mtime, node })
    }
}
