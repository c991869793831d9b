//! The statements of the debate as claims, with verdicts that records give.
//!
//! A claim holds figures of a record against each other or against a figure that was stated. Each
//! such figure speaks for the claim, against it, or noise hides the difference; the verdict is
//! nothing but the count of those that speak.

mod build;
mod evidence;
mod extract;
mod memory;
mod needs;
mod size;
mod table;

use serde::{Serialize, Serializer};

use crate::record::figure::{Absent, Estimate};
use crate::record::{Absence, Axis, Nature, Record, Unit};

pub use needs::{BuildHost, NEEDS, RUST_WRITER, needs};
pub use table::CLAIMS;

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

/// A run among those given.
#[derive(Debug, Clone, Copy)]
pub struct Run<'r> {
    /// Its place among the records given, from 0.
    pub number: usize,
    /// Its record.
    pub record: &'r Record,
}

/// How a claim is tested.
#[derive(Debug)]
pub enum Test {
    /// On each record by itself.
    Each(fn(Run) -> Result<Finding, Absent>),
    /// On several records held together.
    Together(fn(&[Run]) -> Result<Finding, Absent>),
}

/// What came of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every figure that speaks does so for it.
    Holds,
    /// Every figure that speaks does so against it.
    DoesNotHold,
    /// Some speak for it, some against.
    Depends,
    /// There are figures, and noise hides what they would say.
    NoDifference,
    /// There are no figures to tell.
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

/// What a figure says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// What others are held against.
    Reference,
    /// What the statement does not cover, to be seen beside it.
    Beside,
    /// It speaks for the claim.
    For,
    /// It speaks against it.
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

/// A figure that a verdict stands on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// What it is of: a form, or what was added up.
    pub label: String,
    /// What it tells: a metric's id, or how it was computed from those of `places`.
    pub what: String,
    /// What it counts.
    pub unit: Unit,
    /// Whether it repeats.
    pub nature: Nature,
    /// The figure; `None` when what was tried failed, and of a fact that is no figure.
    #[serde(flatten)]
    pub estimate: Option<Estimate>,
    /// What it says.
    pub mark: Mark,
    /// The observations that it comes from; none for what was stated.
    pub places: Vec<Place>,
}

/// Where an observation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The record's place among those given, from 0.
    pub record: usize,
    /// The observation's place in the record, from 0.
    pub observation: usize,
}

/// What figures say of a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What came of it.
    pub verdict: Verdict,
    /// On what it depends, or why it was not measured; empty otherwise.
    pub why: String,
    /// The figures that it stands on.
    pub exhibits: Vec<Evidence>,
    /// Figures that would have been heard too.
    pub absent: Vec<Absent>,
}

/// A claim with what all records say of it.
#[derive(Debug, Serialize)]
pub struct Judgement {
    /// The claim.
    #[serde(flatten)]
    pub claim: &'static Claim,
    /// What came of it.
    pub verdict: Verdict,
    /// On what it depends, or why it was not measured; empty otherwise.
    pub why: String,
    /// What each record says; one for all of them where they are held together.
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

/// `run`, unless its headers are made up: what they take says nothing of a kernel's.
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
    let why = match absent.why {
        Absence::AxisNotRun(_) | Absence::FormNotRun(_) | Absence::DoesNotApply(_) => {
            absent.why.to_string()
        }
        why => format!("{}, {}: {why}", absent.form, absent.metric),
    };
    Finding { verdict: Verdict::NotMeasured, why, exhibits: Vec::new(), absent: Vec::new() }
}

fn axis_ids<S: Serializer>(axes: &&[Axis], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(axes.iter().map(|axis| axis.id()))
}
