//! Two runs held together: what changed, beyond what noise and rounding make.

mod drift;
mod noise;
mod references;

use std::fmt;

use noise::Noisy;
use serde::{Serialize, Serializer};

use crate::record::figure::{Estimate, Figure, figure};
use crate::record::{Absence, Nature, Record, Unit};

use crate::record::compat;
pub use crate::record::compat::{Difference, differences};
pub use drift::{Drift, Factor};
pub use references::{Pair, Ratio, WORKS, Work, references};

/// How much a noisy figure must differ, beside being beyond noise, to be called changed.
const MATTERS: f64 = 0.01;

/// Two records held together.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// In what the runs are not of one kind.
    pub differences: Vec<Difference>,
    /// How much faster or slower the machine was in the new run; `None` where no timing is compared.
    pub drift: Option<Drift>,
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
    /// The factor that is taken out of a time as the machine's drift.
    pub drift: Option<f64>,
    /// The probability that noise alone makes such a difference.
    pub p: Option<f64>,
    /// What came of it.
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
        (Some(difference), _) => (Change::NotCompared, Some(NoAnswer::Differ(difference.what))),
        (None, Nature::Exact) if a == b => (Change::Same, None),
        (None, Nature::Exact) => (direction(&a, &b), None),
        (None, Nature::Noisy) if known => (Change::WithinNoise, None),
        (None, Nature::Noisy) => (Change::NotCompared, Some(NoAnswer::OneSample)),
    };
    Row { base: Some(a), new: Some(b), ..row(new, change, why) }
}

fn row(figure: &Figure, change: Change, why: Option<NoAnswer>) -> Row {
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

fn one(figure: Figure, change: Change, why: Absence) -> Row {
    let estimate = Some(figure.estimate);
    let row = row(&figure, change, Some(NoAnswer::Absent(why)));
    match change {
        Change::Gone => Row { base: estimate, ..row },
        _ => Row { new: estimate, ..row },
    }
}
