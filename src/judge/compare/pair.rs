//! A noisy figure of both records, and how likely noise alone moved it.

use crate::record::figure::{Estimate, Figure};
use crate::record::stats::student;

/// The two figures.
pub(crate) struct Noisy {
    /// Its place among the rows.
    pub(crate) row: usize,
    pub(crate) old: Figure,
    pub(crate) new: Figure,
}

impl Noisy {
    /// The logarithm of new by old, and its variance; `None` where an interval reaches down to 0.
    pub(crate) fn ratio(&self) -> Option<(f64, f64)> {
        let (a, b) = (&self.old.estimate, &self.new.estimate);
        let variance =
            |figure: &Figure, estimate| error(estimate, figure.freedom, true).map(|e| e * e);
        Some(((b.value / a.value).ln(), variance(&self.old, a)? + variance(&self.new, b)?))
    }

    /// The probability that noise moves the new figure at least as far from `base`, which is the old one
    /// without drift: by Welch's t, of the logarithms where these exist. `drift` is the variance of the
    /// drift's logarithm.
    pub(crate) fn p(&self, base: &Estimate, drift: f64) -> Option<f64> {
        let new = &self.new.estimate;
        let errors =
            |log| Some((error(base, self.old.freedom, log)?, error(new, self.new.freedom, log)?));
        let (apart, drift, (a, b)) = match errors(true) {
            Some(errors) => ((new.value / base.value).ln(), drift, errors),
            None => (new.value - base.value, drift * new.value * new.value, errors(false)?),
        };
        let (a, b) = (a * a, b * b);
        let freedom = (a + b).powi(2)
            / (a * a / f64::from(self.old.freedom) + b * b / f64::from(self.new.freedom));
        let t = apart / (a + b + drift).sqrt();
        // Two equal figures without noise.
        let t = if t.is_nan() { 0.0 } else { t };
        Some(student::two_sided(t, freedom as u32))
    }
}

/// The standard error of `estimate` from the width of its interval, of its logarithm if `log`.
fn error(estimate: &Estimate, freedom: u32, log: bool) -> Option<f64> {
    let (low, high) = estimate.range?;
    let width = match log {
        true if low > 0.0 => (high / low).ln(),
        true => return None,
        false => high - low,
    };
    Some(width / 2.0 / student::quantile(freedom))
}
