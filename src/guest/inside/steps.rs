//! Runs the steps of a script, and cleans up after each group.

use std::ffi::CString;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rustix::system::delete_module;

use super::child;
use super::child::Work;
use super::console::Console;
use super::counters::Settler;
use super::log::Log;
use super::{clock, counters, loopdev};
use crate::guest::protocol::Report;
use crate::guest::script::Step;

/// Takes all `steps`, telling `voice` what comes of each group.
pub(super) fn take(steps: &[(String, Step)], voice: &mut Console) -> Result<()> {
    let mut held = Held::default();
    for group in steps.split_inclusive(|(_, step)| *step == Step::End) {
        held.group(group, voice)?;
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
    /// How many files that stay were made.
    litter: u64,
}

impl Held {
    /// Takes the steps of one group. What is left of it in the end is taken away.
    fn group(&mut self, steps: &[(String, Step)], voice: &mut Console) -> Result<()> {
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
                        break;
                    }
                }
            }
        }
        self.release();
        Ok(())
    }

    /// A group that begins where the one before it was measured for the last time has a settled
    /// kernel already.
    fn base(&mut self, voice: &mut Console) -> Result<()> {
        if !self.settled {
            self.settler.look();
            return self.state("base", voice);
        }
        let now = counters::read()?;
        voice.say(&Report::State { name: "base".to_owned(), before: now, after: now })
    }

    fn state(&mut self, name: &str, voice: &mut Console) -> Result<()> {
        let before = counters::read()?;
        self.settler.settle()?;
        self.settled = true;
        let after = counters::read()?;
        voice.say(&Report::State { name: name.to_owned(), before, after })
    }

    /// Carries out one step, and returns the instructions of its work: of what a child does, without
    /// the child's start and end.
    fn carry_out(&mut self, step: &Step, voice: &mut Console) -> Result<u64> {
        self.settled = false;
        let mut counted = None;
        let (done, own) = clock::counted(|| self.work(step, voice, &mut counted));
        done?;
        Ok(counted.unwrap_or(own))
    }

    fn work(&mut self, step: &Step, voice: &mut Console, counted: &mut Option<u64>) -> Result<()> {
        let mut work = |work: Work| -> Result<String> {
            let (told, instructions) = child::run(&work)?.outcome.map_err(anyhow::Error::msg)?;
            *counted = Some(instructions);
            Ok(told)
        };
        match step {
            Step::Begin(_) | Step::End => bail!("not allowed inside another step"),
            Step::Keep => self.modules.clear(),
            Step::Load(name, blob) => {
                work(Work::Load(name.clone(), blob.clone()))?;
                self.modules.push(name.clone());
                // It may have brought slab caches of its own.
                self.settler.look();
            }
            Step::Unload(name) => {
                unload(name)?;
                self.modules.retain(|loaded| loaded != name);
            }
            Step::Reload(name) => {
                unload(name)?;
                work(Work::Load(name.clone(), None))?;
                self.settler.look();
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
                *counted = Some(done.outcome.map_err(anyhow::Error::msg)?.1);
                voice.say(&Report::Peak { free, program: done.memory })?;
            }
            Step::Scatter(form, artifact, into) => {
                work(Work::Scatter(form.clone(), artifact.clone(), into.clone()))?;
            }
            Step::Read(path, bytes) => {
                let read = work(Work::Read(path.clone()))?;
                if bytes.is_some_and(|bytes| read != bytes.to_string()) {
                    bail!("read {read} bytes");
                }
            }
            Step::Same(a, b) => drop(work(Work::Same(a.clone(), b.clone()))?),
            Step::List(dir, list) => drop(work(Work::List(dir.clone(), list.clone()))?),
            Step::Digest(dir, wanted) => {
                let found = work(Work::Digest(dir.clone()))?;
                if found != *wanted {
                    bail!("the digest of the tree is {found}");
                }
            }
            Step::Walk(dir) => drop(work(Work::Walk(dir.clone()))?),
            Step::Fetch(form, artifact, list) => {
                work(Work::Fetch(form.clone(), artifact.clone(), list.clone()))?;
            }
            Step::Scan(form, artifact, bytes) => {
                let read = work(Work::Scan(form.clone(), artifact.clone()))?;
                if read != bytes.to_string() {
                    bail!("read {read} bytes");
                }
            }
            Step::Drop => counters::drop_caches()?,
            Step::Litter(count) => {
                for _ in 0..*count {
                    self.litter += 1;
                    fs::write(format!("/tmp/{}", self.litter), "")?;
                }
            }
            Step::Spin(count) => clock::spin(*count),
            Step::Count(name, step) => {
                let instructions = self.carry_out(step, voice)?;
                voice.say(&Report::Count { name: name.clone(), instructions })?;
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
                Ok(_) => bail!("succeeded, but an error was expected"),
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

fn unload(name: &str) -> Result<()> {
    Ok(delete_module(&CString::new(name)?, 0)?)
}
