//! Sizes, times and shares with their units, parsed and printed.

use std::fmt;
use std::str::FromStr;

/// A number of bytes: `4096 B`, `4KiB`, `1.5 MiB`, `3MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A share in parts per million: `0.5%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u64);

/// A unit's name, and how many base units one is.
type Step = (&'static str, f64);

/// Binary units of IEC 80000-13 and the decimal ones of SI, never mixed up.
const BYTES: &[Step] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];
const TIMES: &[Step] =
    &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("min", 60e9)];
const SHARES: &[Step] = &[("%", 1e4), ("ppm", 1.0)];

/// The number that `text` begins with, and the unit after it.
fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim()))
}

fn names(units: &[Step]) -> String {
    units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// A size in bytes.
///
/// # Errors
/// Not a number with a unit of size.
pub fn bytes(text: &str) -> Result<f64, String> {
    lenient(text, BYTES, "5MiB")
}

/// A time in nanoseconds.
///
/// # Errors
/// Not a number with a unit of time.
pub fn time(text: &str) -> Result<f64, String> {
    lenient(text, TIMES, "10ms")
}

fn lenient(text: &str, units: &[Step], example: &str) -> Result<f64, String> {
    // Letters' case is no help in telling a size from another, so it may be missed.
    let known = |unit: &str| units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let found = split(text).and_then(|(number, unit)| Some(number * known(unit)?.1));
    found.ok_or_else(|| {
        let units = names(units);
        format!("expected a number with a unit, such as {example}; units: {units}")
    })
}

/// `text` in whole base units; units are case-sensitive, for committed files.
fn exact(text: &str, units: &[Step]) -> Result<u64, String> {
    let expected = || format!("expected a number with one of the units {}", names(units));
    let (number, unit) = split(text).ok_or_else(expected)?;
    let factor = units.iter().find(|(name, _)| *name == unit).ok_or_else(expected)?.1;
    let value = (number * factor).round();
    // Above 2^53 a float can't represent every integer.
    if !(0.0..=9_007_199_254_740_992.0).contains(&value) {
        return Err("out of range".to_owned());
    }
    Ok(value as u64)
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        exact(text, BYTES).map(Bytes)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        exact(text, SHARES).map(Share)
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
}
