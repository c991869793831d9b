//! One entry of a header set.

use super::path::TreePath;

/// One file, symlink or directory of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is, below the root of the tree.
    pub path: TreePath,
    /// Modification time, seconds since 1970. Not part of the digest.
    pub mtime: u32,
    pub node: Node,
}

/// The type and content of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A directory, mode 0755.
    Dir,
    /// A regular file, mode 0644 or, when executable, 0755.
    File {
        data: Vec<u8>,
        /// Whether its owner may run it.
        executable: bool,
    },
    Symlink {
        target: Vec<u8>,
    },
}
