//! The noise of one metric, estimated from the samples of all forms.
//!
//! Forms and rounds make a two-way table: log time = form + round + residual. The effects of rounds come
//! from Tukey's median polish (Exploratory Data Analysis, 1977, chapter 11). The variance of a form is its
//! own and that of all forms, weighted by degrees of freedom (the moderated t of Smyth, Statistical
//! Applications in Genetics and Molecular Biology 3, 2004).

use std::f64::consts::PI;

use super::{ENOUGH, Interval, Method, student};

/// Minimum number of forms: fewer don't give an estimate for the variance of another form.
const LEAST_FORMS: usize = 3;

/// The least number of forms that a round's effect is estimated from. With fewer it would be noise.
const LEAST_IN_ROUND: usize = 5;

/// How many degrees of freedom the common variance counts for. Forms differ in their noise: with a
/// larger weight the intervals of noisy forms are too narrow. 3 gives the nominal coverage when recorded
/// residuals are drawn again (`tests/times.rs`).
const WEIGHT: u32 = 3;

/// How many standard deviations of a deviation count in a form's own variance, with at least
/// [`ENOUGH`] samples: one in ten that is many times too long does not decide. With fewer samples a
/// single long one may be as typical as the others.
const FARTHEST: f64 = 2.0;

/// Turns of the median polish. More change nothing beyond 1 %.
const TURNS: usize = 5;

/// The median of |x| in standard deviations of a normal x.
pub const NORMAL: f64 = 0.6745;

/// The noise of a metric, estimated from all its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// How much slower than the average each round was, in logarithms.
    rounds: Vec<f64>,
    /// The variance of the logarithm of one sample.
    variance: f64,
}

impl Pool {
    /// Of `rows`, the samples of each form in the order of rounds. `None` with too few forms that have at
    /// least two samples. A row with a zero, which has no logarithm, is left out.
    pub fn of<'s>(rows: impl Iterator<Item = &'s [u64]>) -> Option<Self> {
        let rows: Vec<Vec<f64>> = rows.filter(|row| row.len() > 1).filter_map(logarithms).collect();
        if rows.len() < LEAST_FORMS {
            return None;
        }
        let rounds = polish(&rows);
        let residuals = rows.iter().flat_map(|row| {
            let row = without(row, &rounds);
            let (mean, count) = (row.iter().sum::<f64>() / row.len() as f64, row.len() as f64);
            row.into_iter().map(move |value| (value - mean).abs() * (count / (count - 1.0)).sqrt())
        });
        let deviation = median(residuals.collect()) / NORMAL;
        Some(Self { rounds, variance: deviation * deviation })
    }

    /// The 95 % interval of a form's median. `None` for a single sample, and for one of zero.
    pub fn interval(&self, samples: &[u64]) -> Option<Interval> {
        let values = without(&logarithms(samples).filter(|all| all.len() > 1)?, &self.rounds);
        let middle = median(values.clone());
        let deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
        let own = median(deviations.clone()) / NORMAL;
        let farthest = match values.len() {
            ENOUGH.. => FARTHEST * own.max(self.variance.sqrt()),
            _ => f64::INFINITY,
        };
        let squares: f64 = deviations.iter().map(|apart| apart.min(farthest).powi(2)).sum();
        let freedom = WEIGHT + u32::try_from(values.len() - 1).unwrap_or(u32::MAX - WEIGHT);
        let variance = (f64::from(WEIGHT) * self.variance + squares) / f64::from(freedom);
        let half = student::quantile(freedom) * (variance * of_median(values.len() as f64)).sqrt();
        Some(Interval {
            low: (middle - half).exp(),
            high: (middle + half).exp(),
            method: Method::Pooled,
            freedom,
        })
    }
}

/// The variance of the median of `count` normal values, in that of one value: exact for one and for very
/// many, within 2 % for odd counts, and too large by at most a fifth for even ones.
pub fn of_median(count: f64) -> f64 {
    PI / (2.0 * count + PI - 2.0)
}

fn logarithms(row: &[u64]) -> Option<Vec<f64>> {
    row.iter().map(|&sample| (sample > 0).then(|| (sample as f64).ln())).collect()
}

fn without(row: &[f64], rounds: &[f64]) -> Vec<f64> {
    let effects = rounds.iter().copied().chain(std::iter::repeat(0.0));
    row.iter().zip(effects).map(|(value, effect)| value - effect).collect()
}

/// The effect of each round; their mean over all samples is 0.
fn polish(rows: &[Vec<f64>]) -> Vec<f64> {
    let most = rows.iter().map(Vec::len).max().unwrap_or(0);
    let taking = |round: usize| rows.iter().filter(move |row| row.len() > round);
    let known: Vec<usize> =
        (0..most).filter(|&round| taking(round).count() >= LEAST_IN_ROUND).collect();
    let mut effects = vec![0.0; most];
    for _ in 0..TURNS {
        let forms: Vec<f64> = rows.iter().map(|row| median(without(row, &effects))).collect();
        for &round in &known {
            let cells = rows.iter().zip(&forms);
            let cells = cells.filter_map(|(row, form)| Some(row.get(round)? - form));
            effects[round] = median(cells.collect());
        }
        let count: usize = known.iter().map(|&round| taking(round).count()).sum();
        let sum: f64 = known.iter().map(|&at| effects[at] * taking(at).count() as f64).sum();
        for &round in &known {
            effects[round] -= sum / count as f64;
        }
    }
    effects
}

/// The middle value, or the mean of the middle two; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count => (values[(count - 1) / 2] + values[count / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_round_is_no_noise_of_a_form() {
        // Six forms in three rounds, the second twice as slow, and 1 % of noise that is not of rounds.
        let row = |form: u64, noise: [u64; 3]| {
            let round = [100, 200, 100];
            std::array::from_fn::<u64, 3, _>(|at| form * round[at] * noise[at])
        };
        let noises = [[99, 100, 101], [100, 101, 99], [101, 99, 100]];
        let rows: Vec<[u64; 3]> =
            (1..=6).map(|form| row(form, noises[form as usize % 3])).collect();
        let pool = Pool::of(rows.iter().map(|row| row.as_slice())).unwrap();
        assert!((pool.rounds[1] - pool.rounds[0] - 2.0f64.ln()).abs() < 0.02, "{pool:?}");
        let interval = pool.interval(&rows[0]).unwrap();
        assert!(interval.high / interval.low < 1.06, "{interval:?}");
        assert_eq!(interval.freedom, 5);
    }

    #[test]
    fn a_noisy_form_keeps_a_wide_interval_and_few_forms_make_no_pool() {
        let rows: [&[u64]; 4] =
            [&[100, 101, 102], &[200, 202, 204], &[400, 408, 404], &[100, 200, 400]];
        let pool = Pool::of(rows.into_iter()).unwrap();
        let width = |row| pool.interval(row).map(|interval| interval.high / interval.low).unwrap();
        assert!(width(rows[3]) > 3.0 && width(rows[0]) < 1.1, "{}", width(rows[0]));
        assert_eq!(pool.interval(&[100]), None);
        assert_eq!(Pool::of(rows.into_iter().take(2)), None);
        assert_eq!(Pool::of([&[1, 2][..], &[0, 3], &[4, 5]].into_iter()), None);
    }

    #[test]
    fn the_variance_of_a_median_is_near_the_tabulated_one() {
        // Of the middle order statistic of a normal sample, from any table of these.
        for (count, variance) in
            [(1.0, 1.0), (3.0, 0.4487), (5.0, 0.2868), (7.0, 0.2104), (9.0, 0.1661)]
        {
            assert!((of_median(count) / variance - 1.0).abs() < 0.021, "{count}");
        }
    }
}
