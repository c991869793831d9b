//! What came of one figure of one form.

use serde::{Deserialize, Serialize};

use super::absence::Absence;
use super::axis::{Nature, Unit};

/// One figure of one form: what came of it, and every sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The form's id; or that of a [`crate::record::Reference`] or of what is compared with it; or `prepare` for the
    /// making of the dataset.
    pub form: String,
    pub metric: String,
    pub unit: Unit,
    pub nature: Nature,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The result of an observation. A missing number has a reason, and is never 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Outcome {
    Measured {
        /// Every sample in the order taken; at least one.
        samples: Vec<u64>,
    },
    Modelled {
        samples: Vec<u64>,
        model: String,
    },
    /// Not measurable on this machine, or not applicable to this form.
    Skipped {
        reason: String,
    },
    Failed {
        error: String,
    },
}

impl Outcome {
    /// The samples; none when skipped or failed.
    pub fn samples(&self) -> &[u64] {
        match self {
            Outcome::Measured { samples } | Outcome::Modelled { samples, .. } => samples,
            Outcome::Skipped { .. } | Outcome::Failed { .. } => &[],
        }
    }

    /// Why there is no number, if there is none.
    pub fn why(&self) -> Option<&str> {
        match self {
            Outcome::Skipped { reason } => Some(reason),
            Outcome::Failed { error } => Some(error),
            _ => None,
        }
    }

    /// Why there is no measured figure; `None` where there is one.
    pub fn absence(&self) -> Option<Absence> {
        match self {
            Outcome::Measured { samples } => samples.is_empty().then_some(Absence::NoSample),
            Outcome::Modelled { model, .. } => Some(Absence::Modelled(model.clone())),
            Outcome::Skipped { reason } => Some(Absence::Skipped(reason.clone())),
            Outcome::Failed { error } => Some(Absence::Failed(error.clone())),
        }
    }
}
