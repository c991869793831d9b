//! A statement of the debate as a claim that records can check.

use serde::{Serialize, Serializer};

use super::finding::{Finding, Run};
use crate::record::Axis;
use crate::record::figure::Absent;

/// A statement of the debate that a record can check.
#[derive(Debug, Serialize)]
pub struct Claim {
    /// A short name.
    pub id: &'static str,
    /// Who made it.
    pub who: &'static str,
    /// When.
    pub when: &'static str,
    /// Where it can be read.
    pub source: &'static str,
    /// What was said, in our words.
    pub statement: &'static str,
    /// What a record must show for it to hold.
    pub predicts: &'static str,
    /// The axes whose figures it needs.
    #[serde(serialize_with = "axis_ids")]
    pub needs: &'static [Axis],
    /// The test over records.
    #[serde(skip)]
    pub test: Test,
}

/// How a claim is tested.
#[derive(Debug)]
pub enum Test {
    /// On each record by itself.
    Each(fn(Run) -> Result<Finding, Absent>),
    /// On several records held together.
    Together(fn(&[Run]) -> Result<Finding, Absent>),
}

fn axis_ids<S: Serializer>(axes: &&[Axis], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(axes.iter().map(|axis| axis.id()))
}
