//! From a figure to a place on a chart, with the ticks between.

use crate::record::Unit;
use crate::record::units::Scale as Step;

use super::canvas::{FONT, width};

/// An axis of a chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    unit: Unit,
    low: f64,
    high: f64,
    log: bool,
    /// Where the ends stand on the canvas.
    ends: (i32, i32),
}

/// Which way an axis runs, which says how much room the text of a tick takes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    Across,
    Up,
}

impl Scale {
    /// An axis from 0 to `high`.
    pub(super) fn linear(unit: Unit, high: f64, ends: (i32, i32)) -> Self {
        Self { unit, low: 0.0, high: if high > 0.0 { high } else { 1.0 }, log: false, ends }
    }

    /// A logarithmic axis from a bit below `low` to a bit above `high`; one from 0 where no logarithm has
    /// a place for these.
    pub(super) fn log(unit: Unit, low: f64, high: f64, ends: (i32, i32)) -> Self {
        let placed = low > 0.0 && low.is_finite() && high.is_finite();
        if !placed {
            return Self::linear(unit, high, ends);
        }
        // At least a factor of two, so that a single figure is in the middle.
        let margin = (high / low).powf(0.06).max(1.42);
        Self { unit, low: low / margin, high: high * margin, log: true, ends }
    }

    /// The place of `value`; at the nearest end when it is beyond both.
    pub(super) fn place(&self, value: f64) -> i32 {
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        let (start, end) = (f64::from(self.ends.0), f64::from(self.ends.1));
        (start + share.clamp(0.0, 1.0) * (end - start)).round() as i32
    }

    /// Round figures to mark, with their text: as many as stand side by side without touching.
    pub(super) fn ticks(&self, run: Run) -> Vec<(f64, String)> {
        let mut ticks = Vec::new();
        for values in if self.log { self.log_ticks() } else { self.linear_ticks() } {
            ticks = values.into_iter().map(|value| (value, self.label(value))).collect();
            if self.fit(&ticks, run) {
                break;
            }
        }
        ticks
    }

    fn fit(&self, ticks: &[(f64, String)], run: Run) -> bool {
        let room = |label: &str| match run {
            Run::Across => width(label) + FONT,
            Run::Up => 2 * FONT,
        };
        ticks.windows(2).all(|pair| {
            let apart = (self.place(pair[1].0) - self.place(pair[0].0)).abs();
            apart >= (room(&pair[0].1) + room(&pair[1].1)) / 2
        })
    }

    /// Ticks from the finest to the coarsest.
    fn linear_ticks(&self) -> Vec<Vec<f64>> {
        let factor = Step::of(self.unit, self.high).factor;
        let power = 10f64.powf((self.high / factor / 6.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].map(|m| m * power * factor);
        let ticks = |step: f64| {
            // No more than fit anywhere: the steps are rough and the end is not a round one.
            let values = (0..=60).map(|n| f64::from(n) * step);
            values.take_while(|value| *value <= self.high).collect()
        };
        steps.map(ticks).into()
    }

    /// Ticks from the finest to the coarsest: bytes double, all else goes by tens.
    fn log_ticks(&self) -> Vec<Vec<f64>> {
        let series: &[(f64, &[f64])] = match self.unit {
            Unit::Bytes => &[
                (2.0, &[1.0, 1.25, 1.5, 1.75]),
                (2.0, &[1.0, 1.5]),
                (2.0, &[1.0]),
                (4.0, &[1.0]),
                (16.0, &[1.0]),
            ],
            _ => &[
                (10.0, &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]),
                (10.0, &[1.0, 2.0, 5.0]),
                (10.0, &[1.0, 3.0]),
                (10.0, &[1.0]),
                (1e3, &[1.0]),
            ],
        };
        let ticks = |(base, multiples): &(f64, &[f64])| {
            let first = self.low.log(*base).floor() as i32;
            let last = self.high.log(*base).ceil() as i32;
            let all = (first..=last).flat_map(|n| multiples.iter().map(move |m| m * base.powi(n)));
            all.filter(|value| (self.low..=self.high).contains(value)).collect()
        };
        series.iter().map(ticks).collect()
    }

    fn label(&self, value: f64) -> String {
        if value == 0.0 {
            return "0".to_owned();
        }
        let step = Step::of(self.unit, value);
        // Ticks are round: this only takes off what binary fractions leave.
        let digits = format!("{:.3}", value / step.factor);
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        format!("{digits} {}", step.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale) -> Vec<String> {
        scale.ticks(Run::Across).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round() {
        let mib = 1_048_576.0;
        let linear = Scale::linear(Unit::Bytes, 6.9 * mib, (0, 300));
        assert_eq!(labels(linear), ["0", "2 MiB", "4 MiB", "6 MiB"]);
        let log = |room| Scale::log(Unit::Nanoseconds, 5e7, 2e10, (0, room));
        assert_eq!(labels(log(500)), ["100 ms", "300 ms", "1 s", "3 s", "10 s"]);
        assert_eq!(labels(log(200)), ["100 ms", "1 s", "10 s"]);
    }

    #[test]
    fn one_figure_stands_in_the_middle_and_zero_at_the_start() {
        assert_eq!(Scale::log(Unit::Bytes, 7.0, 7.0, (0, 300)).place(7.0), 150);
        assert_eq!(Scale::linear(Unit::Bytes, 0.0, (0, 300)).place(0.0), 0);
    }

    #[test]
    fn what_has_no_logarithm_stands_on_a_linear_axis() {
        for low in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let scale = Scale::log(Unit::Bytes, low, 6.9 * 1_048_576.0, (0, 300));
            assert_eq!(labels(scale), ["0", "2 MiB", "4 MiB", "6 MiB"], "{low}");
        }
    }
}
