//! Whether time grows as the tree does: records of one tree in several sizes held together.

mod grow;

use serde::Serialize;

use crate::figure::{Estimate, figure};
use crate::record::{METRICS, Record, Unit};

pub use grow::grow;

/// How much more than in proportion a time may grow.
pub const ALLOWED: f64 = 1.1;

/// One time of one form, at each size.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// How many times as large the tree is.
    pub times: u64,
    /// How many times as long it takes; `None` where that was not measured.
    pub ratio: Option<Estimate>,
    /// Whether that is more than allowed.
    pub over: Over,
}

/// Whether a time has grown more than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// No.
    No,
    /// By its median, yes; but noise may have done it, or is not known.
    Perhaps,
    /// Yes, beyond noise.
    Yes,
}

impl Step {
    /// How much more than in proportion it takes.
    pub fn growth(&self) -> Option<f64> {
        self.ratio.map(|ratio| ratio.value / self.times as f64)
    }
}

impl Row {
    /// The worst of its steps.
    pub fn over(&self) -> Over {
        let has = |over| self.steps.iter().any(|step| step.over == over);
        if has(Over::Yes) {
            Over::Yes
        } else if has(Over::Perhaps) {
            Over::Perhaps
        } else {
            Over::No
        }
    }
}

/// Every time that the first of `sizes` has: records by how many times as large their trees are, from
/// the tree itself on.
pub fn rows(sizes: &[(u64, Record)]) -> Vec<Row> {
    let Some(((_, once), larger)) = sizes.split_first() else { return Vec::new() };
    let mut rows = Vec::new();
    for metric in METRICS.iter().filter(|metric| metric.unit == Unit::Nanoseconds) {
        for form in &once.forms {
            let Ok(base) = figure(once, &form.id, metric.id) else { continue };
            let step = |(times, record): &(u64, Record)| {
                let figure = figure(record, &form.id, metric.id).ok();
                let ratio = figure.and_then(|figure| figure.estimate.over(&base.estimate));
                Step { times: *times, ratio, over: ratio.map_or(Over::No, |r| over(&r, *times)) }
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

fn over(ratio: &Estimate, times: u64) -> Over {
    let most = ALLOWED * times as f64;
    match ratio.range {
        Some((low, _)) if low > most => Over::Yes,
        _ if ratio.value > most => Over::Perhaps,
        _ => Over::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_times_is_allowed_for_ten_and_what_noise_explains_is_not_certain() {
        let ratio = |value, range| Estimate { value, range };
        assert_eq!(over(&ratio(11.0, Some((10.5, 11.5))), 10), Over::No);
        assert_eq!(over(&ratio(11.5, Some((10.5, 12.5))), 10), Over::Perhaps);
        assert_eq!(over(&ratio(11.5, None), 10), Over::Perhaps);
        assert_eq!(over(&ratio(13.0, Some((11.5, 14.0))), 10), Over::Yes);
    }
}
