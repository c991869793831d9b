//! A header set with what is known of it.

use super::recipe::Recipe;
use crate::record;
use crate::tree::{Tree, TreePath};

/// A header set, ready to be stored.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub tree: Tree,
    /// Its entry in a record, without the closure.
    pub info: record::Dataset,
    /// The kernel's name for the architecture (`x86`, `arm64`), where it is known.
    pub arch: Option<String>,
    /// The program whose headers are the closure, and the list of them that the manifest keeps for
    /// machines without a compiler.
    pub closure: Option<(String, Vec<TreePath>)>,
    /// How the tree is made from folders, where it is.
    pub recipe: Option<Recipe>,
}
