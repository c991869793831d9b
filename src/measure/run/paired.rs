//! Reference tools alongside this program's forms: built, verified, and added to the
//! schedule next to each other.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};

use super::collector::Collector;
use super::preflight::Found;
use super::schedule::Schedule;
use super::verify::verify;
use crate::dataset::Prepared;
use crate::form::{self, Form};
use crate::measure::axis::{Figure, Task};
use crate::measure::reference::{Place, Reference, SIZE, Work, feeds, works};
use crate::measure::worker;
use crate::measure::worker::{CommandLine, Job, Reply};
use crate::record::{METRICS, Outcome};
use crate::sys::progress::Progress;
use crate::sys::scratch;
use crate::sys::scratch::Scratch;
use crate::tree::TreePath;

/// What it takes to measure references alongside forms.
pub(crate) struct Paired<'a> {
    /// The folder in which both sides work, or why there is none.
    pub(crate) place: &'a Result<Place, String>,
    pub(crate) tree: &'a Path,
    pub(crate) digest: &'a str,
    pub(crate) interrupted: &'a AtomicBool,
    pub(crate) schedule: &'a mut Schedule,
    pub(crate) collector: &'a mut Collector,
}

/// The folder in which references and this program's own side work, or why there is none.
///
/// # Errors
/// The folder can\'t be used.
pub(crate) fn place(
    references: &[&'static Reference],
    prepared: &Prepared,
    found: Option<&Found>,
    scratch: &Scratch,
    progress: &Progress,
) -> Result<Result<Place, String>> {
    let folder = match scratch.tmpfs() {
        Ok(tmpfs) if !references.is_empty() => tmpfs.join("beside"),
        Ok(_) => return Ok(Err("no reference tool in this run".to_owned())),
        Err(reason) => return Ok(Err(reason)),
    };
    let one = found.and_then(|found| found.needs.ends.as_ref().ok());
    let one = one.map(|[_, middle, _]| middle.clone());
    let script = references.iter().any(|reference| reference.is_script());
    Place::open(folder, prepared, one, script, &|what| progress.say(what)).map(Ok)
}

/// Says of `forms` that none of `references` is compared with that they were not run as commands.
pub(crate) fn alone(
    forms: &[Arc<dyn Form>],
    references: &[&'static Reference],
    collector: &mut Collector,
) {
    for form in forms.iter().filter(|form| !references.iter().any(|one| one.of == form.id())) {
        let reason = skipped("no reference tool in this run");
        let commands = METRICS.iter().filter(|metric| crate::record::is_of_command(metric.id));
        let outcomes = commands.map(|metric| (metric.id, reason.clone()));
        collector.settle(form.id(), outcomes.collect());
    }
}

impl Paired<'_> {
    /// Builds `reference` and what it is compared with, and schedules both for what the axes ask.
    /// `built`: whether its form was built. Failures of either side are recorded.
    pub(crate) fn put(&mut self, reference: &'static Reference, built: bool) {
        let place = match self.place {
            Ok(place) if built => place,
            Ok(_) => return self.skip_all(reference, &format!("{} failed", reference.of)),
            Err(reason) => return self.skip_all(reference, reason),
        };
        let lines = match reference.lines(place) {
            Ok(lines) => lines,
            Err(reason) => return self.skip_all(reference, &reason),
        };
        let extracts = self.collector.observes(feeds(Work::One)[0].0);
        let mut tasks = Vec::new();
        for work in works(reference.of).iter().copied() {
            let rows = [reference.of, reference.id];
            let Some((_, sides)) = lines.iter().find(|(known, _)| *known == work) else {
                let missing = skipped("the header set has no file");
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
                // Without an artifact on each side there is nothing to compare.
                if work == Work::Build {
                    return self.skip_all(reference, &format!("{row} failed to build"));
                }
            }
        }
        self.schedule.add(tasks);
    }

    fn build(
        &mut self,
        reference: &Reference,
        row: &str,
        line: &CommandLine,
        place: &Place,
    ) -> Result<()> {
        let (made, kept) = (place.made(), place.artifact(row));
        scratch::remove(&made)?;
        let job = Job::Command { line: line.clone(), made: Some(made) };
        let task =
            Task { form: row.to_owned(), job, feeds: feeds(Work::Build).to_vec(), folder: None };
        let reply = self.schedule.begin(task, &kept)?;
        match &reply {
            Reply::Done(_) => verify(&*form::by_id(reference.form)?, &kept, self.digest)?,
            Reply::Skipped(why) | Reply::Failed(why) => bail!("{why}"),
        }
        self.collector.note(row, feeds(Work::Build), &reply);
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
        row: &str,
        line: &CommandLine,
        place: &Place,
        tasks: &mut Vec<Task>,
    ) -> Result<()> {
        let out = place.out();
        let extracted = if row == reference.id {
            place.folder().join(reference.extracts_to())
        } else {
            out.clone()
        };
        scratch::make_empty(&out)?;
        let whole = worker::output(line)
            .and_then(|_| verify(&*form::by_id("tree")?, &extracted, self.digest));
        scratch::remove(&out)?;
        whole?;
        let job = Job::Command { line: line.clone(), made: None };
        tasks.push(Task {
            form: row.to_owned(),
            job,
            feeds: feeds(Work::All).to_vec(),
            folder: Some(out),
        });
        Ok(())
    }

    fn one(
        &mut self,
        row: &str,
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
            bail!("{path}: the content differs from the header set");
        }
        let job = Job::Command { line: line.clone(), made: None };
        tasks.push(Task {
            form: row.to_owned(),
            job,
            feeds: feeds(Work::One).to_vec(),
            folder: None,
        });
        Ok(())
    }

    /// Skips what `reference` and what it is compared with have no figure for.
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

fn skipped(reason: &str) -> Outcome {
    Outcome::Skipped { reason: reason.to_owned() }
}
