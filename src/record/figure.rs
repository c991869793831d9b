//! A figure of a record with its confidence interval, as judgements compare it.

use serde::Serialize;

use crate::record::stats;
use crate::record::stats::Summary;
use crate::record::stats::pool::Pool;
use crate::record::{Absence, Axis, Nature, Observation, PREPARE, Record, Unit, metric};

/// How far two memory figures may be apart by chance, bytes: one slab of inodes, of which the base may
/// have one with room left.
const BOOTS_APART: f64 = 32.0 * 1024.0;

/// How far apart two medians of `metric` are the same, in base units: boots of one thing are, as far as
/// memory goes.
pub fn resolution(metric: &str) -> f64 {
    if Axis::of(metric) == Some(Axis::Memory) { BOOTS_APART } else { 0.0 }
}

/// A number and how far noise may have moved it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure in base units; of samples their median.
    pub value: f64,
    /// Where the true figure lies: with 95 % confidence, or exactly when both ends are the value.
    /// `None` for a single noisy sample, of which that isn't known.
    pub range: Option<(f64, f64)>,
}

/// How one estimate compares to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Less, beyond noise.
    Below,
    Same,
    /// More, beyond noise.
    Above,
    /// Unknown: a single sample has no confidence interval.
    Unknown,
}

impl Estimate {
    /// A number without noise.
    pub fn exact(value: f64) -> Self {
        Self { value, range: Some((value, value)) }
    }

    /// The estimate of samples with this `summary`.
    pub fn of(summary: &Summary, nature: Nature, axis: Option<Axis>) -> Self {
        let value = summary.median;
        let range = match (summary.interval, nature, axis) {
            // Several exact samples are of several orders: their spread is no noise, and all of it is known.
            (_, Nature::Exact, _) => Some((summary.min as f64, summary.max as f64)),
            (Some(interval), ..) => Some((interval.low, interval.high)),
            (None, _, Some(Axis::Memory)) => {
                Some(((value - BOOTS_APART).max(0.0), value + BOOTS_APART))
            }
            (None, ..) => None,
        };
        Self { value, range }
    }

    /// How it compares to `other`: different only if the ranges don't overlap.
    pub fn order(&self, other: &Self) -> Order {
        let (Some(own), Some(its)) = (self.range, other.range) else {
            return Order::Unknown;
        };
        if own.1 < its.0 {
            Order::Below
        } else if own.0 > its.1 {
            Order::Above
        } else {
            Order::Same
        }
    }

    /// Both together; the range is that of the worst case.
    pub fn plus(&self, other: &Self) -> Self {
        let range = self.range.zip(other.range).map(|(a, b)| (a.0 + b.0, a.1 + b.1));
        Self { value: self.value + other.value, range }
    }

    /// This many times as much.
    pub fn times(&self, factor: f64) -> Self {
        let range = self.range.map(|(low, high)| (low * factor, high * factor));
        Self { value: self.value * factor, range }
    }

    /// Its share of `whole`; the range is that of the worst case. `None` of nothing.
    pub fn over(&self, whole: &Self) -> Option<Self> {
        let range = match (self.range, whole.range) {
            (Some(a), Some(b)) if b.0 > 0.0 => Some((a.0 / b.1, a.1 / b.0)),
            _ => None,
        };
        (whole.value > 0.0).then(|| Self { value: self.value / whole.value, range })
    }
}

/// A measured figure and its place in the record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    pub form: String,
    pub metric: String,
    /// Its place among the record's observations, from 0.
    pub observation: usize,
    pub unit: Unit,
    pub nature: Nature,
    #[serde(flatten)]
    pub estimate: Estimate,
    /// The degrees of freedom of its range.
    #[serde(skip)]
    pub freedom: u32,
}

/// Median and interval of `seen`; `None` without a sample. The interval of a time is from the noise of
/// all forms, except where the rounds of the record are of several runs.
pub fn summary(record: &Record, seen: &Observation) -> Option<Summary> {
    let samples = seen.outcome.samples();
    let mut summary = stats::summary(samples)?;
    if seen.unit == Unit::Nanoseconds && samples.len() > 1 && record.joined == 0 {
        let same = record.observations.iter().filter(|other| other.metric == seen.metric);
        let pool = Pool::of(same.map(|other| other.outcome.samples()));
        summary.interval = pool.and_then(|pool| pool.interval(samples)).or(summary.interval);
    }
    Some(summary)
}

/// How many times `other` is in `one`. Of times that is the median of the rounds' own ratios, as a machine
/// that slows down slows both; of anything else, and where the rounds are of several runs, the range is that
/// of the worst case. `None` of nothing.
pub fn ratio(record: &Record, one: &Figure, other: &Figure) -> Option<Estimate> {
    let times = one.unit == Unit::Nanoseconds && other.unit == Unit::Nanoseconds;
    if !times || record.joined > 0 {
        return one.estimate.over(&other.estimate);
    }
    let samples =
        |figure: &Figure| Some(record.observations.get(figure.observation)?.outcome.samples());
    let ratio = stats::ratio(samples(one)?, samples(other)?)?;
    let range = ratio.interval.map(|interval| (interval.low / 1e6, interval.high / 1e6));
    Some(Estimate { value: ratio.median / 1e6, range })
}

/// A figure that a record does not have, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absent {
    pub form: String,
    pub metric: String,
    /// Why.
    pub why: Absence,
}

/// The figure of `metric` for `form`.
///
/// # Errors
/// Not measured: not requested, skipped, failed, or only computed.
pub fn figure(record: &Record, form: &str, metric_id: impl ToString) -> Result<Figure, Absent> {
    let metric_id = metric_id.to_string();
    let absent = |why| Absent { form: form.to_owned(), metric: metric_id.clone(), why };
    let Some(observation) = record.place(form, &metric_id) else {
        return Err(absent(unobserved(record, form, &metric_id)));
    };
    let seen = &record.observations[observation];
    let summary = match seen.outcome.absence() {
        None => summary(record, seen),
        Some(absence) => return Err(absent(absence)),
    };
    let summary = summary.ok_or_else(|| absent(Absence::NoSample))?;
    Ok(Figure {
        form: form.to_owned(),
        metric: metric_id.clone(),
        observation,
        unit: seen.unit,
        nature: seen.nature,
        estimate: Estimate::of(&summary, seen.nature, metric(&metric_id).map(|metric| metric.axis)),
        freedom: summary.interval.map_or(u32::MAX, |interval| interval.freedom),
    })
}

fn unobserved(record: &Record, form: &str, metric: &str) -> Absence {
    let axis = metric.split('.').next().unwrap_or(metric);
    if !record.settings.axes.iter().any(|known| known == axis) {
        Absence::AxisNotRun(axis.to_owned())
    } else if form != PREPARE && !record.forms.iter().any(|info| info.id == form) {
        Absence::FormNotRun(form.to_owned())
    } else {
        record.missing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_noise_covers_is_no_difference_and_one_sample_tells_nothing() {
        let of = |samples: &[u64]| stats::summary(samples).unwrap();
        let noisy = |samples: &[u64]| Estimate::of(&of(samples), Nature::Noisy, None);
        let (low, high) = (noisy(&[10, 11, 12, 10, 11, 12]), noisy(&[20, 21, 22, 20, 21, 22]));
        let wide = noisy(&[9, 30, 11, 12, 25, 10]);
        assert_eq!(low.order(&high), Order::Below);
        assert_eq!(high.order(&low), Order::Above);
        assert_eq!(wide.order(&high), Order::Same);
        assert_eq!(noisy(&[1]).order(&high), Order::Unknown);
    }

    #[test]
    fn a_single_boot_is_known_to_what_boots_may_differ() {
        let of = |bytes| stats::summary(&[bytes]).unwrap();
        let held = |bytes| Estimate::of(&of(bytes), Nature::Noisy, Some(Axis::Memory));
        assert_eq!(held(5_000_000).order(&held(5_060_000)), Order::Same);
        assert_eq!(held(5_000_000).order(&held(5_070_000)), Order::Below);
    }

    #[test]
    fn shares_and_sums_keep_the_worst_case() {
        let a = Estimate { value: 4.0, range: Some((2.0, 6.0)) };
        let b = Estimate { value: 8.0, range: Some((4.0, 12.0)) };
        assert_eq!(a.plus(&b).range, Some((6.0, 18.0)));
        assert_eq!(a.over(&b).unwrap().value, 0.5);
        assert_eq!(a.over(&b).unwrap().range, Some((2.0 / 12.0, 6.0 / 4.0)));
        assert_eq!(a.over(&Estimate::exact(0.0)), None);
    }
}
