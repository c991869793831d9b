//! The current figures, from builds or from a record.

use std::collections::BTreeMap;

use super::files::FileTable;
use crate::record::{
    Absence, Guest, GuestMetric, Held, Nature, Outcome, Record, Unit, is_of_guest, metric, stats,
};
use crate::tree::TreeStats;

/// The current figures.
#[derive(Debug, Clone)]
pub struct Figures {
    pub dataset: String,
    /// Whether a manifest pins the content, so that other content means another set. Otherwise the
    /// content is what is gated: somebody's tree.
    pub pinned: bool,
    pub digest: String,
    pub census: TreeStats,
    /// Its files, where the tree is at hand.
    pub files: Option<FileTable>,
    /// The guest that memory was read in, where it was: figures of two are never compared.
    pub guest: Option<String>,
    pub forms: BTreeMap<String, Made>,
    pub found: Vec<Found>,
}

/// How a form's artifacts are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Every setting that changes bytes; empty if the record lacks it.
    pub settings: String,
    pub tool: String,
}

/// One figure of one form.
#[derive(Debug, Clone)]
pub struct Found {
    pub form: String,
    pub metric: String,
    pub outcome: Outcome,
}

/// Whether a metric can be gated: exact ones in bytes, instructions, and pinned kernel memory, which
/// is exact or repeats within its own tolerance.
pub fn is_gated(id: &str) -> bool {
    match metric(id) {
        Some(row) if row.nature == Nature::Exact => row.unit != Unit::PartsPerMillion,
        Some(row) => matches!(row.guest, Some(GuestMetric::Memory(_, _, Held::Pinned))),
        None => false,
    }
}

impl Figures {
    /// The figures of a record.
    pub fn of(record: &Record) -> Self {
        let made = |form: &crate::record::FormInfo| {
            let made = Made { settings: form.settings.clone(), tool: form.tool.clone() };
            (form.id.clone(), made)
        };
        let found = record.observations.iter().filter(|seen| is_gated(&seen.metric));
        let found = found.map(|seen| Found {
            form: seen.form.clone(),
            metric: seen.metric.clone(),
            outcome: seen.outcome.clone(),
        });
        Self {
            dataset: record.dataset.name.clone(),
            pinned: record.dataset.pinned.is_some(),
            digest: record.dataset.digest.clone(),
            census: record.dataset.census,
            files: None,
            guest: record.laboratory.as_ref().map(Guest::identity),
            forms: record.forms.iter().map(made).collect(),
            found: found.collect(),
        }
    }

    /// What a figure depends on besides settings: libraries or, of kernel memory, the guest.
    pub(crate) fn tool_of(&self, form: &str, id: &str) -> String {
        if is_of_guest(id) {
            return self.guest.clone().unwrap_or_default();
        }
        self.forms.get(form).map(|made| made.tool.clone()).unwrap_or_default()
    }

    /// The figure of `metric` for `form`.
    pub fn get(&self, form: &str, metric: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.form == form && found.metric == metric)
    }
}

impl Found {
    /// The number that is gated: the value of an exact metric, or for a metric of the guest the median of
    /// the orders.
    ///
    /// # Errors
    /// Why there is none: it was skipped, failed or modelled, or an exact one does not repeat.
    pub fn value(&self) -> Result<u64, String> {
        if let Some(absence) = self.outcome.absence() {
            return Err(absence.to_string());
        }
        let summary =
            stats::summary(self.outcome.samples()).ok_or(Absence::NoSample.to_string())?;
        let exact = metric(&self.metric).is_some_and(|row| row.nature == Nature::Exact);
        if exact && !is_of_guest(&self.metric) && summary.min != summary.max {
            return Err(format!("exact, but from {} to {}", summary.min, summary.max));
        }
        Ok(summary.median as u64)
    }
}
