//! Reference tools beside this program's own forms: built, held against the tree, and put into the
//! schedule next to each other.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};

use super::collector::Collector;
use super::preflight::Found;
use super::schedule::Schedule;
use super::verify;
use crate::dataset::Prepared;
use crate::form::{self, Form};
use crate::measure::axis::{Figure, Task};
use crate::measure::reference::{COLLECT, Place, Reference, Work};
use crate::measure::worker;
use crate::measure::worker::{CommandLine, Job, Reply};
use crate::record::{METRICS, Outcome, id};
use crate::sys::progress::Progress;
use crate::sys::scratch;
use crate::sys::scratch::Scratch;
use crate::tree::TreePath;

const SIZE: &str = id::SIZE_BYTES;
const BUILD: &[(&str, Figure)] = &[
    (id::BUILD_COMMAND_WALL, Figure::Wall(0)),
    (id::BUILD_COMMAND_CPU, Figure::Cpu(0)),
    (id::BUILD_COMMAND_PEAK_MEMORY, Figure::PeakMemory(0)),
];
const ALL: &[(&str, Figure)] = &[
    (id::EXTRACT_COMMAND_ALL_WALL, Figure::Wall(0)),
    (id::EXTRACT_COMMAND_ALL_CPU, Figure::Cpu(0)),
    (id::EXTRACT_COMMAND_ALL_PEAK_MEMORY, Figure::PeakMemory(0)),
];
const ONE: &[(&str, Figure)] = &[(id::EXTRACT_COMMAND_ONE, Figure::Wall(0))];

/// What is needed to put references beside forms.
pub(crate) struct Paired<'a> {
    /// The folder in which both sides work, or why there is none.
    pub(crate) place: &'a Result<Place, String>,
    /// The headers as a tar.
    pub(crate) tree: &'a Path,
    /// Their digest.
    pub(crate) digest: &'a str,
    pub(crate) interrupted: &'a AtomicBool,
    pub(crate) schedule: &'a mut Schedule,
    pub(crate) collector: &'a mut Collector,
}

/// The folder in which references and this program's own side work, or why there is none.
///
/// # Errors
/// What the system says of the folder.
pub(crate) fn place(
    references: &[&'static Reference],
    prepared: &Prepared,
    found: Option<&Found>,
    scratch: &Scratch,
    progress: &Progress,
) -> Result<Result<Place, String>> {
    let folder = match scratch.tmpfs() {
        Ok(tmpfs) if !references.is_empty() => tmpfs.join("beside"),
        Ok(_) => return Ok(Err("no reference was asked for".to_owned())),
        Err(reason) => return Ok(Err(reason)),
    };
    let one = found.and_then(|found| found.needs.ends.as_ref().ok());
    let one = one.map(|[_, middle, _]| middle.clone());
    let script = references.iter().any(|reference| reference.is_script());
    Place::open(folder, prepared, one, script, &|what| progress.say(what)).map(Ok)
}

/// Says of `forms` that none of `references` stands beside that they were not run as commands.
pub(crate) fn alone(
    forms: &[&'static dyn Form],
    references: &[&'static Reference],
    collector: &mut Collector,
) {
    for form in forms.iter().filter(|form| !references.iter().any(|one| one.of == form.id())) {
        let reason = skipped("no reference stands beside it in this run");
        let commands = METRICS.iter().filter(|metric| crate::record::is_of_command(metric.id));
        let outcomes = commands.map(|metric| (metric.id, reason.clone()));
        collector.settle(form.id(), outcomes.collect());
    }
}

impl Paired<'_> {
    /// Builds `reference` and what it stands beside, and schedules both for what the axes ask.
    /// `built` tells whether its form could be built. What goes wrong on a side is in the record.
    pub(crate) fn put(&mut self, reference: &'static Reference, built: bool) {
        let place = match self.place {
            Ok(place) if built => place,
            Ok(_) => return self.skip_all(reference, &format!("{} failed", reference.of)),
            Err(reason) => return self.skip_all(reference, reason),
        };
        let lines = match place.lines(reference) {
            Ok(lines) => lines,
            Err(reason) => return self.skip_all(reference, &reason),
        };
        let extracts = self.collector.observes(ONE[0].0);
        let mut tasks = Vec::new();
        for work in works(reference.of).iter().copied() {
            let rows = [reference.of, reference.id];
            let Some((_, sides)) = lines.iter().find(|(known, _)| *known == work) else {
                let missing = skipped("the set has no header to read alone");
                rows.iter().for_each(|row| self.settle(row, feeds(work), &missing));
                continue;
            };
            for (row, line) in rows.into_iter().zip([&sides.ours, &sides.reference]) {
                let done = match work {
                    Work::Build => self.build(reference, row, line, place),
                    _ if !extracts => Ok(()),
                    Work::All => self.all(reference, row, line, place, &mut tasks),
                    Work::One => self.one(row, line, place, &mut tasks),
                };
                if self.interrupted.load(Ordering::Relaxed) {
                    return;
                }
                let Err(error) = done else { continue };
                self.settle(row, feeds(work), &Outcome::Failed { error: format!("{error:#}") });
                // Without an artifact on each side there is nothing to hold against each other.
                if work == Work::Build {
                    return self.skip_all(reference, &format!("{row} could not be built"));
                }
            }
        }
        self.schedule.add(tasks);
    }

    fn build(
        &mut self,
        reference: &Reference,
        row: &'static str,
        line: &CommandLine,
        place: &Place,
    ) -> Result<()> {
        let (made, kept) = (place.made(), place.artifact(row));
        scratch::remove(&made)?;
        let job = Job::Command { line: line.clone(), made: Some(made) };
        let task = Task { form: row, job, feeds: BUILD.to_vec(), folder: None };
        let reply = self.schedule.begin(task, &kept)?;
        match &reply {
            Reply::Done(_) => verify(form::by_id(reference.form)?, &kept, self.digest)?,
            Reply::Skipped(why) | Reply::Failed(why) => bail!("{why}"),
        }
        self.collector.note(row, BUILD, &reply);
        // A form's own artifact has been counted already.
        if row == reference.id || reference.of != reference.form {
            let bytes = fs::metadata(&kept).with_context(|| kept.display().to_string())?.len();
            self.collector.settle(row, vec![(SIZE, Outcome::Measured { samples: vec![bytes] })]);
        }
        Ok(())
    }

    fn all(
        &mut self,
        reference: &Reference,
        row: &'static str,
        line: &CommandLine,
        place: &Place,
        tasks: &mut Vec<Task>,
    ) -> Result<()> {
        let out = place.out();
        let extracted = if row == reference.id { place.extracted(reference) } else { out.clone() };
        scratch::make_empty(&out)?;
        let whole = worker::output(line)
            .and_then(|_| verify(form::by_id("tree")?, &extracted, self.digest));
        scratch::remove(&out)?;
        whole?;
        let job = Job::Command { line: line.clone(), made: None };
        tasks.push(Task { form: row, job, feeds: ALL.to_vec(), folder: Some(out) });
        Ok(())
    }

    fn one(
        &mut self,
        row: &'static str,
        line: &CommandLine,
        place: &Place,
        tasks: &mut Vec<Task>,
    ) -> Result<()> {
        let path: &TreePath = place.one().context("the set has no file")?;
        let mut expected = Vec::new();
        form::by_id("tar")?.read(self.tree, std::slice::from_ref(path), &mut |_, data| {
            expected = data;
            Ok(())
        })?;
        if worker::output(line)? != expected {
            bail!("{path}: what was read is not what the set has");
        }
        let job = Job::Command { line: line.clone(), made: None };
        tasks.push(Task { form: row, job, feeds: ONE.to_vec(), folder: None });
        Ok(())
    }

    /// Skips what `reference` and what it stands beside have no figure for.
    fn skip_all(&mut self, reference: &Reference, reason: &str) {
        for row in [reference.of, reference.id] {
            for work in works(reference.of) {
                self.settle(row, feeds(*work), &skipped(reason));
            }
        }
        self.collector.settle(reference.id, vec![(SIZE, skipped(reason))]);
        if reference.of != reference.form {
            self.collector.settle(reference.of, vec![(SIZE, skipped(reason))]);
        }
    }

    fn settle(&mut self, row: &str, feeds: &[(&'static str, Figure)], outcome: &Outcome) {
        let outcomes = feeds.iter().map(|(metric, _)| (*metric, outcome.clone()));
        self.collector.settle(row, outcomes.collect());
    }
}

fn feeds(work: Work) -> &'static [(&'static str, Figure)] {
    match work {
        Work::Build => BUILD,
        Work::All => ALL,
        Work::One => ONE,
    }
}

/// What is done by a reference that stands beside the row `of`.
fn works(of: &str) -> &'static [Work] {
    if of.starts_with(COLLECT) { &[Work::Build] } else { &[Work::Build, Work::All, Work::One] }
}

/// What is observed of the row `of`, and of the reference that stands beside it.
pub(crate) fn metrics(of: &str) -> impl Iterator<Item = &'static str> {
    let commands = works(of).iter().flat_map(|work| feeds(*work));
    std::iter::once(SIZE).chain(commands.map(|(metric, _)| *metric))
}

fn skipped(reason: &str) -> Outcome {
    Outcome::Skipped { reason: reason.to_owned() }
}
