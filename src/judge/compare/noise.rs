//! Which noisy figures changed, with the number of comparisons taken into account.

use std::collections::BTreeMap;

use super::drift::{Drift, Factor};
use super::pair::Noisy;
use super::row::{Change, Row};
use crate::record::figure::{Order, resolution};
use crate::record::{Unit, metric};

/// The share of false ones among the figures that are called changed, on average.
const FALSE_SHARE: f64 = 0.05;

/// Minimum difference of a noisy figure to be called changed, besides being beyond noise.
const MATTERS: f64 = 0.01;

/// Fills in `p` and `change` of the rows of `pairs`, and returns the drift that was taken out.
pub(crate) fn judge(rows: &mut [Row], pairs: &[Noisy]) -> Option<Drift> {
    let drift = Drift::of(pairs);
    let mut families: BTreeMap<_, Vec<(f64, usize)>> = BTreeMap::new();
    for pair in pairs {
        let axis = metric(&pair.new.metric).map(|metric| metric.axis);
        let time = pair.new.unit == Unit::Nanoseconds;
        let factor = drift.as_ref().filter(|_| time).map(|drift| drift.factor(&pair.new.metric));
        let factor = factor.unwrap_or(Factor::NONE);
        let base = pair.old.estimate.times(factor.value);
        let row = &mut rows[pair.row];
        row.drift = time.then_some(factor.value);
        row.p = pair.p(&base, factor.variance);
        let apart = (pair.new.estimate.value - base.value).abs();
        let beyond = apart > MATTERS * base.value
            && apart > resolution(&pair.new.metric)
            && matches!(pair.new.estimate.order(&base), Order::Below | Order::Above);
        row.change =
            if beyond { Change::direction(&base, &pair.new.estimate) } else { Change::WithinNoise };
        families.entry((axis, time)).or_default().push((row.p.unwrap_or(1.0), pair.row));
    }
    for family in families.into_values() {
        for at in insignificant(family) {
            rows[at].change = Change::WithinNoise;
        }
    }
    drift
}

/// The rows of `family` (p-values with rows) that are not significant, by the procedure of Benjamini
/// and Hochberg, Journal of the Royal Statistical Society B 57, 1995.
fn insignificant(mut family: Vec<(f64, usize)>) -> impl Iterator<Item = usize> {
    family.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = family.len() as f64;
    let passes = |(at, (p, _)): (usize, &(f64, usize))| *p <= FALSE_SHARE * (at + 1) as f64 / count;
    let significant = family.iter().enumerate().rposition(passes).map_or(0, |last| last + 1);
    family.into_iter().skip(significant).map(|(_, row)| row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_significant_depends_on_how_many_were_compared() {
        // The example of the paper: of 15 values the 4 least pass at 5 %, the fourth though Bonferroni's
        // bound is far below it.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        let family = p.iter().copied().zip(0..15).rev().collect();
        assert_eq!(insignificant(family).min(), Some(4));
        assert_eq!(insignificant(vec![(0.04, 0)]).next(), None);
        assert_eq!(insignificant(vec![(0.04, 0), (0.5, 1)]).next(), Some(0));
    }
}
