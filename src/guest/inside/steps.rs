//! Steps carried out, and what a group of them leaves taken away again.

use std::ffi::CString;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rustix::system::delete_module;

use super::child::{self, Work};
use super::counters::{Counters, Settler};
use super::log::Log;
use super::{Voice, counters, loopdev};
use crate::guest::protocol::Report;
use crate::guest::script::Step;

/// How often a group is taken that does not end where it began.
const TAKES: usize = 6;
/// What a group may leave behind and still have ended where it began, bytes: a page or two. A slab
/// that it left partly filled, or a page table for addresses that no module had before, is there when
/// the group is taken again. Two boots of it then end within 16 kB of each other.
const LEFT: u64 = 8 << 10;

/// Takes all `steps`, telling `voice` what comes of each group.
pub(super) fn take(steps: &[(String, Step)], voice: &mut Voice) -> Result<()> {
    let mut held = Held::default();
    for group in steps.split_inclusive(|(_, step)| *step == Step::End) {
        for left in (0..TAKES).rev() {
            let undone = held.group(group, voice)?;
            if left == 0 || !undone || !held.restless() {
                break;
            }
            voice.say(&Report::Again)?;
        }
        if group.last().is_some_and(|(_, step)| *step == Step::End) {
            voice.say(&Report::End)?;
        }
    }
    Ok(())
}

/// What steps have left, each to be undone.
#[derive(Default)]
struct Held {
    settler: Settler,
    /// Whether nothing was done since the kernel last settled.
    settled: bool,
    mounts: Vec<PathBuf>,
    modules: Vec<String>,
    looped: bool,
    log: Log,
    /// When the group began, and when it was last measured.
    ends: (Counters, Counters),
    /// Whether a state had other threads of the kernel than the base.
    threads: bool,
}

impl Held {
    /// Takes the steps of one group, and tells whether it undid all that it did and measured that. What
    /// is left of it in the end is taken away.
    fn group(&mut self, steps: &[(String, Step)], voice: &mut Voice) -> Result<bool> {
        let mut whole = true;
        for (line, step) in steps {
            match step {
                Step::Begin(group) => {
                    voice.say(&Report::Begin { group: group.clone() })?;
                    self.base(voice)?;
                }
                Step::End => break,
                step => {
                    if let Err(error) = self.carry_out(step, voice) {
                        voice.say(&Report::Failed { error: format!("{line}: {error:#}") })?;
                        whole = false;
                        break;
                    }
                }
            }
        }
        let undone = whole && self.settled && self.holds_nothing();
        self.release();
        Ok(undone)
    }

    /// Whether the last state is not that of the base, although all that the group did is undone, or one
    /// before it can't be held against the base: threads that came or went are workers, which the kernel
    /// starts as it likes and keeps for minutes, and each holds some 45 kB.
    fn restless(&self) -> bool {
        let (base, last) = self.ends;
        self.threads || base.free.abs_diff(last.free) > LEFT
    }

    /// A group that begins where the one before it was measured for the last time has a settled
    /// kernel already.
    fn base(&mut self, voice: &mut Voice) -> Result<()> {
        if !self.settled {
            self.settler.look();
            return self.state("base", voice);
        }
        let now = counters::read()?;
        self.ends = (now, now);
        self.threads = false;
        voice.say(&Report::State { name: "base".to_owned(), before: now, after: now })
    }

    fn state(&mut self, name: &str, voice: &mut Voice) -> Result<()> {
        let before = counters::read()?;
        self.settler.settle()?;
        self.settled = true;
        let after = counters::read()?;
        if name == "base" {
            self.ends.0 = after;
            self.threads = false;
        }
        self.ends.1 = after;
        self.threads |= after.stacks != self.ends.0.stacks;
        voice.say(&Report::State { name: name.to_owned(), before, after })
    }

    fn carry_out(&mut self, step: &Step, voice: &mut Voice) -> Result<()> {
        self.settled = false;
        match step {
            Step::Begin(_) | Step::End => bail!("not inside another step"),
            Step::Keep => self.modules.clear(),
            Step::Load(name, blob) => {
                work(Work::Load(name.clone(), blob.clone()))?;
                self.modules.push(name.clone());
            }
            Step::Unload(name) => {
                unload(name)?;
                self.modules.retain(|loaded| loaded != name);
            }
            Step::Mount(kind, source, dir) => {
                fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
                let flags = match kind.as_str() {
                    "tmpfs" => MountFlags::empty(),
                    _ => MountFlags::RDONLY,
                };
                mount(source.as_str(), dir, kind.as_str(), flags, None)?;
                self.mounts.push(dir.clone());
            }
            Step::Unmount(dir) => {
                unmount(dir, UnmountFlags::empty())?;
                self.mounts.retain(|mounted| mounted != dir);
            }
            Step::Loop(file) => {
                loopdev::attach(file)?;
                self.looped = true;
            }
            Step::Unloop => {
                loopdev::detach()?;
                self.looped = false;
            }
            Step::Copy(file, to) => {
                fs::copy(file, to).with_context(|| file.display().to_string())?;
            }
            Step::Extract(form, artifact, into) => {
                let work = Work::Extract(form.clone(), artifact.clone(), into.clone());
                let (done, free) = child::watch(&work)?;
                done.outcome.map_err(anyhow::Error::msg)?;
                voice.say(&Report::Peak { free, program: done.memory })?;
            }
            Step::Scatter(form, artifact, into) => {
                work(Work::Scatter(form.clone(), artifact.clone(), into.clone()))?;
            }
            Step::Read(path) => drop(work(Work::Read(path.clone()))?),
            Step::Same(a, b) => drop(work(Work::Same(a.clone(), b.clone()))?),
            Step::List(dir, list) => drop(work(Work::List(dir.clone(), list.clone()))?),
            Step::Digest(dir, wanted) => {
                let found = work(Work::Digest(dir.clone()))?;
                if found != *wanted {
                    bail!("the tree there has the digest {found}");
                }
            }
            Step::Log(text) => self.log.expect(text)?,
            Step::Measure(name) => self.state(name, voice)?,
            Step::Settle => {
                self.settler.look();
                self.settler.settle()?;
                self.settled = true;
            }
            Step::Show(file) => {
                let text = fs::read(file).with_context(|| file.display().to_string())?;
                for line in String::from_utf8_lossy(&text).lines() {
                    voice.say(&Report::Say { line: line.to_owned() })?;
                }
            }
            Step::ExpectError(step) => match self.carry_out(step, voice) {
                Ok(()) => bail!("it went well, which it should not have"),
                Err(error) => {
                    voice.say(&Report::Say { line: format!("as expected: {error:#}") })?
                }
            },
        }
        Ok(())
    }

    fn holds_nothing(&self) -> bool {
        self.mounts.is_empty() && self.modules.is_empty() && !self.looped
    }

    /// Undoes what is left, the last first. What can't be undone shows in the next base.
    fn release(&mut self) {
        self.settled &= self.holds_nothing();
        for dir in self.mounts.drain(..).rev() {
            let _ = unmount(&dir, UnmountFlags::DETACH);
        }
        if std::mem::take(&mut self.looped) {
            let _ = loopdev::detach();
        }
        for name in self.modules.drain(..).rev() {
            let _ = unload(&name);
        }
    }
}

fn work(work: Work) -> Result<String> {
    child::run(&work)?.outcome.map_err(anyhow::Error::msg)
}

fn unload(name: &str) -> Result<()> {
    Ok(delete_module(&CString::new(name)?, 0)?)
}
