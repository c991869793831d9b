//! Figures to text: bytes, times and shares, with a unit and no more digits than they carry.

use crate::record::{Nature, Unit};

/// The steps of a unit: how many base units one is, and its name; ascending.
type Steps = &'static [(f64, &'static str)];

const BYTES: Steps = &[(1.0, "B"), (1024.0, "KiB"), (1_048_576.0, "MiB"), (1_073_741_824.0, "GiB")];
const TIMES: Steps = &[(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];
const SHARES: Steps = &[(1e4, "%")];
const INSTRUCTIONS: Steps =
    &[(1.0, "instr."), (1e3, "k instr."), (1e6, "M instr."), (1e9, "G instr.")];

/// A step of a unit, so that several figures can share it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// Base units in one.
    pub factor: f64,
    /// Its name.
    pub name: &'static str,
}

impl Scale {
    /// The step of `unit` in which `value` reads best.
    pub(super) fn of(unit: Unit, value: f64) -> Self {
        let steps = match unit {
            Unit::Bytes => BYTES,
            Unit::Nanoseconds => TIMES,
            Unit::PartsPerMillion => SHARES,
            Unit::Instructions => INSTRUCTIONS,
        };
        // 999.96 ns is shown as 1.00 µs: what counts is the figure after rounding.
        let fits = |(factor, _): &&(f64, &str)| value.abs() / factor >= 0.9995;
        let (factor, name) = *steps.iter().rev().find(fits).unwrap_or(&steps[0]);
        Self { factor, name }
    }

    /// `value`, which is in base units, in this step, without the unit's name.
    pub(super) fn digits(self, value: f64) -> String {
        let scaled = value / self.factor;
        if self.factor == 1.0 { grouped(scaled.round()) } else { significant(scaled) }
    }
}

/// Three significant digits and the unit: `4.18 MiB`, `93.1 ms`, `15.2 %`.
pub(super) fn short(unit: Unit, value: f64) -> String {
    let scale = Scale::of(unit, value);
    format!("{} {}", scale.digits(value), scale.name)
}

/// As a table shows it: exact bytes to the byte, all else short.
pub(super) fn shown(unit: Unit, nature: Nature, value: f64) -> String {
    match (unit, nature) {
        (Unit::Bytes, Nature::Exact) => exact(unit, value),
        _ => short(unit, value),
    }
}

/// Every digit in the base unit: `4,380,884 B`.
pub(super) fn exact(unit: Unit, value: f64) -> String {
    format!("{} {}", grouped(value), name(unit))
}

/// The name of the base unit.
pub(super) fn name(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "B",
        Unit::Nanoseconds => "ns",
        Unit::PartsPerMillion => "ppm",
        Unit::Instructions => "instructions",
    }
}

/// How far `value` is from `reference`: `+4.2 %`.
pub(super) fn difference(value: f64, reference: f64) -> String {
    let percent = (value / reference - 1.0) * 100.0;
    if !percent.is_finite() {
        return "–".to_owned();
    }
    let digits = if percent.abs() < 99.95 { 1 } else { 0 };
    let text = format!("{percent:+.digits$} %");
    // A true minus, as wide as the plus above it.
    text.replace('-', "−")
}

/// How many times one figure another is: three significant digits, no unit.
pub(super) fn ratio(ratio: f64) -> String {
    significant(ratio)
}

/// A count with thousands separators.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `noun` after its number, in the plural where it must be.
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

fn grouped(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    // Medians of two whole samples may end in a half.
    let half = if value.fract() == 0.0 { "" } else { ".5" };
    format!("{sign}{}{half}", count(value.abs() as u64))
}

fn significant(value: f64) -> String {
    let digits = match value.abs() {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    if digits == 0 { grouped(value.round()) } else { format!("{value:.digits$}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_exact_or_short() {
        assert_eq!(exact(Unit::Bytes, 4_380_884.0), "4,380,884 B");
        for (bytes, text) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1023.9, "1.00 KiB"),
            (4_380_884.0, "4.18 MiB"),
            (29_036_708.0, "27.7 MiB"),
            (1_048_575.0, "1.00 MiB"),
        ] {
            assert_eq!(short(Unit::Bytes, bytes), text);
        }
    }

    #[test]
    fn times_have_three_digits_at_every_step() {
        for (ns, text) in [
            (812.0, "812 ns"),
            (999.9, "1.00 µs"),
            (93_140_000.0, "93.1 ms"),
            (999_950_000.0, "1.00 s"),
            (12_400_000_000.0, "12.4 s"),
            (1_234_000_000_000.0, "1,234 s"),
        ] {
            assert_eq!(short(Unit::Nanoseconds, ns), text);
        }
    }

    #[test]
    fn shares_are_percent() {
        assert_eq!(short(Unit::PartsPerMillion, 151_803.0), "15.2 %");
        assert_eq!(short(Unit::PartsPerMillion, 1_190_314.0), "119 %");
    }

    #[test]
    fn differences_have_a_sign_and_survive_zero() {
        assert_eq!(difference(104.24, 100.0), "+4.2 %");
        assert_eq!(difference(95.0, 100.0), "−5.0 %");
        assert_eq!(difference(1.0, 0.0), "–");
    }
}
