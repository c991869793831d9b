//! How an artifact is laid out.

use serde::{Deserialize, Serialize};

/// The layout of an artifact, which decides what can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A folder of files as they are.
    Folder,
    /// One stream: reading what is at its end takes reading all before it.
    Stream,
    /// Each file stored on its own, behind an index.
    PerFile,
    /// A file-system image that a kernel can mount.
    Image,
    /// One that this version of the program does not know.
    #[serde(other)]
    Other,
}
