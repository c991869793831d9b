//! Where something came from.

use serde::{Deserialize, Serialize};

/// Something a header set was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// A package's name, a file's name or a location.
    pub name: String,
    /// Its version; empty where it has none.
    pub version: String,
    /// Its SHA-256 in hex; empty for a folder.
    pub sha256: String,
}
