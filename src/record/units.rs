//! Sizes, times and shares with their units, parsed and printed.

use std::fmt;
use std::str::FromStr;

use crate::record::{Nature, Unit};

/// A number of bytes: `4096 B`, `4KiB`, `1.5 MiB`, `3MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A share in parts per million: `0.5%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u64);

/// A unit: base units in one, and its name.
type Step = (f64, &'static str);

/// The steps that figures are printed in, ascending.
const BYTES: &[Step] =
    &[(1.0, "B"), (1024.0, "KiB"), (1_048_576.0, "MiB"), (1_073_741_824.0, "GiB")];
const TIMES: &[Step] = &[(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];
const SHARES: &[Step] = &[(1e4, "%")];
const INSTRUCTIONS: &[Step] =
    &[(1.0, "instr."), (1e3, "k instr."), (1e6, "M instr."), (1e9, "G instr.")];

/// Those that are read besides: binary units are of IEC 80000-13, decimal ones of SI, never mixed up.
const MORE_BYTES: &[Step] = &[(1e3, "kB"), (1e6, "MB"), (1e9, "GB")];
const MORE_TIMES: &[Step] = &[(1e3, "us"), (60e9, "min")];
const MORE_SHARES: &[Step] = &[(1.0, "ppm")];

/// The number that `text` begins with, and the unit after it.
fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim()))
}

fn names(units: [&[Step]; 2]) -> String {
    units.concat().iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

/// A size in bytes.
///
/// # Errors
/// Not a number with a unit of size.
pub fn bytes(text: &str) -> Result<f64, String> {
    lenient(text, [BYTES, MORE_BYTES], "5MiB")
}

/// A time in nanoseconds.
///
/// # Errors
/// Not a number with a unit of time.
pub fn time(text: &str) -> Result<f64, String> {
    lenient(text, [TIMES, MORE_TIMES], "10ms")
}

fn lenient(text: &str, units: [&[Step]; 2], example: &str) -> Result<f64, String> {
    // Letters' case is no help in telling a size from another, so it may be missed.
    let all = units.concat();
    let known = |unit: &str| all.iter().find(|(_, name)| name.eq_ignore_ascii_case(unit));
    let found = split(text).and_then(|(number, unit)| Some(number * known(unit)?.0));
    found.ok_or_else(|| {
        let units = names(units);
        format!("expected a number with a unit, such as {example}; units: {units}")
    })
}

/// `text` in whole base units, spelled as the table has it: what is in committed files.
fn whole(text: &str, units: [&[Step]; 2]) -> Result<u64, String> {
    let (number, unit) = split(text).ok_or_else(|| format!("'{text}': not a number"))?;
    let factor = match units.concat().iter().find(|(_, name)| *name == unit) {
        Some((factor, _)) => *factor,
        None => {
            return Err(format!(
                "'{text}': expected a number with one of the units {}",
                names(units)
            ));
        }
    };
    let value = (number * factor).round();
    // Above 2^53 a float can't represent every integer.
    if !(0.0..=9_007_199_254_740_992.0).contains(&value) {
        return Err(format!("'{text}': out of range"));
    }
    Ok(value as u64)
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        whole(text, [BYTES, MORE_BYTES]).map(Bytes)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        whole(text, [SHARES, MORE_SHARES]).map(Share)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{} %", self.0 as f64 / 1e4)
    }
}

impl<'de> serde::Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> serde::Deserialize<'de> for Share {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A step of a unit, so that several figures can share it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    /// Base units in one.
    pub(crate) factor: f64,
    /// Its name.
    pub(crate) name: &'static str,
}

impl Scale {
    /// The step of `unit` in which `value` reads best.
    pub(crate) fn of(unit: Unit, value: f64) -> Self {
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
    pub(crate) fn digits(self, value: f64) -> String {
        let scaled = value / self.factor;
        if self.factor == 1.0 { grouped(scaled.round()) } else { significant(scaled) }
    }
}

/// Three significant digits and the unit: `4.18 MiB`, `93.1 ms`, `15.2 %`.
pub(crate) fn short(unit: Unit, value: f64) -> String {
    let scale = Scale::of(unit, value);
    format!("{} {}", scale.digits(value), scale.name)
}

/// As a table shows it: exact bytes to the byte, all else short.
pub(crate) fn shown(unit: Unit, nature: Nature, value: f64) -> String {
    match (unit, nature) {
        (Unit::Bytes, Nature::Exact) => exact(unit, value),
        _ => short(unit, value),
    }
}

/// Every digit in the base unit: `4,380,884 B`.
pub(crate) fn exact(unit: Unit, value: f64) -> String {
    format!("{} {}", grouped(value), name(unit))
}

/// The name of the base unit.
pub(crate) fn name(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "B",
        Unit::Nanoseconds => "ns",
        Unit::PartsPerMillion => "ppm",
        Unit::Instructions => "instructions",
    }
}

/// How far `value` is from `reference`: `+4.2 %`.
pub(crate) fn difference(value: f64, reference: f64) -> String {
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
pub(crate) fn ratio(ratio: f64) -> String {
    significant(ratio)
}

/// A count with thousands separators.
pub(crate) fn count(value: u64) -> String {
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
    fn bytes_have_binary_and_decimal_units() {
        for (text, bytes) in
            [("0 B", 0), ("17B", 17), ("4KiB", 4096), ("4 kB", 4000), ("1.5 MiB", 1_572_864)]
        {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "6", "KiB", "4K", "-1", "1e3", "4 kib", "99999999GiB", "."] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn shares_need_their_unit() {
        assert_eq!("0.5%".parse(), Ok(Share(5_000)));
        assert_eq!("0.0001 %".parse(), Ok(Share(1)));
        assert!("0.5".parse::<Share>().is_err());
        assert_eq!(Share(5_000).to_string(), "0.5 %");
    }

    #[test]
    fn sizes_and_times_are_read_as_written() {
        assert_eq!(bytes("5MiB"), Ok(5_242_880.0));
        assert_eq!(bytes("4.2 MB"), Ok(4_200_000.0));
        assert_eq!(bytes("512kib"), Ok(524_288.0));
        assert_eq!(time("10ms"), Ok(1e7));
        assert_eq!(time("1.5 s"), Ok(1.5e9));
        assert_eq!(time("900µs"), time("900us"));
    }

    #[test]
    fn what_is_none_is_told_with_what_there_is() {
        for text in ["", "5", "MiB", "5 MiB/s", "-5MiB", "1.2.3s", "5ms", "∞MiB", "1e9B"] {
            let said = bytes(text).unwrap_err();
            assert!(said.contains("5MiB") && said.contains("GiB"), "{text}: {said}");
        }
        assert!(time("5MiB").unwrap_err().contains("10ms"));
    }

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
