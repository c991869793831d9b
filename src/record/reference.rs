//! A reference tool in a record, with the command lines of both sides.

use serde::{Deserialize, Serialize};

/// A reference tool, measured alongside this program's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The id of its observations, such as `tar.xz-6@xz`.
    pub id: String,
    /// The row that it is compared with: a form's id, or `collect`.
    pub of: String,
    pub about: String,
    /// The programs, each with its version, or why one is not there.
    pub tool: String,
    /// Every setting that changes bytes. Where they are not [`Reference::of_settings`], what differs
    /// is compared with each ratio.
    pub settings: String,
    /// Every setting that changes bytes of the row that it is compared with.
    pub of_settings: String,
    /// Remaining differences between both sides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The jobs of both. Empty if the tool could not be run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub works: Vec<Work>,
}

/// One piece of work in the words of two shells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// `build`, `all` or `one`.
    pub work: String,
    pub ours: String,
    pub reference: String,
}
