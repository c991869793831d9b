//! The drift between two runs on one machine: how much faster or slower it was as a whole.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pair::Noisy;
use crate::record::stats::pool::{NORMAL, median, of_median};
use crate::record::{Unit, is_of_cpu};

/// With fewer timings than this in both records no drift is taken out.
const LEAST: usize = 8;

/// The least standard deviation between the factors of metrics, in logarithms. Two runs of one commit had 0.07.
const BETWEEN: f64 = 0.05;

/// The drift of a machine from one run to another: what all times of the new run have in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// How many timings both records have with an interval.
    pub timings: usize,
    /// `None` with fewer than 8 timings: then nothing is taken out.
    pub common: Option<Factor>,
    /// The drift of each metric. Metrics differ: short reads and long builds do not
    /// feel a busy neighbour alike.
    pub metrics: BTreeMap<String, Factor>,
}

/// New time divided by old time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Factor {
    pub value: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    pub high: f64,
    /// The variance of its logarithm.
    #[serde(skip)]
    pub variance: f64,
}

impl Factor {
    /// Nothing is taken out.
    pub(crate) const NONE: Factor = Factor { value: 1.0, low: 1.0, high: 1.0, variance: 0.0 };

    fn of(logarithm: f64, variance: f64) -> Self {
        let half = 1.96 * variance.sqrt();
        let [low, value, high] = [-half, 0.0, half].map(|by| (logarithm + by).exp());
        Self { value, low, high, variance }
    }
}

/// Ratios of one metric in logarithms, and what they amount to.
struct Kind {
    metric: String,
    middle: f64,
    /// The variance of that, from the noise of its timings.
    variance: f64,
    ratios: Vec<f64>,
}

impl Drift {
    /// The drift in `pairs`; `None` without any timing.
    pub(crate) fn of(pairs: &[Noisy]) -> Option<Self> {
        let mut rows: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for pair in pairs.iter().filter(|pair| pair.old.unit == Unit::Nanoseconds) {
            if let Some(ratio) = pair.ratio() {
                rows.entry(&pair.old.metric).or_default().push(ratio);
            }
        }
        let timings: usize = rows.values().map(Vec::len).sum();
        if timings < LEAST {
            let none = Self { timings, common: None, metrics: BTreeMap::new() };
            return (timings > 0).then_some(none);
        }
        let kinds: Vec<Kind> = rows.iter().map(|(metric, rows)| kind(metric, rows)).collect();
        let (common, _) = common(&kinds);
        // On a processor that others use as well, wall times grow and CPU times hardly do.
        let (cpu, wall): (Vec<Kind>, Vec<Kind>) =
            kinds.into_iter().partition(|kind| is_of_cpu(&kind.metric));
        let metrics = own(wall).chain(own(cpu)).collect();
        Some(Self { timings, common: Some(common), metrics })
    }

    /// The drift of `metric`.
    pub(crate) fn factor(&self, metric: &str) -> Factor {
        self.metrics.get(metric).copied().unwrap_or(Factor::NONE)
    }
}

fn kind(metric: &str, rows: &[(f64, f64)]) -> Kind {
    let (ratios, variances): (Vec<f64>, Vec<f64>) = rows.iter().copied().unzip();
    let variance = median(variances) * of_median(ratios.len() as f64);
    Kind { metric: metric.to_owned(), middle: median(ratios.clone()), variance, ratios }
}

/// The common drift of `kinds`, the median of all ratios; and the variance between metrics besides noise, by
/// the method of moments of a random effects model, with medians in place of means.
fn common(kinds: &[Kind]) -> (Factor, f64) {
    let middle = median(kinds.iter().flat_map(|kind| kind.ratios.iter().copied()).collect());
    let noise = median(kinds.iter().map(|kind| kind.variance).collect());
    let apart = median(kinds.iter().map(|kind| (kind.middle - middle).abs()).collect()) / NORMAL;
    let between = (apart * apart - noise).max(BETWEEN * BETWEEN);
    // Timings of one form are not independent, so the error is that of one metric's timings.
    let variance = noise + between * of_median(kinds.len() as f64);
    (Factor::of(middle, variance), between)
}

/// The factor of each metric: the median of its own ratios, drawn towards what all `kinds` have in common
/// by as much as noise may explain of the distance.
fn own(kinds: Vec<Kind>) -> impl Iterator<Item = (String, Factor)> {
    let (common, between) = common(&kinds);
    kinds.into_iter().map(move |kind| {
        let weight = between / (between + kind.variance);
        let middle = weight * kind.middle + (1.0 - weight) * common.value.ln();
        let left = weight * kind.variance + (1.0 - weight).powi(2) * common.variance;
        (kind.metric, Factor::of(middle, left))
    })
}
