//! This program compared with reference tools, within one record.

use crate::record::stats::Summary;
use crate::record::{Absence, Nature, Observation, Record, Reference, Unit};
use crate::record::{id, stats};

/// A kind of figure that both sides have.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    pub title: &'static str,
    /// The metric, of the same name on both sides.
    pub metric: &'static str,
    /// The metric of this program's own work in a process that is already running, with the headers in
    /// memory, where there is one.
    pub alone: Option<&'static str>,
}

const fn work(title: &'static str, metric: &'static str, alone: Option<&'static str>) -> Work {
    Work { title, metric, alone }
}

/// The jobs that are compared with a reference, in the order of reports.
pub const WORKS: &[Work] = &[
    work("size", id::SIZE_BYTES, None),
    work("build", id::BUILD_COMMAND_WALL, Some(id::BUILD_WALL)),
    work("build, CPU", id::BUILD_COMMAND_CPU, None),
    work("build, peak memory", id::BUILD_COMMAND_PEAK_MEMORY, None),
    work("all to tmpfs", id::EXTRACT_COMMAND_ALL_WALL, Some(id::EXTRACT_ALL_WARM_WALL)),
    work("all, CPU", id::EXTRACT_COMMAND_ALL_CPU, None),
    work("all, peak memory", id::EXTRACT_COMMAND_ALL_PEAK_MEMORY, None),
    work("one header", id::EXTRACT_COMMAND_ONE, Some(id::EXTRACT_ONE_MIDDLE_WARM)),
];

/// A reference and what it is compared with.
#[derive(Debug)]
pub struct Pair<'r> {
    pub reference: &'r Reference,
    /// In what the settings of the two sides differ that change bytes; `None` where they are equal.
    /// A ratio of unlike settings is not to be shown without it.
    pub unlike: Option<String>,
    /// The figures of both, one for each kind that either was asked for.
    pub ratios: Vec<Ratio>,
}

/// One kind of figure on both sides.
#[derive(Debug)]
pub struct Ratio {
    pub work: &'static Work,
    pub unit: Unit,
    pub nature: Nature,
    /// This program's figure, or why there is none.
    pub ours: Result<Summary, Absence>,
    /// The reference's.
    pub reference: Result<Summary, Absence>,
    /// This program's divided by the reference's, in parts per million; or why there is none.
    pub ratio: Result<Summary, Absence>,
    /// The same of this program's work alone.
    pub alone: Option<Summary>,
}

/// Every reference of `record` with the row that it is compared with.
pub fn references(record: &Record) -> Vec<Pair<'_>> {
    record.references.iter().map(|reference| pair(record, reference)).collect()
}

fn pair<'r>(record: &'r Record, reference: &'r Reference) -> Pair<'r> {
    let Reference { settings, of_settings, .. } = reference;
    let unlike = || format!("the settings differ: {of_settings} / {settings}");
    let unlike = (settings != of_settings).then(unlike);
    let ratios = WORKS.iter().filter_map(|work| ratio(record, reference, work));
    Pair { reference, unlike, ratios: ratios.collect() }
}

/// `None` where neither side was asked.
fn ratio(record: &Record, reference: &Reference, work: &'static Work) -> Option<Ratio> {
    let theirs = record.get(&reference.id, work.metric);
    let ours = record.get(&reference.of, work.metric);
    let seen = theirs.or(ours.filter(|_| work.metric != id::SIZE_BYTES))?;
    let alone = work.alone.and_then(|metric| record.get(&reference.of, metric));
    let held = |ours: Option<&Observation>| -> Result<Summary, Absence> {
        let (ours, theirs) = (samples(ours)?, samples(theirs)?);
        stats::ratio(ours, theirs)
            .ok_or_else(|| Absence::DoesNotApply("there is nothing to divide by".to_owned()))
    };
    Some(Ratio {
        work,
        unit: seen.unit,
        nature: seen.nature,
        ours: summary(ours),
        reference: summary(theirs),
        ratio: held(ours),
        alone: alone.and_then(|alone| held(Some(alone)).ok()),
    })
}

fn summary(seen: Option<&Observation>) -> Result<Summary, Absence> {
    stats::summary(samples(seen)?).ok_or(Absence::NoSample)
}

fn samples(seen: Option<&Observation>) -> Result<&[u64], Absence> {
    let outcome = &seen.ok_or(Absence::NotRecorded)?.outcome;
    outcome.absence().map_or(Ok(outcome.samples()), Err)
}
