//! The claims of the 2019 thread, with the verdicts of records.
//!
//! A claim compares figures of a record with each other or with a stated figure. Each
//! such figure supports the claim, contradicts it, or is within noise; the verdict
//! counts them.

mod build;
mod evidence;
mod extract;
mod memory;
mod needs;
mod size;
mod table;

use serde::{Serialize, Serializer};

use crate::record::figure::{Absent, Estimate};
use crate::record::{Axis, Nature, Record, Unit};

pub use needs::{BuildHost, NEEDS, RUST_WRITER, needs};
pub use table::CLAIMS;

/// A statement of the debate that a record can check.
#[derive(Debug, Serialize)]
pub struct Claim {
    pub id: &'static str,
    pub who: &'static str,
    pub when: &'static str,
    pub source: &'static str,
    pub statement: &'static str,
    /// What a record must show for it to hold.
    pub predicts: &'static str,
    #[serde(serialize_with = "axis_ids")]
    pub needs: &'static [Axis],
    #[serde(skip)]
    pub test: Test,
}

/// A run among those given.
#[derive(Debug, Clone, Copy)]
pub struct Run<'r> {
    /// Its place among the records given, from 0.
    pub number: usize,
    pub record: &'r Record,
}

/// How a claim is tested.
#[derive(Debug)]
pub enum Test {
    Each(fn(Run) -> Result<Finding, Absent>),
    Together(fn(&[Run]) -> Result<Finding, Absent>),
}

/// The verdict of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every figure that speaks does so for it.
    Holds,
    /// All figures that differ beyond noise contradict it.
    DoesNotHold,
    /// Some figures support it, some contradict it.
    Depends,
    /// All differences are within noise.
    NoDifference,
    /// No figures.
    NotMeasured,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "does not hold",
            Verdict::Depends => "depends",
            Verdict::NoDifference => "no difference",
            Verdict::NotMeasured => "not measured",
        }
    }
}

/// How a figure relates to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// What others are compared with.
    Reference,
    /// Shown for comparison; the statement does not cover it.
    Beside,
    /// It speaks for the claim.
    For,
    Against,
    /// The difference is within noise.
    NoDifference,
    /// A single sample: noise is not known.
    OneSample,
}

impl Mark {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Mark::Reference => "held against",
            Mark::Beside => "beside",
            Mark::For => "for",
            Mark::Against => "against",
            Mark::NoDifference => "no difference",
            Mark::OneSample => "one sample",
        }
    }
}

/// A figure that a verdict is based on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// What it is of: a form, or what was added up.
    pub label: String,
    /// A metric's id, or how it was computed from those of `places`.
    pub what: String,
    pub unit: Unit,
    pub nature: Nature,
    /// The figure; `None` when what was tried failed, and of a fact that is no figure.
    #[serde(flatten)]
    pub estimate: Option<Estimate>,
    pub mark: Mark,
    /// The observations that it comes from; none for what was stated.
    pub places: Vec<Place>,
}

/// The place of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The record's place among those given, from 0.
    pub record: usize,
    /// The observation's place in the record, from 0.
    pub observation: usize,
}

/// The result of one test of a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    /// On what it depends, or why it was not measured; empty otherwise.
    pub why: String,
    pub exhibits: Vec<Evidence>,
    pub absent: Vec<Absent>,
}

/// A claim with the results of all records.
#[derive(Debug, Serialize)]
pub struct Judgement {
    #[serde(flatten)]
    pub claim: &'static Claim,
    pub verdict: Verdict,
    /// On what it depends, or why it was not measured; empty otherwise.
    pub why: String,
    /// The result of each record, or one for all of them if they are compared with each other.
    pub findings: Vec<Finding>,
}

/// Judges every claim over `records`.
pub fn judge(records: &[Record]) -> Vec<Judgement> {
    let runs: Vec<_> =
        records.iter().enumerate().map(|(number, record)| Run { number, record }).collect();
    CLAIMS.iter().map(|claim| judgement(claim, &runs)).collect()
}

fn judgement(claim: &'static Claim, runs: &[Run]) -> Judgement {
    let findings: Vec<Finding> = match claim.test {
        Test::Each(test) => {
            runs.iter().map(|run| real(*run).and_then(test).unwrap_or_else(unmeasured)).collect()
        }
        Test::Together(test) => {
            let real: Result<Vec<Run>, Absent> = runs.iter().map(|run| real(*run)).collect();
            vec![real.and_then(|runs| test(&runs)).unwrap_or_else(unmeasured)]
        }
    };
    let (verdict, why) = united(&findings);
    Judgement { claim, verdict, why, findings }
}

/// `run`, unless its headers are synthetic: their figures are not those of a kernel.
fn real(run: Run) -> Result<Run, Absent> {
    match run.record.dataset.is_synthetic() {
        true => Err(evidence::none("the header set is synthetic, and no kernel’s")),
        false => Ok(run),
    }
}

/// One verdict of several records: theirs if they agree, else it depends on the record. One in which
/// noise hides the difference does not disagree with another.
fn united(findings: &[Finding]) -> (Verdict, String) {
    let silent = [Verdict::NotMeasured, Verdict::NoDifference];
    let mut heard = findings.iter().filter(|finding| !silent.contains(&finding.verdict));
    let Some(first) = heard.next() else {
        let hidden = findings.iter().find(|finding| finding.verdict == Verdict::NoDifference);
        let first = hidden.or(findings.first());
        return first.map_or((Verdict::NotMeasured, "no record".to_owned()), |finding| {
            (finding.verdict, finding.why.clone())
        });
    };
    if heard.all(|finding| finding.verdict == first.verdict) {
        (first.verdict, first.why.clone())
    } else {
        (Verdict::Depends, "on the record: they differ".to_owned())
    }
}

fn unmeasured(absent: Absent) -> Finding {
    let told = ["axis", "form"].iter().any(|what| absent.why.starts_with(what));
    let why = if absent.metric.is_empty() || told {
        absent.why
    } else {
        format!("{}, {}: {}", absent.form, absent.metric, absent.why)
    };
    Finding { verdict: Verdict::NotMeasured, why, exhibits: Vec::new(), absent: Vec::new() }
}

fn axis_ids<S: Serializer>(axes: &&[Axis], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(axes.iter().map(|axis| axis.id()))
}
