//! The header set as a value: sorted entries (files, symlinks, directories) with a digest.

mod entry;
pub mod folder;
mod new_file;
mod path;
mod placement;
mod writer_pool;

use sha2::{Digest as _, Sha256};

pub use entry::{Entry, Node};
pub use path::{PathError, TreePath};
pub use placement::{Placement, PlacementError};

/// A header set: entries in canonical order, each path once, each parent a directory.
///
/// The canonical order is that of `tar --sort=name`: a directory precedes its entries, and
/// names in one directory are ordered by their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    entries: Vec<Entry>,
    mtime: u32,
}

/// The number and size of the entries of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct TreeStats {
    pub files: u64,
    pub links: u64,
    /// Directories, the root not counted.
    pub dirs: u64,
    /// Content of the regular files, bytes.
    pub bytes: u64,
}

impl Tree {
    /// A tree of `entries` in any order, all stamped with `mtime` (seconds since 1970).
    ///
    /// Directories that are implied by a path but not listed are added.
    ///
    /// # Errors
    /// A duplicate path, or one below something that is not a directory.
    pub fn new(mut entries: Vec<Entry>, mtime: u32) -> Result<Self, PlacementError> {
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let mut placement = Placement::default();
        let mut implied = Vec::new();
        for entry in &mut entries {
            entry.mtime = mtime;
            for path in placement.admit(entry)? {
                implied.push(Entry { path, mtime, node: Node::Dir });
            }
        }
        if !implied.is_empty() {
            entries.append(&mut implied);
            entries.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Ok(Self { entries, mtime })
    }

    /// The entries in canonical order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The modification time of all entries, seconds since 1970.
    pub fn mtime(&self) -> u32 {
        self.mtime
    }

    /// The content of the regular file at `path`, if there is one.
    pub fn file(&self, path: &TreePath) -> Option<&[u8]> {
        let at = self.entries.binary_search_by(|entry| entry.path.cmp(path)).ok()?;
        match &self.entries[at].node {
            Node::File { data, .. } => Some(data),
            _ => None,
        }
    }

    /// The regular files in canonical order.
    pub fn files(&self) -> impl Iterator<Item = (&TreePath, &[u8])> {
        self.entries.iter().filter_map(|entry| match &entry.node {
            Node::File { data, .. } => Some((&entry.path, data.as_slice())),
            _ => None,
        })
    }

    /// How much there is of what.
    pub fn census(&self) -> TreeStats {
        let mut census = TreeStats::default();
        for entry in &self.entries {
            match &entry.node {
                Node::Dir => census.dirs += 1,
                Node::Symlink { .. } => census.links += 1,
                Node::File { data, .. } => {
                    census.files += 1;
                    census.bytes += data.len() as u64;
                }
            }
        }
        census
    }

    /// SHA-256 over kind, path and content of every entry in canonical order, in hex.
    ///
    /// Every variable part is preceded by its length as a little-endian `u64`, so that no two
    /// trees share an encoding. Modification times are left out.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let part = |hash: &mut Sha256, bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for entry in &self.entries {
            let (kind, content): (u8, &[u8]) = match &entry.node {
                Node::Dir => (b'd', &[]),
                Node::File { data, executable: false } => (b'f', data),
                Node::File { data, executable: true } => (b'x', data),
                Node::Symlink { target } => (b'l', target),
            };
            hash.update([kind]);
            part(&mut hash, entry.path.as_bytes());
            part(&mut hash, content);
        }
        hex(&hash.finalize())
    }
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, data: &str) -> Entry {
        let node = Node::File { data: data.into(), executable: false };
        Entry { path: TreePath::new(path).unwrap(), mtime: 0, node }
    }

    #[test]
    fn a_directory_stands_before_what_it_holds() {
        let tree = Tree::new(vec![file("a.h", ""), file("a/z.h", ""), file("a/b/c.h", "")], 7);
        let paths: Vec<_> =
            tree.unwrap().entries().iter().map(|entry| entry.path.to_string()).collect();
        assert_eq!(paths, ["a", "a/b", "a/b/c.h", "a/z.h", "a.h"]);
    }

    #[test]
    fn the_digest_tells_content_name_and_mode_apart_but_not_time() {
        let digest = |entry: Entry, mtime| Tree::new(vec![entry], mtime).unwrap().digest();
        let base = digest(file("a", "bc"), 1);
        assert_eq!(base, digest(file("a", "bc"), 2));
        assert_ne!(base, digest(file("ab", "c"), 1));
        assert_ne!(base, digest(file("a", "bd"), 1));
        let mut executable = file("a", "bc");
        executable.node = Node::File { data: "bc".into(), executable: true };
        assert_ne!(base, digest(executable, 1));
    }

    #[test]
    fn twice_the_same_path_is_refused() {
        let error = Tree::new(vec![file("a", "1"), file("a", "2")], 0).unwrap_err();
        assert_eq!(error.to_string(), "a: duplicate entry");
    }

    #[test]
    fn nothing_stands_below_a_file() {
        let error = Tree::new(vec![file("a", "1"), file("a/b", "2")], 0).unwrap_err();
        assert_eq!(error.to_string(), "a/b: its parent a is not a directory");
    }
}
