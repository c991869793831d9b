//! The cause of a changed figure: content, settings, libraries, or this program itself.

use serde::Serialize;

use super::baseline::{Accepted, Baseline};
use super::figures::Figures;
use super::files::Change;

/// Why one figure changed. What is empty did not change.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cause {
    /// The change of content at the accepted ratio to the raw tree, bytes, and at
    /// most uncompressed, as what a small tree takes more than its content is not content: an
    /// estimate, as the accepted content is not at hand to be built again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_modelled: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<[String; 2]>,
    /// Libraries, tool or guest, as accepted and now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<[String; 2]>,
}

/// The cost of one header in one form: the difference to a build without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Marginal {
    pub form: String,
    pub path: String,
    /// Bytes that the artifact has more with it than without it.
    pub bytes: i64,
}

impl Cause {
    /// Why the figure `old` is another now.
    pub(crate) fn of(old: &Accepted, baseline: &Baseline, now: &Figures) -> Self {
        let settings = now.forms.get(&old.form).map(|made| made.settings.clone());
        let differ = |old: &str, new: String| {
            // A record without this information is no evidence of a change.
            (old != new && !new.is_empty() && !old.is_empty()).then(|| [old.to_owned(), new])
        };
        let raw = now.census.bytes as f64 - baseline.census.bytes as f64;
        let ratio = (old.bytes as f64 / baseline.census.bytes.max(1) as f64).min(1.0);
        Self {
            content_modelled: (baseline.digest != now.digest)
                .then_some((raw * ratio).round() as i64),
            settings: settings.and_then(|new| differ(&old.settings, new)),
            tool: differ(&old.tool, now.tool_of(&old.form, &old.metric)),
        }
    }

    /// The causes in words, the surest first.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        if let Some([old, new]) = &self.settings {
            words.push(format!("settings: {old} → {new}"));
        }
        if let Some([old, new]) = &self.tool {
            words.push(format!("codec or tool: {old} → {new}"));
        }
        if let Some(bytes) = self.content_modelled {
            words.push(format!("content: about {bytes:+} B at the accepted ratio (modelled)"));
        }
        if words.is_empty() {
            words.push("neither content, settings nor libraries: this program's own code".into());
        }
        words.join("; ")
    }
}

/// How many were added and removed, how many grew and shrank, and by how many bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    pub added: u64,
    pub removed: u64,
    pub grew: u64,
    pub shrank: u64,
    /// Files of the same size with another content.
    pub altered: u64,
    pub up: i64,
    /// Bytes less, as a negative number.
    pub down: i64,
}

/// The sums of `changes`.
pub fn sums(changes: &[Change]) -> Sums {
    use super::files::Kind;
    let mut sums = Sums::default();
    for change in changes {
        let delta = change.delta();
        match change.kind {
            Kind::Added => sums.added += 1,
            Kind::Removed => sums.removed += 1,
            Kind::Changed if delta > 0 => sums.grew += 1,
            Kind::Changed if delta < 0 => sums.shrank += 1,
            Kind::Changed => sums.altered += 1,
        }
        sums.up += delta.max(0);
        sums.down += delta.min(0);
    }
    sums
}
