//! Which task is due when: in rounds, so that a machine's drift hits all forms alike.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::axis::Task;
use crate::scratch;
use crate::worker::{self, Cost, Job, Reply};

/// How many rounds a task takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// As many for all.
    Rounds(u64),
    /// As many as its cost allows: see [`Sampling::wants`].
    ByCost,
}

/// The least number of rounds by cost: fewer than three samples make no usable interval.
const LEAST: u64 = 3;
/// The greatest number of rounds by cost.
const MOST: u64 = 10;
/// What one task may take in all, once it has its least.
const BUDGET: Duration = Duration::from_millis(2500);

impl Sampling {
    pub(super) fn new(quick: bool, samples: Option<u64>) -> Self {
        match (quick, samples) {
            (_, Some(rounds)) => Sampling::Rounds(rounds),
            (true, None) => Sampling::Rounds(1),
            (false, None) => Sampling::ByCost,
        }
    }

    /// Whether a task that was done `done` times, at `cost` the last time, is due again.
    fn wants(self, done: u64, cost: Duration) -> bool {
        match self {
            Sampling::Rounds(rounds) => done < rounds,
            Sampling::ByCost if done < LEAST => true,
            Sampling::ByCost => {
                let after = cost.saturating_mul(u32::try_from(done + 1).unwrap_or(u32::MAX));
                done < MOST && after <= BUDGET
            }
        }
    }
}

/// The tasks of a run, with what became of them so far.
pub(super) struct Schedule {
    sampling: Sampling,
    slots: Vec<Slot>,
}

struct Slot {
    task: Task,
    done: u64,
    cost: Duration,
    /// A task that failed or can't be done is not tried again.
    given_up: bool,
    /// The artifact that what the task builds must equal, byte for byte.
    original: Option<PathBuf>,
}

impl Slot {
    fn new(task: Task) -> Self {
        Self { task, done: 0, cost: Duration::ZERO, given_up: false, original: None }
    }
}

impl Schedule {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self { sampling, slots: Vec::new() }
    }

    pub(super) fn add(&mut self, tasks: Vec<Task>) {
        self.slots.extend(tasks.into_iter().map(Slot::new));
    }

    /// Carries out a build for the first time, and schedules it again to be held against the
    /// `artifact` it leaves.
    pub(super) fn begin(&mut self, task: Task, artifact: &Path) -> Result<Vec<Cost>> {
        let start = Instant::now();
        let costs = match worker::run(&task.job)? {
            Reply::Done(costs) => costs,
            Reply::Skipped(why) | Reply::Failed(why) => bail!(why),
        };
        let mut slot = Slot::new(task);
        slot.done = 1;
        slot.cost = start.elapsed();
        slot.original = Some(artifact.to_path_buf());
        if let Job::Build { artifact, .. } = &mut slot.task.job {
            artifact.as_mut_os_string().push(".again");
        }
        self.slots.push(slot);
        Ok(costs)
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Task) -> bool) {
        self.slots.retain(|slot| keep(&slot.task));
    }

    /// The tasks of the next round; none when all have enough.
    pub(super) fn due(&self) -> Vec<usize> {
        let due = |slot: &Slot| !slot.given_up && self.sampling.wants(slot.done, slot.cost);
        let least = self.slots.iter().filter(|slot| due(slot)).map(|slot| slot.done).min();
        let slots = self.slots.iter().enumerate();
        slots.filter(|(_, slot)| due(slot) && Some(slot.done) == least).map(|(at, _)| at).collect()
    }

    pub(super) fn task(&self, at: usize) -> &Task {
        &self.slots[at].task
    }

    /// How long what is left will take, judging by the last time; what was never done counts
    /// nothing.
    pub(super) fn left(&self) -> Duration {
        let left = |slot: &Slot| {
            let rounds = (slot.done..).take_while(|&done| self.sampling.wants(done, slot.cost));
            if slot.given_up || slot.done == 0 {
                Duration::ZERO
            } else {
                slot.cost.saturating_mul(u32::try_from(rounds.count()).unwrap_or(u32::MAX))
            }
        };
        self.slots.iter().map(left).sum()
    }

    /// Carries out a task once more.
    pub(super) fn take(&mut self, at: usize) -> Result<Reply> {
        let slot = &mut self.slots[at];
        let start = Instant::now();
        if let Some(folder) = &slot.task.folder {
            scratch::make_empty(folder)?;
        }
        let mut reply = worker::run(&slot.task.job)?;
        if let Some(folder) = &slot.task.folder {
            scratch::remove(folder)?;
        }
        if let (Some(original), Job::Build { artifact, .. }) = (&slot.original, &slot.task.job) {
            if matches!(reply, Reply::Done(_)) && !same_bytes(original, artifact)? {
                reply = Reply::Failed("two builds gave different bytes".to_owned());
            }
            scratch::remove(artifact)?;
        }
        slot.done += 1;
        slot.cost = start.elapsed();
        slot.given_up = !matches!(reply, Reply::Done(_));
        Ok(reply)
    }
}

/// Whether two files have the same content. Folders are held against the digest when they are built.
fn same_bytes(a: &Path, b: &Path) -> Result<bool> {
    if a.is_dir() && b.is_dir() {
        return Ok(true);
    }
    let open = |path: &Path| {
        File::open(path).map(BufReader::new).with_context(|| path.display().to_string())
    };
    let (mut a, mut b) = (open(a)?.bytes(), open(b)?.bytes());
    loop {
        match (a.next().transpose()?, b.next().transpose()?) {
            (None, None) => return Ok(true),
            (a, b) if a != b => return Ok(false),
            _ => {}
        }
    }
}
