//! Guests booted until every delivery had its turn, several at a time where there are processors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result, bail};

use super::{Item, Request, file_name};
use crate::guest::boot::Load;
use crate::guest::inside::HOME;
use crate::guest::inside::counters::Counters;
use crate::guest::kit::Accelerator;
use crate::guest::protocol::Report;
use crate::guest::{Laboratory, deliver};
use crate::record::Check;

/// Where a guest finds the list of the closure.
pub(super) const CLOSURE: &str = "/kheaders/files/closure.list";
/// Guests at a time: memory does not mind another beside it.
const AT_A_TIME: usize = 2;
/// How many guests of one boot may die before its deliveries are given up.
const DEATHS: usize = 3;

/// What is held in one state, against the base, bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) state: String,
    pub(super) pinned: i64,
    pub(super) reclaimable: i64,
    pub(super) before: Counters,
    pub(super) after: Counters,
}

/// What one boot saw of a delivery.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) states: Vec<Held>,
    /// The most that was held while extracting, and the extractor's own memory.
    pub(super) peak: Option<(i64, i64)>,
}

impl Seen {
    pub(super) fn state(&self, name: &str) -> Option<&Held> {
        self.states.iter().find(|held| held.state == name)
    }
}

/// What all boots saw.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) kernel: String,
    pub(super) cpus: u64,
    pub(super) memory: u64,
    seen: HashMap<String, Vec<Result<Seen, String>>>,
    bases: HashMap<String, Counters>,
    order: Vec<(String, &'static str, &'static str)>,
}

impl Results {
    /// What was seen of `item` in each boot.
    pub(super) fn of(&self, item: &Item) -> &[Result<Seen, String>] {
        self.seen.get(&group(item)).map_or(&[], Vec::as_slice)
    }

    /// The other counters of the first boot.
    pub(super) fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for (group, delivery, form) in &self.order {
            let (Some(Ok(seen)), Some(base)) =
                (self.seen.get(group).and_then(|boots| boots.first()), self.bases.get(group))
            else {
                continue;
            };
            for Held { state, pinned, before, after, .. } in &seen.states {
                let grown = |now: u64, then: u64| now as i64 - then as i64;
                checks.push(Check {
                    form: (*form).to_owned(),
                    delivery: (*delivery).to_owned(),
                    state: state.clone(),
                    pinned: *pinned,
                    slab: grown(after.slab, base.slab),
                    vmalloc: grown(after.vmalloc, base.vmalloc),
                    modules: grown(after.modules, base.modules),
                    shmem: grown(after.shmem, base.shmem),
                    page_cache: grown(before.page_cache, base.page_cache),
                });
            }
        }
        checks
    }
}

fn group(item: &Item) -> String {
    deliver::name(item.delivery, item.form)
}

/// Guests to be booted.
pub(super) struct Sitting<'a> {
    lab: &'a Laboratory,
    request: &'a Request<'a>,
    boots: u64,
    modules: Vec<(String, Vec<u8>)>,
    own: Vec<String>,
    closure: Option<PathBuf>,
}

impl<'a> Sitting<'a> {
    pub(super) fn prepare(
        lab: &'a Laboratory,
        request: &'a Request<'a>,
        boots: u64,
    ) -> Result<Self> {
        let mut own = Vec::new();
        let mut modules = lab.modules.clone();
        for name in ["loop", "squashfs"] {
            // A kernel without it fails what needs it, and nothing else.
            for (name, module) in lab.kit.module(name).unwrap_or_default() {
                own.push(name.clone());
                modules.push((name, module));
            }
        }
        let closure = match request.closure {
            None => None,
            Some(paths) => {
                let file = request.scratch.join("closure.list");
                let lines: Vec<_> = paths.iter().map(ToString::to_string).collect();
                std::fs::write(&file, lines.join("\n"))
                    .with_context(|| file.display().to_string())?;
                Some(file)
            }
        };
        Ok(Self { lab, request, boots, modules, own, closure })
    }

    /// Has all `items` delivered as often as there are boots.
    pub(super) fn hold(&self, items: &[Item], say: &(dyn Fn(&str) + Sync)) -> Result<Results> {
        let results = Mutex::new(Results::default());
        if let Ok(mut results) = results.lock() {
            results.order =
                items.iter().map(|item| (group(item), item.delivery.id, item.form)).collect();
        }
        let shares = share(items, self.processors());
        for boot in 0..self.boots {
            say(&format!("booting kernels, {} of {}", boot + 1, self.boots));
            let mut done = Vec::new();
            std::thread::scope(|scope| {
                let share = |items: &Vec<Item>| {
                    let items = items.clone();
                    let results = &results;
                    scope.spawn(move || self.boot(items, boot == 0, results))
                };
                let threads: Vec<_> = shares.iter().map(share).collect();
                done = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
            });
            for done in done {
                match done {
                    Ok(done) => done?,
                    Err(_) => bail!("a guest's thread panicked"),
                }
            }
        }
        results.into_inner().ok().context("a guest's thread panicked")
    }

    fn processors(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from).min(AT_A_TIME)
    }

    /// Boots guests until all `items` had their turn. A guest that dies fails the delivery that it
    /// died of; the next takes what is left.
    fn boot(&self, items: Vec<Item>, first: bool, results: &Mutex<Results>) -> Result<()> {
        let mut left = items;
        let mut deaths = 0;
        while !left.is_empty() {
            let mut done = 0;
            let died = self.one_guest(&left, first, results, &mut done);
            let Err(error) = died else { return Ok(()) };
            if self.request.interrupted.load(Ordering::Relaxed) {
                return Err(error);
            }
            deaths += 1;
            let rest = left.split_off(done);
            let lost = if deaths == DEATHS { rest.len() } else { 1 };
            for item in rest.iter().take(lost) {
                note(results, &group(item), Err(format!("{error:#}")), None);
            }
            left = rest.into_iter().skip(lost).collect();
        }
        Ok(())
    }

    fn one_guest(
        &self,
        items: &[Item],
        first: bool,
        results: &Mutex<Results>,
        done: &mut usize,
    ) -> Result<()> {
        let stop = || match self.request.interrupted.load(Ordering::Relaxed) {
            true => bail!("interrupted"),
            false => Ok(()),
        };
        let mut now = Group::default();
        self.lab.boot(&self.load(items, first)?, &stop, &mut |report| {
            match report {
                Report::Hello { kernel, cpus, memory } => {
                    if let Ok(mut results) = results.lock() {
                        (results.kernel, results.cpus, results.memory) = (kernel, cpus, memory);
                    }
                }
                Report::Begin { group } => now = Group { name: group, ..Group::default() },
                Report::State { name, after, .. } if name == "base" => now.base = after,
                Report::State { name, before, after } => {
                    let held = |free: u64| now.base.free as i64 - free as i64;
                    now.seen.states.push(Held {
                        state: name,
                        pinned: held(after.free),
                        reclaimable: held(before.free) - held(after.free),
                        before,
                        after,
                    });
                }
                Report::Peak { free, program } => {
                    now.seen.peak = Some((now.base.free as i64 - free as i64, program as i64));
                }
                Report::Failed { error } => now.error = Some(error),
                Report::End => {
                    let group = std::mem::take(&mut now);
                    if items.get(*done).is_some_and(|item| self::group(item) == group.name) {
                        *done += 1;
                        let seen = group.error.map_or(Ok(group.seen), Err);
                        note(results, &group.name, seen, Some(group.base));
                    }
                }
                Report::Say { .. } | Report::Bye => {}
            }
            Ok(())
        })
    }

    fn load(&self, items: &[Item], first: bool) -> Result<Load> {
        let pairs = items.iter().map(|item| (item.delivery, &item.subject));
        let mut script = deliver::warm_up(&self.own, pairs);
        let mut files: Vec<(PathBuf, PathBuf)> = Vec::new();
        for item in items {
            let mut subject = item.subject.clone();
            subject.all = self.reads_all(item, first);
            if !first {
                // The same bytes in the same kernel: what was verified once is.
                subject.digest = None;
            }
            script.push_str(&deliver::group(item.delivery, &subject));
            let found = self.request.forms.iter().find(|(form, _)| form.id() == item.form);
            let (form, artifact) = found.context("a form without an artifact")?;
            let name = file_name(*form);
            let source = if name == "tree.tar" { self.request.tree } else { artifact.as_path() };
            let inside = Path::new(HOME).join("files").join(name);
            if !files.iter().any(|(known, _)| *known == inside) {
                files.push((inside, source.to_path_buf()));
            }
        }
        if let Some(closure) = &self.closure {
            files.push((PathBuf::from(CLOSURE), closure.clone()));
        }
        Ok(Load { script, modules: self.modules.clone(), files })
    }
}

impl Sitting<'_> {
    /// Whether all is read through a mount. In software that takes ten seconds and more, so the
    /// first boot does it once an image, through its block device, and once a way to mount; the
    /// other boots once a way.
    fn reads_all(&self, item: &Item, first: bool) -> bool {
        let delivery = item.delivery.id;
        let looped = delivery.starts_with("loop-");
        let mut forms = self.request.forms.iter().map(|(form, _)| *form);
        let first_form = forms.find(|form| (item.delivery.fits)(*form));
        let first_form = first_form.is_some_and(|form| form.id() == item.form);
        self.lab.accelerator == Accelerator::Kvm || first_form || (first && !looped)
    }
}

/// What is known of the group that runs.
#[derive(Default)]
struct Group {
    name: String,
    base: Counters,
    seen: Seen,
    error: Option<String>,
}

fn note(results: &Mutex<Results>, group: &str, seen: Result<Seen, String>, base: Option<Counters>) {
    if let Ok(mut results) = results.lock() {
        results.seen.entry(group.to_owned()).or_default().push(seen);
        if let Some(base) = base {
            results.bases.entry(group.to_owned()).or_insert(base);
        }
    }
}

/// `items` in as many shares as there are guests at a time, of about the same length each.
fn share(items: &[Item], guests: usize) -> Vec<Vec<Item>> {
    let mut shares = vec![Vec::new(); guests.max(1)];
    let count = shares.len();
    for (at, item) in items.iter().enumerate() {
        shares[at % count].push(item.clone());
    }
    shares.retain(|share| !share.is_empty());
    shares
}
