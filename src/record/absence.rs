//! Why there is no figure.

use std::fmt;

use serde::{Serialize, Serializer};

/// Why a figure is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// Its axis was not run.
    AxisNotRun(String),
    /// Its form was not run.
    FormNotRun(String),
    /// The run was interrupted before.
    Interrupted,
    /// The record has no observation of it, though it ran to its end.
    NotRecorded,
    /// The record has an observation without a sample.
    NoSample,
    /// It was computed, by this model.
    Modelled(String),
    /// It was skipped, for this reason.
    Skipped(String),
    /// It was tried and failed, with this error.
    Failed(String),
    /// Nothing could be measured, for a reason that is of no one observation.
    DoesNotApply(String),
}

impl Absence {
    /// What [`Absence::Interrupted`] prints.
    pub const INTERRUPTED: &str = "the run was interrupted before it came to this";
    /// What [`Absence::NotRecorded`] prints.
    pub const NOT_RECORDED: &str = "the record says nothing of it";

    /// Whether somebody asked for it and a run tried it.
    pub fn was_tried(&self) -> bool {
        matches!(self, Self::Skipped(_) | Self::Failed(_))
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AxisNotRun(axis) => write!(f, "axis {axis} was not run"),
            Self::FormNotRun(form) => write!(f, "form {form} was not run"),
            Self::Interrupted => f.write_str(Self::INTERRUPTED),
            Self::NotRecorded => f.write_str(Self::NOT_RECORDED),
            Self::NoSample => f.write_str("measured, but without a sample"),
            Self::Modelled(model) => write!(f, "only modelled: {model}"),
            Self::Skipped(reason) => write!(f, "skipped: {reason}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::DoesNotApply(why) => f.write_str(why),
        }
    }
}

impl Serialize for Absence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
