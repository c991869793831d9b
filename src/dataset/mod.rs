//! Datasets: the source of a header set, the selection, and the expected digest.

pub mod archive;
pub mod args;
mod artifacts;
mod collect;
mod debian;
mod fetch;
mod given;
mod kernel;
pub mod manifest;
mod named;
mod recipe;
mod select;
mod strip;
mod synthetic;
pub mod timestamp;

use std::path::PathBuf;

use anyhow::Result;

use crate::record;
use crate::tree::{Tree, TreePath};

pub use crate::debian::cache::Cache;
pub use args::DatasetArgs;
pub use collect::{THREADS_MAX, collect};
pub(crate) use kernel::MTIME as FOLDER_MTIME;
pub use recipe::Recipe;
pub use strip::strip;

/// The source of a header set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Named(String),
    /// A kernel source or build tree, or any folder.
    Folder {
        path: PathBuf,
        selection: Selection,
    },
    /// An archive of headers, or a module or kernel image that holds one.
    Archive(PathBuf),
    /// The build tree of the running kernel, `/lib/modules/$(uname -r)/build`.
    Running,
    /// A kernel.org-style source tarball.
    Url {
        url: String,
        /// Expected SHA-256 in hex.
        sha256: String,
        selection: Selection,
    },
}

impl Request {
    /// The name that a record will have of the set.
    pub fn name(&self) -> String {
        match self {
            Request::Named(name) => name.clone(),
            Request::Folder { path, .. } | Request::Archive(path) => path.display().to_string(),
            Request::Running => given::running_folder(),
            Request::Url { url, .. } => url.clone(),
        }
    }
}

/// What is taken of a kernel tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The architecture, as the kernel, `uname -m` or a compiler names it; this machine's where
    /// `None`.
    pub arch: Option<String>,
    /// Keep comments.
    pub raw: bool,
    /// Take all of the folder, kernel tree or not, as it is.
    pub everything: bool,
}

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

/// Fetches the header set of `request` and makes its tree. `say` gets a short text for what takes
/// time.
///
/// # Errors
/// [`crate::sys::error::Unavailable`] if it is unavailable here and now; otherwise what is wrong with it.
pub fn prepare(request: &Request, say: &dyn Fn(&str)) -> Result<Prepared> {
    unidentified(request, say).map(identified)
}

/// As [`prepare`], with another cache than the user's.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_in(cache: &Cache, request: &Request, say: &dyn Fn(&str)) -> Result<Prepared> {
    unidentified_in(cache, request, say).map(identified)
}

/// As [`prepare`], for a caller that compares nothing against the digest: it is left empty where no manifest
/// has one that the set must have, as it takes a pass over all content in one thread.
///
/// # Errors
/// As [`prepare`].
pub fn unidentified(request: &Request, say: &dyn Fn(&str)) -> Result<Prepared> {
    match request {
        Request::Folder { path, selection } => given::folder(path, selection, say),
        Request::Archive(path) => given::archive(path, say),
        Request::Running => given::running(say),
        Request::Named(_) | Request::Url { .. } => {
            unidentified_in(&Cache::of_user()?, request, say)
        }
    }
}

fn unidentified_in(cache: &Cache, request: &Request, say: &dyn Fn(&str)) -> Result<Prepared> {
    match request {
        Request::Named(name) => named::prepare(name, cache, say),
        Request::Url { url, sha256, selection } => given::url(url, sha256, selection, cache, say),
        other => unidentified(other, say),
    }
}

fn identified(mut prepared: Prepared) -> Prepared {
    if prepared.info.digest.is_empty() {
        prepared.info.digest = prepared.tree.digest();
    }
    prepared
}

/// The set called `name` if it can be made without fetching anything.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_cached(name: &str) -> Result<Option<Prepared>> {
    let cache = Cache::of_user()?;
    match named::cached(name, &cache)? {
        true => named::prepare(name, &cache, &|_| ()).map(Some),
        false => Ok(None),
    }
}

/// Whether Debian's packages can be fetched here and now.
///
/// # Errors
/// [`crate::sys::error::Unavailable`] with what is in the way; I/O errors of the cache.
pub fn reach(cache: &Cache, say: &dyn Fn(&str)) -> Result<()> {
    let _lock = cache.lock(say)?;
    say("checking the package sources");
    crate::debian::apt::Apt::reach(cache)
}

/// The block of a manifest that pins the version of `abi` of the set `name`, or the newest that is
/// served, ready to be put into `datasets/NAME.toml`.
///
/// # Errors
/// As [`prepare`].
pub fn pin(name: &str, abi: Option<&str>, say: &dyn Fn(&str)) -> Result<String> {
    named::pin(name, abi, &Cache::of_user()?, say)
}
