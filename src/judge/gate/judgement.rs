//! What became of the figures that are gated.

use serde::Serialize;

use super::cause::{Cause, Marginal};
use super::files::Change;

/// An exceeded limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "breach", rename_all = "lowercase")]
pub enum Breach {
    Growth {
        limit: String,
    },
    /// More than the anchor, beyond the limit: many small steps.
    Drift {
        /// The anchor, bytes.
        anchor: u64,
        limit: String,
    },
    /// More than its ceiling.
    Ceiling {
        /// The ceiling, bytes.
        max: u64,
        why: String,
    },
    /// More of the raw tree than before, in another dataset.
    Ratio {
        limit: String,
    },
}

/// The state of a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    Fine,
    Breached {
        breaches: Vec<Breach>,
    },
    /// There is nothing to compare, which never passes.
    Unchecked {
        reason: String,
    },
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub form: String,
    pub metric: String,
    /// The accepted value, bytes; absent if there is none.
    pub old: Option<u64>,
    /// The current value, bytes; absent if there is none.
    pub new: Option<u64>,
    #[serde(flatten)]
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

impl Row {
    /// Growth, bytes, where there are two numbers.
    pub fn growth(&self) -> Option<i64> {
        Some(self.new? as i64 - self.old? as i64)
    }
}

/// The whole judgement.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    pub dataset: String,
    /// Whether the content is another than the accepted.
    pub other_content: bool,
    /// Whether ratios to the raw tree were compared, so that fewer bytes are no gain.
    pub by_ratio: bool,
    /// Notes for the reader, shown first.
    pub notes: Vec<String>,
    pub rows: Vec<Row>,
    /// The files that changed, those that cost most first.
    pub changes: Vec<Change>,
    /// The costs of single headers.
    pub marginals: Vec<Marginal>,
}

impl Judgement {
    /// The rows beyond a limit.
    pub fn breached(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| matches!(row.state, State::Breached { .. }))
    }

    /// The rows that could not be checked.
    pub fn unchecked(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| matches!(row.state, State::Unchecked { .. }))
    }

    /// Adds the costs of single headers, and sorts the changes by cost, descending.
    pub fn explained(&mut self, marginals: Vec<Marginal>) {
        let cost = |path: &str| marginals.iter().find(|m| m.path == path).map(|m| m.bytes);
        self.changes.sort_by_key(|change| std::cmp::Reverse(cost(&change.path)));
        self.marginals = marginals;
    }

    /// The exit code: 0 fine, 2 a limit was breached, 3 something could not be checked.
    pub fn exit_code(&self) -> u8 {
        if self.breached().next().is_some() {
            2
        } else if self.unchecked().next().is_some() || self.rows.is_empty() {
            3
        } else {
            0
        }
    }
}
