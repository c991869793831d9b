//! The rule of every tree: each path once, and below directories only.

use std::collections::HashMap;

use super::entry::{Entry, Node};
use super::path::TreePath;

/// Maximum total length of all paths, bytes: those of a few million headers.
const HELD_MAX: usize = 256 << 20;

/// Watches entries go by and refuses the one that breaks the rule.
///
/// The builder of a tree and the writer of a folder share it, so that an archive can't make
/// either of them place something through a symlink or over what is there.
#[derive(Debug, Default)]
pub struct Placement {
    seen: HashMap<TreePath, Seen>,
    /// Their total length, bytes.
    held: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Dir,
    ImpliedDir,
    Leaf,
}

/// Why the path of an entry is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    #[error("{0}: duplicate entry")]
    Twice(TreePath),
    /// Its parent is a file or a symlink.
    #[error("{0}: its parent {1} is not a directory")]
    Parent(TreePath, TreePath),
    /// There are too many, or too long ones.
    #[error("the paths of all entries exceed {} bytes", HELD_MAX)]
    TooMany,
}

impl Placement {
    /// Adds `entry`; returns its parent directories that were not added yet, outermost
    /// first.
    ///
    /// # Errors
    /// The entry breaks the rule.
    pub fn admit(&mut self, entry: &Entry) -> Result<Vec<TreePath>, PlacementError> {
        let mut held = self.held;
        let mut hold = |path: &TreePath| {
            held += size_of::<(TreePath, Seen)>() + path.as_bytes().len();
            if held > HELD_MAX { Err(PlacementError::TooMany) } else { Ok(()) }
        };
        let mut implied = Vec::new();
        let mut parent = entry.path.parent();
        while let Some(dir) = parent {
            match self.seen.get(&dir) {
                Some(Seen::Dir | Seen::ImpliedDir) => break,
                Some(Seen::Leaf) => return Err(PlacementError::Parent(entry.path.clone(), dir)),
                None => {
                    hold(&dir)?;
                    parent = dir.parent();
                    implied.push(dir);
                }
            }
        }
        implied.reverse();
        let is_dir = entry.node == Node::Dir;
        match self.seen.get(&entry.path) {
            Some(Seen::ImpliedDir) if is_dir => {}
            Some(_) => return Err(PlacementError::Twice(entry.path.clone())),
            None => hold(&entry.path)?,
        }
        self.held = held;
        for dir in &implied {
            self.seen.insert(dir.clone(), Seen::ImpliedDir);
        }
        let seen = if is_dir { Seen::Dir } else { Seen::Leaf };
        self.seen.insert(entry.path.clone(), seen);
        Ok(implied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_would_fill_the_memory_are_refused() {
        let dir =
            |path: &str| Entry { path: TreePath::new(path).unwrap(), mtime: 0, node: Node::Dir };
        let mut placement = Placement { held: HELD_MAX - 1000, ..Placement::default() };
        // Its parents add up to a hundred times its own length.
        let deep = dir(&("d/".repeat(200) + "d"));
        assert_eq!(placement.admit(&deep), Err(PlacementError::TooMany));
        assert_eq!(placement.admit(&dir("a/b")).unwrap().len(), 1);
        let held = placement.held;
        assert!(placement.admit(&dir("a")).unwrap().is_empty());
        assert_eq!(placement.held, held, "what was implied is not held twice");
        assert_eq!(placement.admit(&dir(&"n".repeat(1000))), Err(PlacementError::TooMany));
    }
}
