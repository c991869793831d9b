//! A statement of the debate as a claim that records can check.

use serde::{Serialize, Serializer};

use super::finding::{Finding, Run};
use crate::record::Axis;
use crate::record::figure::Absent;

/// A statement of the debate that a record can check.
#[derive(Debug, Serialize)]
pub struct Claim {
    pub id: &'static str,
    pub who: &'static str,
    pub when: &'static str,
    pub source: &'static str,
    pub statement: &'static str,
    /// The figures of a record with which the claim holds.
    pub predicts: &'static str,
    #[serde(serialize_with = "axis_ids")]
    pub needs: &'static [Axis],
    #[serde(skip)]
    pub test: Test,
}

/// How a claim is tested.
#[derive(Debug)]
pub enum Test {
    Each(fn(Run) -> Result<Finding, Absent>),
    Together(fn(&[Run]) -> Result<Finding, Absent>),
}

fn axis_ids<S: Serializer>(axes: &&[Axis], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(axes.iter().map(|axis| axis.id()))
}
