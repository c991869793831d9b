//! Datasets: where a tree comes from, what is selected of it, and what digest it must have.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::record;
use crate::tree::{Tree, TreePath};

/// Where a header set is to come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The manifest of this name.
    Named(String),
    /// A kernel source or build tree, or any folder.
    Folder(PathBuf),
    /// An archive of headers, or a module or kernel image that holds one.
    Archive(PathBuf),
    /// The build tree of the running kernel, `/lib/modules/$(uname -r)/build`.
    Running,
    /// A kernel.org-style source tarball.
    Url {
        /// Where it is.
        url: String,
        /// What it must be, SHA-256 in hex.
        sha256: String,
    },
}

/// A header set, ready to be stored.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The set itself.
    pub tree: Tree,
    /// What a record says of it, the closure still open.
    pub info: record::Dataset,
    /// The kernel's name for the architecture (`x86`, `arm64`), where it is known.
    pub arch: Option<String>,
    /// The program whose headers are the closure, and the list of them that the manifest keeps for
    /// machines without a compiler.
    pub closure: Option<(String, Vec<TreePath>)>,
    /// How the tree is made from folders, where it is.
    pub recipe: Option<Recipe>,
}

/// How `gen_kheaders.sh` makes a tree: from which folders, for which architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The kernel source tree.
    pub source: PathBuf,
    /// The object tree, laid over the source tree.
    pub objects: Option<PathBuf>,
    /// The kernel's name for the architecture, as in `arch/x86`.
    pub arch: String,
    /// Whether block comments are stripped.
    pub strip: bool,
    /// Seconds since 1970, given to every entry.
    pub mtime: u32,
}

impl Recipe {
    /// Selects, reads and strips.
    ///
    /// # Errors
    /// Something unreadable; the error names it.
    pub fn collect(&self) -> Result<Tree> {
        bail!("not written yet")
    }
}

/// Fetches what `request` names and makes the tree of it. `say` is told in a few words what takes
/// time.
///
/// # Errors
/// [`crate::error::Unavailable`] when it can't be had here and now; otherwise what is wrong with it.
pub fn prepare(request: &Request, say: &dyn Fn(&str)) -> Result<Prepared> {
    say("");
    bail!("{request:?}: not written yet")
}
