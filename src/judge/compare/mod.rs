//! The comparison of two runs: changes beyond noise.

mod drift;
mod noise;
mod references;

use noise::Noisy;
use serde::Serialize;

use crate::record::figure::{Estimate, Figure, figure};
use crate::record::{Nature, Record, Unit};

use crate::record::compat;
pub use crate::record::compat::{Difference, differences};
pub use drift::{Drift, Factor};
pub use references::{Pair, Ratio, WORKS, Work, references};

/// Minimum difference of a noisy figure to be called changed, besides being beyond noise.
const MATTERS: f64 = 0.01;

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
    /// Why there is no answer; empty where there is one.
    pub why: String,
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

/// Why two records can't be compared.
#[derive(Debug, thiserror::Error)]
#[error("{}\nfix: use --across to compare them anyway", reasons(.0))]
pub struct Refused(pub Vec<Difference>);

fn reasons(differences: &[Difference]) -> String {
    let reason = |d: &Difference| format!("{} differ: {} and {}", d.what, d.base, d.new);
    differences.iter().map(reason).collect::<Vec<_>>().join("; ")
}

/// Compares `new` with `base`; `across` compares runs of other datasets or settings too.
///
/// # Errors
/// They are of other datasets or settings, and not `across`.
pub fn compare(base: &Record, new: &Record, across: bool) -> Result<Comparison, Refused> {
    let differences = differences(base, new);
    let refused: Vec<_> = differences.iter().filter(|one| one.refuses).cloned().collect();
    if !refused.is_empty() && !across {
        return Err(Refused(refused));
    }
    let (mut rows, mut noisy) = (Vec::new(), Vec::new());
    for (form, metric) in compat::cells(base, new) {
        let (old, now) = (figure(base, form, metric), figure(new, form, metric));
        rows.extend(match (old, now) {
            (Ok(old), Ok(now)) => {
                let row = both(&differences, &old, &now);
                if row.change == Change::WithinNoise {
                    noisy.push(Noisy { row: rows.len(), old, new: now });
                }
                Some(row)
            }
            (Ok(old), Err(absent)) => Some(one(old, Change::Gone, absent.why)),
            (Err(absent), Ok(now)) => Some(one(now, Change::Come, absent.why)),
            (Err(_), Err(_)) => None,
        });
    }
    let drift = noise::judge(&mut rows, &noisy);
    Ok(Comparison { differences, drift, rows })
}

/// The row of a figure that both have. Noisy ones that can be compared are within noise at first.
fn both(differences: &[Difference], old: &Figure, new: &Figure) -> Row {
    let barred = differences.iter().find(|one| one.bars(&new.metric, new.nature));
    let (a, b) = (old.estimate, new.estimate);
    let known = a.range.is_some() && b.range.is_some();
    let (change, why) = match (barred, new.nature) {
        (Some(difference), _) => (Change::NotCompared, format!("{} differ", difference.what)),
        (None, Nature::Exact) if a == b => (Change::Same, String::new()),
        (None, Nature::Exact) => (direction(&a, &b), String::new()),
        (None, Nature::Noisy) if known => (Change::WithinNoise, String::new()),
        (None, Nature::Noisy) => {
            (Change::NotCompared, "one sample: its noise is not known".to_owned())
        }
    };
    Row { base: Some(a), new: Some(b), ..row(new, change, why) }
}

fn row(figure: &Figure, change: Change, why: String) -> Row {
    Row {
        form: figure.form.clone(),
        metric: figure.metric.clone(),
        unit: figure.unit,
        nature: figure.nature,
        base: None,
        new: None,
        drift: None,
        p: None,
        change,
        why,
    }
}

fn direction(base: &Estimate, new: &Estimate) -> Change {
    if new.value < base.value { Change::Less } else { Change::More }
}

fn one(figure: Figure, change: Change, why: String) -> Row {
    let estimate = Some(figure.estimate);
    let row = row(&figure, change, why);
    match change {
        Change::Gone => Row { base: estimate, ..row },
        _ => Row { new: estimate, ..row },
    }
}
