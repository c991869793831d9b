//! Every claim over records.

use serde::Serialize;

use super::evidence;
use super::finding::{Finding, Run, Verdict};
use super::statement::{Claim, Test};
use super::table::CLAIMS;
use crate::record::figure::Absent;
use crate::record::{Absence, Record};

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
    let why = match absent.why {
        Absence::AxisNotRun(_) | Absence::FormNotRun(_) | Absence::DoesNotApply(_) => {
            absent.why.to_string()
        }
        why => format!("{}, {}: {why}", absent.form, absent.metric),
    };
    Finding { verdict: Verdict::NotMeasured, why, exhibits: Vec::new(), absent: Vec::new() }
}
