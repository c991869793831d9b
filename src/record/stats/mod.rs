//! Statistics: the median of samples with a confidence interval.

pub mod pool;
pub mod student;

/// A summary of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    pub count: usize,
    /// The middle one, or the mean of the middle two.
    pub median: f64,
    pub min: u64,
    pub max: u64,
    /// Where the true middle lies, with 95 % confidence; `None` for a single sample.
    pub interval: Option<Interval>,
}

/// A 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    pub method: Method,
    /// The degrees of freedom of what it was computed from.
    pub freedom: u32,
}

/// How an interval was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Between two order statistics of the samples: no assumption on their distribution.
    OrderStatistics,
    /// Student's t round the geometric mean, for 2 to 5 samples, where order statistics can't reach
    /// 95 %: assumes that the logarithms are roughly normal, as times scatter by factors and never
    /// below zero.
    StudentT,
    /// From the noise of all forms of a metric: see [`pool`].
    Pooled,
}

/// The least number of samples for which [min, max] covers the median with 95 %:
/// 1 - 2 / 2^6 = 0.969.
const ENOUGH: usize = 6;

/// Summarises `samples`; `None` when there are none.
pub fn summary(samples: &[u64]) -> Option<Summary> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let (&min, &max) = (sorted.first()?, sorted.last()?);
    let count = sorted.len();
    let median = (sorted[(count - 1) / 2] as f64 + sorted[count / 2] as f64) / 2.0;
    let interval = match count {
        1 => None,
        2..ENOUGH => Some(student_t(&sorted)),
        _ => Some(order_statistics(&sorted)),
    };
    Some(Summary { count, median, min, max, interval })
}

/// The summary of the ratios of `a` to `b`, in parts per million, by round: samples of one round
/// were taken one after the other, so that a machine which slows down slows both. `None` when no round
/// has both, or one took nothing.
pub fn ratio(a: &[u64], b: &[u64]) -> Option<Summary> {
    let ratio =
        |(&a, &b): (&u64, &u64)| (b > 0).then(|| (a as f64 / b as f64 * 1e6).round() as u64);
    summary(&a.iter().zip(b).map(ratio).collect::<Option<Vec<_>>>()?)
}

fn student_t(sorted: &[u64]) -> Interval {
    let (low, high) = match sorted[0] {
        // Zero has no logarithm.
        0 => {
            let (mean, half) = mean_and_half(sorted.iter().map(|&s| s as f64));
            ((mean - half).max(0.0), mean + half)
        }
        _ => {
            let (mean, half) = mean_and_half(sorted.iter().map(|&s| (s as f64).ln()));
            ((mean - half).exp(), (mean + half).exp())
        }
    };
    Interval { low, high, method: Method::StudentT, freedom: freedom(sorted.len()) }
}

/// The mean of 2 to 5 values, and half the width of its interval.
fn mean_and_half(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let number = values.clone().count();
    let count = number as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, student::quantile(freedom(number)) * (variance / count).sqrt())
}

fn freedom(samples: usize) -> u32 {
    u32::try_from(samples - 1).unwrap_or(u32::MAX)
}

/// The narrowest symmetric pair of order statistics between which the median lies with at least
/// 95 %. The number of samples below the median is binomial with p = 1/2.
fn order_statistics(sorted: &[u64]) -> Interval {
    let count = sorted.len();
    let mut probability = 0.5f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let mut below = probability;
    let mut rank = 0;
    // `below` is P(at most `rank` samples under the median): what one end leaves out.
    loop {
        probability *= (count - rank) as f64 / (rank + 1) as f64;
        if 2.0 * (below + probability) > 0.05 || rank + 1 >= count / 2 {
            break;
        }
        below += probability;
        rank += 1;
    }
    Interval {
        low: sorted[rank] as f64,
        high: sorted[count - 1 - rank] as f64,
        method: Method::OrderStatistics,
        freedom: freedom(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sample_has_no_interval_and_none_has_no_summary() {
        assert_eq!(summary(&[]), None);
        assert_eq!(summary(&[7]).and_then(|s| s.interval), None);
    }

    #[test]
    fn ranks_agree_with_the_published_table() {
        // Ranks (counted from 1) of the lower end at 95 %: n = 6 -> 1, 9 -> 2, 12 -> 3, 15 -> 4,
        // 20 -> 6, 25 -> 8 (Conover, Practical Nonparametric Statistics, table of the binomial).
        for (count, rank) in [(6, 1), (8, 1), (9, 2), (12, 3), (15, 4), (20, 6), (25, 8)] {
            let samples: Vec<u64> = (1..=count).collect();
            let interval = summary(&samples).unwrap().interval.unwrap();
            assert_eq!(interval.low, rank as f64, "n = {count}");
            assert_eq!(interval.high, (count + 1 - rank) as f64, "n = {count}");
        }
    }

    #[test]
    fn ratios_are_of_rounds_and_not_of_medians() {
        // The machine slows down to a third: each round still says half.
        let found = ratio(&[10, 20, 30], &[20, 40, 60, 80]).unwrap();
        assert_eq!((found.count, found.median), (3, 500_000.0));
        let high = found.interval.map_or(0.0, |interval| interval.high);
        assert!((high - 500_000.0).abs() < 1.0, "{high}");
        assert_eq!(ratio(&[1], &[0]), None);
        assert_eq!(ratio(&[], &[1]), None);
    }

    #[test]
    fn three_samples_get_students_interval() {
        // ln 10, ln 20, ln 40: mean ln 20, deviation ln 2, half width 4.303 ln 2 / sqrt 3 = 1.7219.
        let interval = summary(&[10, 20, 40]).unwrap().interval.unwrap();
        assert_eq!(interval.method, Method::StudentT);
        assert!((interval.high - 111.91).abs() < 0.05, "{interval:?}");
        assert!((interval.low - 3.574).abs() < 0.002, "{interval:?}");
        // Two samples that differ by a fifth: wide, but no time is below zero.
        let interval = summary(&[15_900, 19_000]).unwrap().interval.unwrap();
        assert!(interval.low > 5_000.0 && interval.high < 60_000.0, "{interval:?}");
    }

    #[test]
    fn samples_with_a_zero_have_an_interval_too() {
        let interval = summary(&[0, 20, 40]).unwrap().interval.unwrap();
        assert_eq!(interval.low, 0.0);
        assert!((interval.high - 69.69).abs() < 0.01, "{interval:?}");
    }
}
