//! Guests, one for each form and order, several at a time, until every delivery is measured.
//!
//! What a guest holds depends on what came before in it. As each form has guests of its own, its figures
//! are the same whichever other forms are measured, and on however many processors.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};

use super::item;
use super::item::{Item, Sequence, list};
use super::request::Request;
use super::results::{Group, Results};
use crate::guest::boot::Load;
use crate::guest::protocol::Report;
use crate::guest::{TestVm, deliver};
use crate::record::{Layout, Operation};
use crate::sys::parallel::processors;
use crate::sys::progress::Progress;

/// The most guests at a time: each may take a gigabyte.
const AT_A_TIME: usize = 4;
/// How many guests of one sequence may die before its deliveries are given up.
const DEATHS: usize = 3;

/// Guests to be booted.
pub(crate) struct Guests<'a> {
    lab: &'a TestVm,
    request: &'a Request<'a>,
    progress: &'a Progress,
    /// Lists of headers, by their path in the guest.
    lists: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Guests<'a> {
    pub(crate) fn prepare(
        lab: &'a TestVm,
        request: &'a Request<'a>,
        progress: &'a Progress,
    ) -> Result<Self> {
        let ends = request.ends.iter().flat_map(|[first, middle, last]| {
            [(Operation::First, first), (Operation::Middle, middle), (Operation::Last, last)]
        });
        let ends = ends.map(|(name, path)| (name, std::slice::from_ref(path)));
        let mut lists = Vec::new();
        for (name, paths) in ends.chain(request.closure.map(|paths| (Operation::Closure, paths))) {
            let file = request.scratch.join(name.id());
            // A zero byte is in no path.
            let text: Vec<u8> =
                paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
            std::fs::write(&file, text).with_context(|| file.display().to_string())?;
            lists.push((PathBuf::from(list(name)), file));
        }
        Ok(Self { lab, request, progress, lists })
    }

    /// Measures all `items` in each order, or until interrupted.
    pub(crate) fn hold(&self, items: &[Item]) -> Result<Results> {
        let mut sequences = item::sequences(items, self.request.orders);
        // The longest first, so that none is left to run alone: images are read whole several times,
        // and the longer the larger their blocks, which come late in the table of forms.
        sequences.reverse();
        sequences.sort_by_key(|sequence| {
            Reverse(sequence.items.iter().any(|item| item.form.layout() == Layout::Image))
        });
        self.progress.say("running test VMs");
        self.progress.count(sequences.len());
        let (results, next) = (Mutex::new(Results::default()), AtomicUsize::new(0));
        let turn = || {
            while let Some(sequence) = sequences.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.boot(sequence, &results);
                self.progress.advance();
            }
        };
        std::thread::scope(|scope| {
            // One more than there are processors, as a guest that skips idle time waits for its timers.
            let guests = (processors() + 1).min(AT_A_TIME);
            let threads: Vec<_> = (0..guests).map(|_| scope.spawn(turn)).collect();
            match threads.into_iter().all(|thread| thread.join().is_ok()) {
                true => Ok(()),
                false => bail!("a thread of the test VMs panicked"),
            }
        })?;
        results.into_inner().ok().context("a thread of the test VMs panicked")
    }

    fn interrupted(&self) -> bool {
        self.request.interrupted.load(Ordering::Relaxed)
    }

    /// Boots guests until all of `sequence` are measured. A guest that dies fails the delivery that it
    /// died of; the next takes what is left.
    fn boot(&self, sequence: &Sequence, results: &Mutex<Results>) {
        let mut left = sequence.items.as_slice();
        let mut deaths = 0;
        while !left.is_empty() && !self.interrupted() {
            let mut done = 0;
            let Err(error) = self.one_guest(sequence, left, results, &mut done) else { return };
            if self.interrupted() {
                return;
            }
            deaths += 1;
            left = left.get(done..).unwrap_or_default();
            let Ok(mut results) = results.lock() else { return };
            // A kernel that never came up will not.
            let lost = match deaths == DEATHS || results.kernel.is_empty() {
                true => left.len(),
                false => left.len().min(1),
            };
            let (died, rest) = left.split_at(lost);
            for item in died {
                results.end(item, sequence.order, Group::died(&error));
            }
            left = rest;
        }
    }

    fn one_guest(
        &self,
        sequence: &Sequence,
        items: &[Item],
        results: &Mutex<Results>,
        done: &mut usize,
    ) -> Result<()> {
        let stop = || match self.interrupted() {
            true => bail!("interrupted"),
            false => Ok(()),
        };
        let mut now = Group::default();
        self.lab.boot(&self.load(sequence, items), &stop, &mut |report| {
            match report {
                Report::Hello { kernel, cpus, memory } => {
                    if let Ok(mut results) = results.lock() {
                        (results.kernel, results.cpus, results.memory) = (kernel, cpus, memory);
                    }
                }
                Report::Begin { group } => {
                    if let Some(item) = items.get(*done) {
                        self.progress.show(item.form.id(), &group);
                    }
                    now = Group::begin(group);
                }
                Report::End => {
                    let group = std::mem::take(&mut now);
                    // Without it, the following deliveries would not be in the order of the sequence.
                    if let (deliver::WARM_UP, Some(error)) = (group.name.as_str(), &group.error) {
                        bail!("{error}");
                    }
                    if let Some(item) =
                        items.get(*done).filter(|item| item.delivery.row().id == group.name)
                    {
                        *done += 1;
                        if let Ok(mut results) = results.lock() {
                            results.end(item, sequence.order, group);
                        }
                    }
                }
                report => now.take(report),
            }
            Ok(())
        })
    }

    fn load(&self, sequence: &Sequence, items: &[Item]) -> Load {
        let mut modules = self.lab.modules.clone();
        let mut own = Vec::new();
        // Only those of the form, so that no other's are in its kernel.
        let filesystem = items.iter().find_map(|item| item.form.filesystem());
        for name in filesystem.into_iter().flat_map(|filesystem| ["loop", filesystem]) {
            // A kernel without it fails what needs it, and nothing else.
            for (name, module) in self.lab.image.module(name).unwrap_or_default() {
                own.push(name.clone());
                modules.push((name, module));
            }
        }
        let deliveries = items.iter().map(|item| (item.delivery, &item.subject));
        let mut script = deliver::warm_up(&own, sequence.litter, deliveries);
        let mut files = self.lists.clone();
        for Item { delivery, subject, source, .. } in items {
            script.push_str(&deliver::group(*delivery, subject));
            files.push((PathBuf::from(&subject.artifact), source.clone()));
        }
        // All deliveries of a form are of one artifact.
        files.dedup();
        Load { script, modules, files }
    }
}
