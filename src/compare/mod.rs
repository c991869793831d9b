//! Two runs held together: what changed, beyond what noise and rounding make.

mod kin;
mod references;

use serde::Serialize;

use crate::figure::{Estimate, Figure, Order, figure};
use crate::record::{Nature, Record, Unit};

pub use kin::{Difference, differences};
pub use references::{Pair, Ratio, WORKS, Work, references};

/// How much a noisy figure must differ, beside being beyond noise, to be called changed.
const MATTERS: f64 = 0.01;

/// Two records held together.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// In what the runs are not of one kind.
    pub differences: Vec<Difference>,
    /// Every figure that either has.
    pub rows: Vec<Row>,
}

/// One figure in both records.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The form's id.
    pub form: String,
    /// The metric's id.
    pub metric: String,
    /// What it counts.
    pub unit: Unit,
    /// Whether it repeats.
    pub nature: Nature,
    /// The figure of the base.
    pub base: Option<Estimate>,
    /// The new figure.
    pub new: Option<Estimate>,
    /// What came of it.
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
    /// It is less.
    Less,
    /// It is more.
    More,
    /// The new record lacks it.
    Gone,
    /// The base lacks it.
    Come,
    /// It can't be told.
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

/// Why two records can't be held together.
#[derive(Debug, thiserror::Error)]
#[error("{}; --across compares all the same, and labels it", reasons(.0))]
pub struct Refused(pub Vec<Difference>);

fn reasons(differences: &[Difference]) -> String {
    let reason = |d: &Difference| format!("{} differ: {} and {}", d.what, d.base, d.new);
    differences.iter().map(reason).collect::<Vec<_>>().join("; ")
}

/// Holds `new` against `base`; `across` compares runs of other datasets or settings too.
///
/// # Errors
/// They are of other datasets or settings, and not `across`.
pub fn compare(base: &Record, new: &Record, across: bool) -> Result<Comparison, Refused> {
    let differences = differences(base, new);
    let refused: Vec<_> = differences.iter().filter(|one| one.refuses).cloned().collect();
    if !refused.is_empty() && !across {
        return Err(Refused(refused));
    }
    let mut rows = Vec::new();
    for (form, metric) in kin::cells(base, new) {
        let (old, now) = (figure(base, form, metric), figure(new, form, metric));
        rows.extend(match (old, now) {
            (Ok(old), Ok(now)) => Some(both(&differences, old, now)),
            (Ok(old), Err(absent)) => Some(one(old, Change::Gone, absent.why)),
            (Err(absent), Ok(now)) => Some(one(now, Change::Come, absent.why)),
            (Err(_), Err(_)) => None,
        });
    }
    Ok(Comparison { differences, rows })
}

fn both(differences: &[Difference], old: Figure, new: Figure) -> Row {
    let barred = differences.iter().find(|one| one.bars(&new.metric, new.nature));
    let (a, b) = (&old.estimate, &new.estimate);
    let (change, why) = match (barred, new.nature) {
        (Some(difference), _) => {
            let why = format!("{} differ", difference.what);
            (Change::NotCompared, why)
        }
        (None, Nature::Exact) if a.value == b.value => (Change::Same, String::new()),
        (None, Nature::Exact) => (direction(a, b), String::new()),
        (None, Nature::Noisy) => match b.order(a) {
            Order::Unknown => {
                (Change::NotCompared, "one sample: its noise is not known".to_owned())
            }
            Order::Same => (Change::WithinNoise, String::new()),
            _ if (b.value - a.value).abs() <= MATTERS * a.value => {
                (Change::WithinNoise, String::new())
            }
            _ => (direction(a, b), String::new()),
        },
    };
    Row {
        form: new.form,
        metric: new.metric,
        unit: new.unit,
        nature: new.nature,
        base: Some(old.estimate),
        new: Some(new.estimate),
        change,
        why,
    }
}

fn direction(base: &Estimate, new: &Estimate) -> Change {
    if new.value < base.value { Change::Less } else { Change::More }
}

fn one(figure: Figure, change: Change, why: String) -> Row {
    let (base, new) = match change {
        Change::Gone => (Some(figure.estimate), None),
        _ => (None, Some(figure.estimate)),
    };
    let Figure { form, metric, unit, nature, .. } = figure;
    Row { form, metric, unit, nature, base, new, change, why }
}
