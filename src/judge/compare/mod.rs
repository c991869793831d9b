//! The comparison of two runs: changes beyond noise.

mod drift;
mod noise;
mod pair;
mod references;
mod row;

use pair::Noisy;

use crate::record::figure::{Figure, figure};
use crate::record::{Absence, Nature, Record};

use crate::record::compat;
pub use crate::record::compat::{Difference, differences};
pub use drift::{Drift, Factor};
pub use references::{Pair, Ratio, WORKS, Work, references};
pub use row::{Change, Comparison, NoAnswer, Row};

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
        (Some(difference), _) => (Change::NotCompared, Some(NoAnswer::Differ(difference.what))),
        (None, Nature::Exact) if a == b => (Change::Same, None),
        (None, Nature::Exact) => (Change::direction(&a, &b), None),
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

fn one(figure: Figure, change: Change, why: Absence) -> Row {
    let estimate = Some(figure.estimate);
    let row = row(&figure, change, Some(NoAnswer::Absent(why)));
    match change {
        Change::Gone => Row { base: estimate, ..row },
        _ => Row { new: estimate, ..row },
    }
}
