//! Sizes and times as people write them: `5MiB`, `4.2 MB`, `10ms`, `1.5 s`.

/// A unit's name, and how many base units one is.
type Step = (&'static str, f64);

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

/// A size in bytes.
///
/// # Errors
/// Not a number with a unit of size.
pub fn bytes(text: &str) -> Result<f64, String> {
    quantity(text, BYTES, "5MiB")
}

/// A time in nanoseconds.
///
/// # Errors
/// Not a number with a unit of time.
pub fn time(text: &str) -> Result<f64, String> {
    quantity(text, TIMES, "10ms")
}

fn quantity(text: &str, steps: &[Step], example: &str) -> Result<f64, String> {
    let known = || {
        let names: Vec<_> = steps.iter().map(|(name, _)| *name).collect();
        format!("wanted is a number with its unit, as in {example}; units are {}", names.join(", "))
    };
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !digits(c)).unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim());
    let number: f64 = number.parse().map_err(|_| known())?;
    // Letters' case is no help in telling a size from another, so it may be missed.
    let step = steps.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let (_, factor) = step.ok_or_else(known)?;
    Ok(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

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
