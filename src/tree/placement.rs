//! The rule every tree keeps: each path once, and below directories only.

use std::collections::HashMap;

use super::{Entry, Node, TreePath};

/// Watches entries go by and refuses the one that breaks the rule.
///
/// The builder of a tree and the writer of a folder share it, so that an archive can't make
/// either of them place something through a symlink or over what is there.
#[derive(Debug, Default)]
pub struct Placement {
    seen: HashMap<TreePath, Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Dir,
    ImpliedDir,
    Leaf,
}

/// Why an entry can't stand where it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// Its path was taken before.
    #[error("{0}: stands twice")]
    Twice(TreePath),
    /// What should hold it is a file or a symlink.
    #[error("{0}: its parent {1} is not a directory")]
    Parent(TreePath, TreePath),
}

impl Placement {
    /// Takes note of `entry`; returns the directories it implies that had not been named, outermost
    /// first.
    ///
    /// # Errors
    /// The entry breaks the rule.
    pub fn admit(&mut self, entry: &Entry) -> Result<Vec<TreePath>, PlacementError> {
        let mut implied = Vec::new();
        let mut parent = entry.path.parent();
        while let Some(dir) = parent {
            match self.seen.get(&dir) {
                Some(Seen::Dir | Seen::ImpliedDir) => break,
                Some(Seen::Leaf) => return Err(PlacementError::Parent(entry.path.clone(), dir)),
                None => {
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
            None => {}
        }
        for dir in &implied {
            self.seen.insert(dir.clone(), Seen::ImpliedDir);
        }
        let seen = if is_dir { Seen::Dir } else { Seen::Leaf };
        self.seen.insert(entry.path.clone(), seen);
        Ok(implied)
    }
}
