//! Whether time grows as the tree does: records of one tree in several sizes held together.

mod grow;

use anyhow::{Result, bail, ensure};

use crate::compare::{Difference, differences};
use crate::figure::figure;
use crate::record::{METRICS, Record, Unit};
use crate::stats::{self, Summary};

pub use grow::grow;

/// How much more than in proportion a time may grow.
pub const ALLOWED: f64 = 1.1;

/// One time of one form, at each size.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The form's id.
    pub form: String,
    /// The metric's id.
    pub metric: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// The time of the tree itself, ns.
    pub once: f64,
    /// At each larger size.
    pub steps: Vec<Step>,
}

/// A time at a larger size.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// How many times as large the tree is.
    pub times: u64,
    /// How many times as long it takes, round by round, in parts per million; `None` where that was not
    /// measured.
    pub ratio: Option<Summary>,
}

/// Whether a time has grown more than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// No: the whole interval says so.
    Holds,
    /// The interval has room for both, or noise is not known.
    WithinNoise,
    /// Yes: the whole interval says so.
    Exceeds,
}

impl Step {
    /// How many times as long it takes.
    pub fn factor(&self) -> Option<f64> {
        self.ratio.map(|ratio| ratio.median / 1e6)
    }

    /// How much more than in proportion it takes.
    pub fn growth(&self) -> Option<f64> {
        self.factor().map(|factor| factor / self.times as f64)
    }

    /// Whether that is more than allowed; `None` where it was not measured.
    pub fn verdict(&self) -> Option<Verdict> {
        let most = ALLOWED * self.times as f64 * 1e6;
        self.ratio.map(|ratio| match ratio.interval {
            Some(noise) if noise.high <= most => Verdict::Holds,
            Some(noise) if noise.low > most => Verdict::Exceeds,
            _ => Verdict::WithinNoise,
        })
    }
}

impl Row {
    /// The worst of its steps; `None` where none was measured.
    pub fn verdict(&self) -> Option<Verdict> {
        self.steps.iter().filter_map(Step::verdict).max()
    }
}

/// What stands between the name of a set and how many times as large a tree of it is.
const TIMES: &str = " x ";

/// The name of the set `name`, `times` as large.
pub fn name(name: &str, times: u64) -> String {
    format!("{name}{TIMES}{times}")
}

/// The records of a run, each with how many times as large its tree is.
///
/// # Errors
/// Fewer than two; the first is not of the set itself, another not of that set in a larger size than the
/// one before it; they are not of one `scale`: of one machine, one program, the same rounds.
pub fn sizes(records: Vec<Record>) -> Result<Vec<(u64, Record)>> {
    ensure!(
        records.len() > 1,
        "growth takes the record of the set itself and one of a larger tree"
    );
    let set = records.first().map_or(String::new(), |record| record.dataset.name.clone());
    ensure!(!set.contains(TIMES), "{set}: not the set itself, whose record comes first");
    let mut sizes: Vec<(u64, Record)> = Vec::new();
    for record in records {
        if let Some((_, first)) = sizes.first() {
            let unlike = differences(first, &record)
                .into_iter()
                .find(|one| ["machines", "programs", "settings"].contains(&one.what));
            if let Some(Difference { what, base, new, .. }) = unlike {
                bail!("{}: {what} differ: {base} and {new}", record.dataset.name);
            }
        }
        let of = record.dataset.name.as_str();
        let grown = of.strip_prefix(&set).and_then(|rest| rest.strip_prefix(TIMES)?.parse().ok());
        let times = if sizes.is_empty() { Some(1) } else { grown };
        match (times, sizes.last()) {
            (Some(times), last) if last.is_none_or(|(before, _)| times > *before) => {
                sizes.push((times, record));
            }
            _ => bail!("{of}: not {set} in a larger size than the record before it"),
        }
    }
    Ok(sizes)
}

/// Every time that the first of `sizes` has: records by how many times as large their trees are, from
/// the tree itself on.
pub fn rows(sizes: &[(u64, Record)]) -> Vec<Row> {
    let Some(((_, once), larger)) = sizes.split_first() else { return Vec::new() };
    let mut rows = Vec::new();
    for metric in METRICS.iter().filter(|metric| metric.unit == Unit::Nanoseconds) {
        for form in &once.forms {
            let Ok(base) = figure(once, &form.id, metric.id) else { continue };
            let own = samples(once, &form.id, metric.id);
            let step = |(times, record): &(u64, Record)| {
                let grown = samples(record, &form.id, metric.id);
                // A round that one of them lacks leaves the others without their partners.
                let paired = [grown.len(), own.len()].map(|rounds| Some(rounds as u64))
                    == [once, record].map(|record| record.settings.samples);
                let ratio = stats::ratio(grown, own).filter(|_| paired);
                Step { times: *times, ratio }
            };
            rows.push(Row {
                form: form.id.clone(),
                metric: metric.id,
                title: metric.title,
                once: base.estimate.value,
                steps: larger.iter().map(step).collect(),
            });
        }
    }
    rows
}

/// The samples of a figure in the order of rounds.
fn samples<'r>(record: &'r Record, form: &str, metric: &str) -> &'r [u64] {
    record.get(form, metric).map_or(&[], |seen| seen.outcome.samples())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(times: u64, grown: &[u64], once: &[u64]) -> Option<Verdict> {
        Step { times, ratio: stats::ratio(grown, once) }.verdict()
    }

    #[test]
    fn eleven_times_is_allowed_for_ten_and_what_noise_explains_is_not_certain() {
        let once = [100, 100, 100];
        assert_eq!(verdict(10, &[1060, 1070, 1080], &once), Some(Verdict::Holds));
        assert_eq!(verdict(10, &[1080, 1100, 1140], &once), Some(Verdict::WithinNoise));
        assert_eq!(verdict(10, &[1300, 1310, 1330], &once), Some(Verdict::Exceeds));
        assert_eq!(verdict(10, &[1300], &[100]), Some(Verdict::WithinNoise));
        assert_eq!(verdict(10, &[], &once), None);
    }

    /// Worst case by worst case these would have room for any verdict.
    #[test]
    fn a_machine_that_slows_down_slows_both_sizes_of_a_round() {
        let once = [100, 200, 300];
        assert_eq!(verdict(10, &[1300, 2620, 3890], &once), Some(Verdict::Exceeds));
        assert_eq!(verdict(10, &[1000, 2020, 2990], &once), Some(Verdict::Holds));
    }
}
