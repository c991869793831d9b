//! The baseline file: accepted figures, sorted, readable in a diff.

use serde::{Deserialize, Serialize};

use super::files::FileTable;
use crate::tree::TreeStats;

/// The layout of the file that this program writes, and the newest it reads.
pub(super) const SCHEMA: u32 = 1;

/// The accepted figures of a header set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    pub schema: u32,
    pub dataset: String,
    /// Whether a manifest pins the content; otherwise the content itself is gated.
    pub pinned: bool,
    pub digest: String,
    pub census: TreeStats,
    /// When and why, the latest last.
    pub accepted: Vec<Acceptance>,
    pub figures: Vec<Accepted>,
    /// The files of the tree; empty when the figures came from a record.
    #[serde(default)]
    pub files: FileTable,
}

/// One time that figures were accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The day, in UTC.
    pub date: String,
    pub why: String,
    pub by: String,
    /// Whether drift is counted from here.
    pub anchor: bool,
}

/// One accepted figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    pub form: String,
    pub metric: String,
    /// The last accepted value, bytes.
    pub bytes: u64,
    /// The value from which drift is counted, bytes.
    pub anchor: u64,
    /// Every setting that changes bytes.
    pub settings: String,
    /// Libraries or tool; of kernel memory, the guest.
    pub tool: String,
}

impl Baseline {
    /// Parses a baseline file.
    ///
    /// # Errors
    /// Not a baseline, or of a newer layout.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let malformed = |error: serde_json::Error| format!("not a baseline: {error}");
        let head: Head = serde_json::from_str(text).map_err(malformed)?;
        if head.schema > SCHEMA {
            return Err(format!(
                "schema {} is newer than this program, which reads schemas up to {SCHEMA}",
                head.schema
            ));
        }
        serde_json::from_str(text).map_err(malformed)
    }

    /// The JSON of the file.
    pub fn text(&self) -> String {
        // Nothing in it can fail to be written as JSON.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The figure of `metric` for `form`.
    pub fn get(&self, form: &str, metric: &str) -> Option<&Accepted> {
        self.figures.iter().find(|figure| figure.form == form && figure.metric == metric)
    }
}
