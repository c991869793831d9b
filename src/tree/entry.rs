//! One entry of a header set.

use super::path::TreePath;

/// One file, symlink or directory of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands, below the root of the tree.
    pub path: TreePath,
    /// Modification time, seconds since 1970. Not part of the digest.
    pub mtime: u32,
    /// What it is.
    pub node: Node,
}

/// What an entry is, with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A directory, mode 0755.
    Dir,
    /// A regular file, mode 0644 or, when executable, 0755.
    File {
        /// The whole content.
        data: Vec<u8>,
        /// Whether its owner may run it.
        executable: bool,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points, as stored.
        target: Vec<u8>,
    },
}
