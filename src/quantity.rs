//! Quantities as people write them on a command line: bytes with a unit, shares in percent.

use std::fmt;
use std::str::FromStr;

/// A number of bytes: `4096`, `4KiB`, `1.5 MiB`, `3MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A share in parts per million: `0.5%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u64);

/// Binary units of IEC 80000-13 and the decimal ones of SI, never mixed up.
const BYTES: [(&str, f64); 7] = [
    ("B", 1.0),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
];
const SHARES: [(&str, f64); 2] = [("%", 1e4), ("ppm", 1.0)];

/// `text` in base units. `bare` tells whether a number alone is one of the base unit.
fn parse(text: &str, units: &[(&str, f64)], bare: bool) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim());
    let known = || units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let factor = match units.iter().find(|(name, _)| *name == unit) {
        Some((_, factor)) => *factor,
        None if unit.is_empty() && bare => 1.0,
        None => return Err(format!("{text:?}: a number and one of {}", known())),
    };
    let number: f64 = number.parse().map_err(|_| format!("{text:?}: not a number"))?;
    let value = (number * factor).round();
    // Above 2^53 a float no longer tells one unit from the next.
    if !(0.0..=9_007_199_254_740_992.0).contains(&value) {
        return Err(format!("{text:?}: out of range"));
    }
    Ok(value as u64)
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, &BYTES, true).map(Bytes)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, &SHARES, false).map(Share)
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
            [("0", 0), ("17", 17), ("4KiB", 4096), ("4 kB", 4000), ("1.5 MiB", 1_572_864)]
        {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "KiB", "4K", "-1", "1e3", "4 kib", "99999999GiB", "."] {
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
}
