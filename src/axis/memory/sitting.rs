//! Guests booted until every delivery had its turn, several at a time.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result, bail};

use super::item::{CLOSURE, Item, share};
use super::lacks::FILESYSTEMS;
use super::results::{Group, Results};
use super::{Request, judge};
use crate::form::{Form, Layout};
use crate::guest::boot::Load;
use crate::guest::deliver::{Delivery, Subject};
use crate::guest::kit::Accelerator;
use crate::guest::protocol::Report;
use crate::guest::{Laboratory, deliver};
use crate::parallel::processors;

/// The most guests at a time: each may take a gigabyte.
const AT_A_TIME: usize = 4;
/// How many guests of one boot may die before its deliveries are given up.
const DEATHS: usize = 3;

/// Guests to be booted.
pub(super) struct Sitting<'a> {
    lab: &'a Laboratory,
    request: &'a Request<'a>,
    boots: u64,
    say: &'a (dyn Fn(&str) + Sync),
    modules: Vec<(String, Vec<u8>)>,
    own: Vec<String>,
    closure: Option<PathBuf>,
}

impl<'a> Sitting<'a> {
    pub(super) fn prepare(
        lab: &'a Laboratory,
        request: &'a Request<'a>,
        boots: u64,
        say: &'a (dyn Fn(&str) + Sync),
    ) -> Result<Self> {
        let mut own = Vec::new();
        let mut modules = lab.modules.clone();
        // Of the others only those that are asked for, so that their modules are in no other's kernel.
        let asked = |name: &&'static str| {
            let is = |form: &dyn Form| form.layout() == Layout::Image(name);
            *name == "squashfs" || request.forms.iter().any(|(form, _)| is(*form))
        };
        for name in ["loop"].into_iter().chain(FILESYSTEMS.into_iter().filter(asked)) {
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
        Ok(Self { lab, request, boots, say, modules, own, closure })
    }

    /// Has all `items` delivered as often as there are boots, or until interrupted. What the boots are at
    /// odds about is delivered as often once more, and only that counts: none of them is picked.
    pub(super) fn hold(&self, items: &[Item]) -> Result<Results> {
        let mut results = self.boots(items)?;
        let doubt = |item: &Item| {
            let odds = judge::odds(results.of(item))?;
            Some((item.clone(), format!("{}: {odds}", item.group())))
        };
        let (doubted, odds): (Vec<_>, Vec<_>) = items.iter().filter_map(doubt).unzip();
        if !doubted.is_empty() && !self.interrupted() {
            results.replace(self.boots(&doubted)?);
            results.anew = odds;
        }
        Ok(results)
    }

    /// Has all `items` delivered in each boot.
    fn boots(&self, items: &[Item]) -> Result<Results> {
        let software = self.lab.accelerator == Accelerator::Tcg;
        let results = Mutex::new(Results::default());
        // The same groups in the same order in each boot: what one leaves of partly filled slabs, the
        // next finds again.
        let shares = share(items, self.boots, software, guests());
        for boot in 0..self.boots {
            if self.interrupted() {
                break;
            }
            let of_boot = |item: &Item| if boot == 0 { item.clone() } else { item.again(software) };
            let shares = shares.iter().map(|share| share.iter().map(of_boot).collect::<Vec<_>>());
            (self.say)(&format!("booting kernels, {} of {}", boot + 1, self.boots));
            let mut done = Vec::new();
            std::thread::scope(|scope| {
                let results = &results;
                let threads: Vec<_> =
                    shares.map(|share| scope.spawn(move || self.boot(share, results))).collect();
                done = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
            });
            if done.iter().any(Result::is_err) {
                bail!("a guest's thread panicked");
            }
            if results.lock().is_ok_and(|results| results.kernel.is_empty()) {
                break;
            }
        }
        results.into_inner().ok().context("a guest's thread panicked")
    }

    fn interrupted(&self) -> bool {
        self.request.interrupted.load(Ordering::Relaxed)
    }

    /// Boots guests until all of `left` had their turn. A guest that dies fails the delivery that it
    /// died of; the next takes what is left.
    fn boot(&self, mut left: Vec<Item>, results: &Mutex<Results>) {
        let mut deaths = 0;
        while !left.is_empty() {
            let mut done = 0;
            let died = self.one_guest(&left, results, &mut done);
            let Err(error) = died else { return };
            if self.interrupted() {
                return;
            }
            deaths += 1;
            let rest = left.split_off(done);
            let mut lost = rest.len();
            if let Ok(mut results) = results.lock() {
                // A kernel that never came up will not.
                let given_up = deaths == DEATHS || results.kernel.is_empty();
                lost = if given_up { rest.len() } else { 1 };
                for item in rest.iter().take(lost) {
                    results.note(&item.group(), Err(format!("{error:#}")));
                }
            }
            left = rest.into_iter().skip(lost).collect();
        }
    }

    fn one_guest(&self, items: &[Item], results: &Mutex<Results>, done: &mut usize) -> Result<()> {
        let stop = || match self.interrupted() {
            true => bail!("interrupted"),
            false => Ok(()),
        };
        let mut now = Group::default();
        self.lab.boot(&self.load(items), &stop, &mut |report| {
            match report {
                Report::Hello { kernel, cpus, memory } => {
                    if let Ok(mut results) = results.lock() {
                        (results.kernel, results.cpus, results.memory) = (kernel, cpus, memory);
                    }
                }
                Report::Begin { group } => {
                    (self.say)(&format!("in a booted kernel: {group}"));
                    now = Group::begin(group);
                }
                Report::Again => {
                    if let Ok(mut results) = results.lock() {
                        results.repeated += 1;
                    }
                }
                Report::End => {
                    let group = std::mem::take(&mut now);
                    if items.get(*done).is_some_and(|item| item.group() == group.name) {
                        *done += 1;
                        if let Ok(mut results) = results.lock() {
                            results.end(group);
                        }
                    }
                }
                report => now.take(report),
            }
            Ok(())
        })
    }

    fn load(&self, items: &[Item]) -> Load {
        let mut script = deliver::warm_up(&self.own, largest_first(items));
        let mut files: Vec<(PathBuf, PathBuf)> = Vec::new();
        for Item { delivery, subject, source, .. } in items {
            script.push_str(&deliver::group(delivery, subject));
            let inside = PathBuf::from(&subject.artifact);
            if !files.iter().any(|(known, _)| *known == inside) {
                files.push((inside, source.clone()));
            }
        }
        if let Some(closure) = &self.closure {
            files.push((PathBuf::from(CLOSURE), closure.clone()));
        }
        Load { script, modules: self.modules.clone(), files }
    }
}

/// The largest artifact stretches a kernel's tables the most, and what follows finds them so.
fn largest_first(items: &[Item]) -> impl Iterator<Item = (&Delivery, &Subject)> {
    let length = |item: &&Item| std::fs::metadata(&item.source).map_or(0, |meta| meta.len());
    let mut items: Vec<_> = items.iter().collect();
    items.sort_by_cached_key(|item| Reverse(length(item)));
    items.into_iter().map(|item| (item.delivery, &item.subject))
}

/// Guests at a time: one more than there are processors, as a guest that settles sleeps. Memory does
/// not mind another beside it.
fn guests() -> usize {
    processors().saturating_add(1).min(AT_A_TIME)
}
