//! Which header set a user asks for.

use std::path::PathBuf;

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
            Request::Running => running_folder(),
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

/// The build tree of the running kernel.
pub(super) fn running_folder() -> String {
    format!("/lib/modules/{}/build", release())
}

/// The release of the running kernel.
pub(super) fn release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}
