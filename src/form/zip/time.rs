//! Times as DOS has them: to two seconds, from 1980 to 2107; here in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The first day of 1980.
const FIRST: u32 = 1 << 21 | 1 << 16;

/// A date above a time of day, as near as they come to `mtime`, seconds since 1970.
pub(super) fn stamp(mtime: u32) -> u32 {
    let Ok(time) = Timestamp::from_second(mtime.into()) else { return FIRST };
    let time = Offset::UTC.to_datetime(time);
    let Ok(year) = u32::try_from(time.year() - 1980) else { return FIRST };
    let part = |number: i8| u32::from(number.unsigned_abs());
    let date = year << 9 | part(time.month()) << 5 | part(time.day());
    date << 16 | part(time.hour()) << 11 | part(time.minute()) << 5 | (part(time.second()) / 2)
}

/// Seconds since 1970; 0 for a time that there is not.
pub(super) fn mtime(stamp: u32) -> u32 {
    let bits = |from: u32, count: u32| (stamp >> from & ((1 << count) - 1)) as i8;
    let year = 1980 + (stamp >> 25) as i16;
    let (month, day) = (bits(21, 4), bits(16, 5));
    let time = DateTime::new(year, month, day, bits(11, 5), bits(5, 6), 2 * bits(0, 5), 0);
    let time = time.and_then(|time| Offset::UTC.to_timestamp(time));
    time.map_or(0, |time| u32::try_from(time.as_second()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_back_to_two_seconds() {
        for (time, expected) in [
            (0, 315_532_800),
            (315_532_800, 315_532_800),
            (1_700_000_001, 1_700_000_000),
            (u32::MAX, u32::MAX - 1),
        ] {
            assert_eq!(mtime(stamp(time)), expected);
        }
        assert_eq!(mtime(0), 0);
    }
}
