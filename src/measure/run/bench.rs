//! A header set laid out to be measured, and the one loop over forms and rounds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::collector::Collector;
use super::options::Options;
use super::paired::Paired;
use super::preflight::Found;
use super::schedule::{Sampling, Schedule};
use super::verify::verify;
use super::{paired, provenance};
use crate::dataset::{Cache, Prepared, Recipe};
use crate::form::{self, Form, page_rounded};
use crate::guest;
use crate::measure::axis;
use crate::measure::axis::{PREPARE, Plan, Task};
use crate::measure::probe;
use crate::measure::reference::{Place, Reference};
use crate::measure::worker::Reply;
use crate::record::{Axis, Dataset, Guest, Outcome, Record, Store};
use crate::sys::progress::Progress;
use crate::sys::scratch;
use crate::sys::scratch::Scratch;

/// Measures `prepared`, and leaves the record in `store`. Failures of forms are in the record.
///
/// # Errors
/// The system fails the run itself, or `interrupted` was set; what was measured until then stays
/// as NAME.partial, with every missing figure marked as interrupted.
pub fn run(
    prepared: Prepared,
    options: &Options,
    store: &Store,
    progress: &Progress,
    interrupted: &AtomicBool,
) -> Result<Record> {
    Bench::open(prepared, options, progress)?.measure(&options.forms, store, progress, interrupted)
}

/// A header set laid out to be measured, as often as need be.
pub struct Bench {
    options: Options,
    scratch: Scratch,
    tree: PathBuf,
    found: Option<Found>,
    /// Where reference tools work, or why there is no such place.
    place: Result<Place, String>,
    /// The record before anything is observed, without forms.
    record: Record,
    recipe: Option<Recipe>,
}

impl Bench {
    /// Lays `prepared` out, and looks for what `options` need of this machine.
    ///
    /// # Errors
    /// The work folder can\'t be used.
    pub fn open(prepared: Prepared, options: &Options, progress: &Progress) -> Result<Self> {
        let started = Timestamp::now();
        // References have the tree as a folder, and artifacts, on tmpfs too.
        let trees = if options.references.is_empty() { 1 } else { 3 };
        let scratch = Scratch::new(&options.work, trees * room(&prepared))?;
        progress.say("preparing");
        let tree = scratch.on_disk("tree.tar");
        form::by_id("tar")?.build(&prepared.tree, &tree)?;
        let reads = options.axes.iter().any(|axis| *axis == Axis::Extract || axis.is_of_guest());
        let found = reads.then(|| Found::look(&prepared, &scratch)).transpose()?;
        let closure = found.as_ref().and_then(|found| found.closure.clone());
        let record = provenance::open(options, started, &prepared, &scratch, closure)?;
        let references = &options.references;
        let place = paired::place(references, &prepared, found.as_ref(), &scratch, progress)?;
        let recipe = prepared.recipe.filter(|_| options.prepare);
        Ok(Self { options: options.clone(), scratch, tree, found, place, record, recipe })
    }

    /// The build of `form` to the artifact that its other measurements read, and those.
    ///
    /// # Errors
    /// The work folder can\'t be used.
    pub fn tasks(&self, form: &dyn Form) -> Result<(Task, Vec<Task>)> {
        let artifact = self.scratch.on_disk(form.id());
        let reads = self.reads(form, &artifact)?.map_or_else(Vec::new, |plan| plan.tasks);
        Ok((axis::build::task(form, self.tree.clone(), artifact), reads))
    }

    /// What the extract axis measures of `artifact`, if it was asked for.
    fn reads(&self, form: &dyn Form, artifact: &Path) -> Result<Option<Plan>> {
        let found = self.found.as_ref().filter(|_| self.options.axes.contains(&Axis::Extract));
        let plan = |found: &Found| -> Result<Plan> {
            let mountable = probe::mount(form, &self.scratch)?;
            Ok(axis::extract::plan(form, artifact, &found.needs, &mountable))
        };
        found.map(plan).transpose()
    }

    /// Measures `forms`, and leaves the record in `store`.
    ///
    /// # Errors
    /// As [`run`].
    pub fn measure(
        &self,
        forms: &[Arc<dyn Form>],
        store: &Store,
        progress: &Progress,
        interrupted: &AtomicBool,
    ) -> Result<Record> {
        let Self { options, scratch, tree, found, place, .. } = self;
        let stop = || match interrupted.load(Ordering::Relaxed) {
            true => bail!("interrupted; the results so far are in {}", store.partial().display()),
            false => Ok(()),
        };

        let mut record = self.record.clone();
        record.forms = forms.iter().map(|form| provenance::info(form.as_ref())).collect();
        let describe = |one: &&Reference| one.describe(place.as_ref().ok());
        record.references = options.references.iter().map(describe).collect();
        let Dataset { digest, census, .. } = record.dataset.clone();
        let mut collector = Collector::new(record, &options.axes);
        store.keep(&collector.unfinished())?;
        let mut held = Vec::new();
        let mut schedule = Schedule::new(Sampling::new(options.quick, options.samples));

        if options.prepare {
            let prepare = axis::build::plan_prepare(self.recipe.as_ref());
            collector.settle(PREPARE, prepare.settled);
            schedule.add(prepare.tasks);
        }

        progress.say("building and verifying");
        progress.count(forms.len() + options.references.len());
        for form in forms {
            stop()?;
            progress.show(form.id(), "build");
            let artifact = scratch.on_disk(form.id());
            // What an earlier measurement on this bench has left.
            scratch::remove(&artifact)?;
            let first = axis::build::task(form.as_ref(), tree.clone(), artifact.clone());
            let built = schedule.begin(first, &artifact).and_then(|reply| {
                let mut plans = Vec::new();
                if let Reply::Done(_) = reply {
                    verify(form.as_ref(), &artifact, &digest)?;
                    plans.push(axis::size::observe(form.as_ref(), &artifact, census.bytes)?);
                }
                Ok((reply, plans))
            });
            stop()?;
            match built {
                Err(error) => {
                    let error = format!("{error:#}");
                    collector.without(form.id(), &Outcome::Failed { error });
                }
                Ok((Reply::Failed(error), _)) => {
                    collector.without(form.id(), &Outcome::Failed { error });
                }
                Ok((Reply::Skipped(reason), _)) => {
                    collector.without(form.id(), &Outcome::Skipped { reason });
                }
                Ok((reply, mut plans)) => {
                    collector.note(form.id(), &axis::build::FEEDS, &reply);
                    plans.extend(self.reads(form.as_ref(), &artifact)?);
                    stop()?;
                    for plan in plans {
                        collector.settle(form.id(), plan.settled);
                        schedule.add(plan.tasks);
                    }
                    held.push((Arc::clone(form), artifact));
                }
            }
            store.keep(&collector.unfinished())?;
            progress.advance();
        }

        for reference in &options.references {
            stop()?;
            progress.show(reference.id, "build");
            let made = |id: &str| held.iter().any(|(form, _): &(Arc<dyn Form>, _)| form.id() == id);
            let built = reference.of != reference.form || made(reference.of);
            let (schedule, collector) = (&mut schedule, &mut collector);
            let digest = digest.as_str();
            Paired { place, tree, digest, interrupted, schedule, collector }.put(reference, built);
            stop()?;
            store.keep(&collector.unfinished())?;
            progress.advance();
        }
        paired::alone(forms, &options.references, &mut collector);

        if options.axes.iter().any(|axis| axis.is_of_guest()) {
            let needs = found.as_ref().map(|found| &found.needs);
            let what = axis::memory::Request {
                forms: &held,
                tree,
                digest: &digest,
                bytes: census.bytes,
                ends: needs.and_then(|needs| needs.ends.as_ref().ok()),
                closure: needs.and_then(|needs| needs.closure.as_deref().ok()),
                quick: options.quick,
                orders: options.orders,
                scratch: &scratch.on_disk("guest"),
                interrupted,
            };
            let cache = Cache::of_user()?;
            let say = |what: &str| progress.say(what);
            let started = Instant::now();
            let lab = guest::TestVm::open(&options.guest, options.guest_machine, &cache, &say);
            let seen = axis::memory::observe(lab, &what, progress)?;
            for (form, outcomes) in seen.outcomes {
                collector.settle_as(seen.nature, &form, outcomes);
            }
            let seconds = Some(started.elapsed().as_secs());
            collector.record.laboratory =
                seen.laboratory.map(|laboratory| Guest { seconds, ..laboratory });
            store.keep(&collector.unfinished())?;
            stop()?;
        }

        schedule.retain(|task| task.feeds.iter().any(|(metric, _)| collector.observes(metric)));
        let mut number = 0;
        loop {
            let round = schedule.due();
            if round.is_empty() {
                break;
            }
            number += 1;
            progress.say(&format!("round {number}"));
            progress.count(round.len());
            let done = sample(round, &mut schedule, &mut collector, progress, &stop);
            store.keep(&collector.unfinished())?;
            done?;
        }
        let mut record = collector.finish();
        record.finished = Some(Timestamp::now().to_string());
        store.finish(&record)?;
        for (_, artifact) in held {
            scratch::remove(&artifact)?;
        }
        Ok(record)
    }
}

/// Carries out the tasks of one round.
fn sample(
    round: Vec<usize>,
    schedule: &mut Schedule,
    collector: &mut Collector,
    progress: &Progress,
    stop: &dyn Fn() -> Result<()>,
) -> Result<()> {
    for at in round {
        stop()?;
        let task = schedule.task(at);
        progress.show(&task.form, task.axis());
        progress.left(schedule.left());
        let (form, feeds) = (task.form.clone(), task.feeds.clone());
        let reply = schedule.take(at)?;
        stop()?;
        collector.note(&form, &feeds, &reply);
        progress.advance();
    }
    Ok(())
}

/// Room on tmpfs: the whole tree in pages, with an inode each (about 1 KiB in the kernel). It is there
/// once at any time.
fn room(prepared: &Prepared) -> u64 {
    let pages: u64 = prepared.tree.files().map(|(_, data)| page_rounded(data.len() as u64)).sum();
    pages + prepared.tree.entries().len() as u64 * 1024
}
