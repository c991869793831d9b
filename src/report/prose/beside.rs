//! What a template says of reference tools.

use minijinja::Error;

use super::refused;
use super::units;
use crate::compare::{Ratio, references};
use crate::record::{Record, Unit};
use crate::stats::Summary;

fn held(record: &Record, id: &str, work: &str) -> Result<Ratio, Error> {
    let pair = references(record).into_iter().find(|pair| pair.reference.id == id);
    let found = pair.and_then(|pair| pair.ratios.into_iter().find(|one| one.work.title == work));
    found.ok_or_else(|| refused(format!("{id}: nothing was held against it in “{work}”")))
}

/// Ours / reference as whole commands, in parts per million.
pub(super) fn ratio(record: &Record, id: &str, work: &str) -> Result<Summary, Error> {
    held(record, id, work)?.ratio.map_err(|why| refused(format!("{id}, {work}: {why}")))
}

/// The same of the work alone.
pub(super) fn alone(record: &Record, id: &str, work: &str) -> Result<Summary, Error> {
    let alone = held(record, id, work)?.alone;
    alone.ok_or_else(|| refused(format!("{id}, {work}: not measured alone")))
}

/// A ratio in parts per million, with its interval where noise has one.
pub(super) fn told(ratio: &Summary) -> String {
    let digits = |ppm: f64| format!("{:.2}", ppm / 1e6);
    match ratio.interval {
        Some(noise) if noise.low < noise.high => {
            format!("{} ({} to {})", digits(ratio.median), digits(noise.low), digits(noise.high))
        }
        _ => digits(ratio.median),
    }
}

/// Whether a ratio in parts per million is at most `goal`: `yes` and `no` where its whole interval
/// says so.
pub(super) fn reached(ratio: &Summary, goal: f64) -> String {
    let goal = goal * 1e6;
    let (low, high) = ratio.interval.map_or((ratio.median, ratio.median), |i| (i.low, i.high));
    let told = if high <= goal {
        "yes"
    } else if low > goal {
        "no"
    } else if ratio.median <= goal {
        "yes, within noise"
    } else {
        "no, within noise"
    };
    told.to_owned()
}

/// How much larger this program's artifact is than the reference's: `same`, or bytes and share.
pub(super) fn larger(record: &Record, id: &str) -> Result<String, Error> {
    let size = held(record, id, "size")?;
    let bytes = |side: Result<Summary, String>| match side {
        Ok(size) => Ok(size.median),
        Err(why) => Err(refused(format!("{id}, size: {why}"))),
    };
    let (ours, theirs) = (bytes(size.ours)?, bytes(size.reference)?);
    if ours == theirs {
        return Ok("same".to_owned());
    }
    let sign = if ours < theirs { "−" } else { "+" };
    let more = units::exact(Unit::Bytes, (ours - theirs).abs());
    Ok(format!("{sign}{more} ({sign}{:.2} %)", (ours - theirs).abs() * 100.0 / theirs))
}
