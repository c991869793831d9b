//! Dates as `KBUILD_BUILD_TIMESTAMP` gives them to `tar --mtime`.

use anyhow::{Result, anyhow, bail};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned, fmt::rfc2822};

/// Formats with a zone of their own, after `date`, `date -R`, git and people.
const ZONED: &[&str] =
    &["%a, %d %b %Y %H:%M:%S %z", "%a %b %e %H:%M:%S %Y %z", "%Y-%m-%d %H:%M:%S %z"];

/// Formats that may contain or end with a zone's name, of which only UTC is known.
const CIVIL: &[&str] = &[
    "%a %b %e %H:%M:%S %Y",
    "%a %e %b %Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d",
];

/// Seconds since 1970 of `text`: a plain number or `@` and a number of seconds, RFC 3339, RFC
/// 2822, or what `date` prints. A date without a zone is in this machine's zone, as for tar.
///
/// # Errors
/// Not understood, or not within 1970 to 2106.
pub fn parse(text: &str) -> Result<u32> {
    let text = text.trim();
    let seconds =
        seconds(text).ok_or_else(|| anyhow!("not a date: use seconds since 1970 or RFC 3339"))?;
    match u32::try_from(seconds) {
        Ok(seconds) => Ok(seconds),
        Err(_) => bail!("outside the years 1970 to 2106"),
    }
}

fn seconds(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.strip_prefix('@').unwrap_or(text).parse() {
        return Some(seconds);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    if let Ok(time) = rfc2822::parse(text) {
        return Some(time.timestamp().as_second());
    }
    if let Some(time) = ZONED.iter().find_map(|format| Zoned::strptime(format, text).ok()) {
        return Some(time.timestamp().as_second());
    }
    let utc = ["UTC", "GMT"].iter().find(|name| text.split(' ').any(|word| word == **name));
    let (zone, text) = match utc {
        Some(name) => {
            let words: Vec<_> = text.split_whitespace().filter(|word| word != name).collect();
            (TimeZone::UTC, words.join(" "))
        }
        None => (TimeZone::system(), text.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    let parse = |format: &&str| {
        DateTime::strptime(format, &text)
            .or_else(|_| jiff::civil::Date::strptime(format, &text).map(|date| date.at(0, 0, 0, 0)))
            .ok()
    };
    let civil = CIVIL.iter().find_map(parse)?;
    Some(civil.to_zoned(zone).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_moment_is_the_same() {
        for text in [
            "1700000000",
            "@1700000000",
            "2023-11-14T22:13:20Z",
            "2023-11-14 22:13:20 +0000",
            "2023-11-14 22:13:20 UTC",
            "Tue Nov 14 22:13:20 UTC 2023",
            "Tue Nov 14 22:13:20 2023 +0000",
            "Tue, 14 Nov 2023 23:13:20 +0100",
        ] {
            assert_eq!(parse(text).unwrap(), 1_700_000_000, "{text}");
        }
        assert_eq!(parse("Thu Jan  1 00:00:09 UTC 1970").unwrap(), 9);
    }

    #[test]
    fn what_is_no_date_is_said() {
        for text in ["", "yesterday", "Tue Nov 14 22:13:20 CET 2023"] {
            assert!(parse(text).unwrap_err().to_string().contains("not a date"), "{text}");
        }
        assert!(parse("1969-12-31T00:00:00Z").unwrap_err().to_string().contains("outside"));
    }
}
