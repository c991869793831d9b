//! Two runs compared, figure by figure.

use std::fmt;

use serde::{Serialize, Serializer};

use super::drift::Drift;
use crate::record::compat::Difference;
use crate::record::figure::Estimate;
use crate::record::{Absence, Nature, Unit};

/// The comparison of two records.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// In what the runs are not of one kind.
    pub differences: Vec<Difference>,
    /// How much faster or slower the machine was in the new run; `None` where no timing is compared.
    pub drift: Option<Drift>,
    pub rows: Vec<Row>,
}

/// One figure in both records.
#[derive(Debug, Serialize)]
pub struct Row {
    pub form: String,
    pub metric: String,
    pub unit: Unit,
    pub nature: Nature,
    pub base: Option<Estimate>,
    pub new: Option<Estimate>,
    /// The factor that is taken out of a time as the machine's drift.
    pub drift: Option<f64>,
    /// The probability that noise alone makes such a difference.
    pub p: Option<f64>,
    pub change: Change,
    /// Why there is no answer; `None`, and in JSON an empty string, where there is one.
    #[serde(serialize_with = "or_empty")]
    pub why: Option<NoAnswer>,
}

fn or_empty<S: Serializer>(why: &Option<NoAnswer>, serializer: S) -> Result<S::Ok, S::Error> {
    match why {
        Some(why) => serializer.collect_str(why),
        None => serializer.serialize_str(""),
    }
}

/// Why two figures were not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// The runs are not of one kind in this respect.
    Differ(&'static str),
    /// The noise of a single sample is not known.
    OneSample,
    /// One record lacks the figure.
    Absent(Absence),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differ(what) => write!(f, "{what} differ"),
            Self::OneSample => f.write_str("one sample: its noise is not known"),
            Self::Absent(absence) => absence.fmt(f),
        }
    }
}

/// How a figure changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// An exact figure is the same to the byte.
    Same,
    /// Noise, or a hundredth, may make the difference.
    WithinNoise,
    Less,
    More,
    /// The new record lacks it.
    Gone,
    /// The base lacks it.
    Come,
    /// Not comparable.
    NotCompared,
}

impl Change {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Change::Same => "same",
            Change::WithinNoise => "within noise",
            Change::Less => "less",
            Change::More => "more",
            Change::Gone => "gone",
            Change::Come => "come",
            Change::NotCompared => "not compared",
        }
    }
}

impl Change {
    /// Less or more.
    pub(crate) fn direction(base: &Estimate, new: &Estimate) -> Self {
        if new.value < base.value { Self::Less } else { Self::More }
    }
}
