//! The schedule: tasks in rounds, so that a machine's drift affects all forms alike.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::measure::axis::Task;
use crate::measure::worker;
use crate::measure::worker::{Job, Reply, What};

impl Task {
    /// Whether the task takes so little time that the state of the machine before it matters: reads
    /// of single headers. Whatever builds, extracts or compiles is its own warm-up.
    fn is_short(&self) -> bool {
        match &self.job {
            Job::Extract { what, .. } => matches!(what, What::Files(_)),
            Job::Command { made, .. } => made.is_none() && self.folder.is_none(),
            _ => false,
        }
    }

    /// Whether it is the same work as `of` by the reference that is compared with that: whose id goes on with
    /// `@` and the tool.
    fn stands_beside(&self, of: &Task) -> bool {
        let whose = self.form.strip_prefix(&of.form).is_some_and(|tool| tool.starts_with('@'));
        let metric = |task: &Task| task.feeds.first().map(|(metric, _)| *metric);
        whose && metric(self) == metric(of)
    }
}

/// How many rounds a task takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sampling {
    Rounds(u64),
    /// As many as its cost allows: see [`Sampling::wants`].
    ByCost,
}

/// The least number of rounds by cost.
const LEAST: u64 = 3;
/// The least number of rounds of a task of this length. Its noise is judged with that of all others.
const LONG: (Duration, u64) = (Duration::from_secs(4), 2);
/// The least number of rounds of a build of less than this: with six a build that became a tenth slower is
/// found where the noise of CPU time is 2 % (METHODOLOGY, Comparison).
const QUICK_BUILD: (Duration, u64) = (Duration::from_secs(2), 6);
/// The greatest number of rounds by cost.
const MOST: u64 = 10;
/// The number of rounds of work of less than this.
const SHORT: (Duration, u64) = (Duration::from_millis(5), 20);
/// What a task is taken to cost before its first time: most are reads of well under a second.
const GUESS: Cost =
    Cost { task: Duration::from_millis(300), work: Duration::from_millis(100), build: false };
/// What one task may take in all, once it has its least.
const BUDGET: Duration = Duration::from_millis(800);

/// What a task took the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    /// With the start of its worker and everything else besides the work.
    task: Duration,
    build: bool,
    work: Duration,
}

impl Cost {
    fn of(job: &Job, task: Duration, reply: &Reply) -> Self {
        let work = match reply {
            // The part before it, where there is one, is the mount.
            Reply::Done(parts) => parts.last().map_or(0, |part| part.wall),
            _ => 0,
        };
        let build = matches!(job, Job::Build { .. });
        Self { task, work: Duration::from_nanos(work), build }
    }
}

impl Sampling {
    pub(crate) fn new(quick: bool, samples: Option<u64>) -> Self {
        match (quick, samples) {
            (_, Some(rounds)) => Sampling::Rounds(rounds),
            (true, None) => Sampling::Rounds(1),
            (false, None) => Sampling::ByCost,
        }
    }

    /// Whether a short task is carried out once before its first sample.
    fn warms_up(self) -> bool {
        self != Sampling::Rounds(1)
    }

    /// Whether a task that was done `done` times, at `cost` the last time, is due again.
    fn wants(self, done: u64, cost: Cost) -> bool {
        let least = match cost {
            Cost { build: true, work, .. } if work < QUICK_BUILD.0 => QUICK_BUILD.1,
            Cost { task, .. } if task < LONG.0 => LEAST,
            _ => LONG.1,
        };
        match self {
            Sampling::Rounds(rounds) => done < rounds,
            Sampling::ByCost if done < least => true,
            Sampling::ByCost if cost.work < SHORT.0 => done < SHORT.1,
            Sampling::ByCost => {
                let after = cost.task.saturating_mul(u32::try_from(done + 1).unwrap_or(u32::MAX));
                done < MOST && after <= BUDGET
            }
        }
    }
}

/// The tasks of a run, with what became of them so far.
pub(crate) struct Schedule {
    sampling: Sampling,
    slots: Vec<Slot>,
}

struct Slot {
    task: Task,
    done: u64,
    cost: Cost,
    /// A task that failed or can't be done is not tried again.
    given_up: bool,
    /// The artifact that what the task builds must equal, byte for byte.
    original: Option<PathBuf>,
}

impl Slot {
    fn new(task: Task) -> Self {
        Self { task, done: 0, cost: GUESS, given_up: false, original: None }
    }
}

impl Schedule {
    pub(crate) fn new(sampling: Sampling) -> Self {
        Self { sampling, slots: Vec::new() }
    }

    pub(crate) fn add(&mut self, tasks: Vec<Task>) {
        self.slots.extend(tasks.into_iter().map(Slot::new));
    }

    /// Carries out a build for the first time, and, if it is done, schedules it again to be compared
    /// with the `artifact` it leaves. A command makes its artifact under another name, and may do
    /// so again.
    pub(crate) fn begin(&mut self, task: Task, artifact: &Path) -> Result<Reply> {
        let start = Instant::now();
        let reply = worker::run(&task.job)?;
        if !matches!(reply, Reply::Done(_)) {
            return Ok(reply);
        }
        let mut slot = Slot::new(task);
        slot.done = 1;
        slot.cost = Cost::of(&slot.task.job, start.elapsed(), &reply);
        slot.original = Some(artifact.to_path_buf());
        match &mut slot.task.job {
            Job::Build { artifact, .. } => artifact.as_mut_os_string().push(".again"),
            Job::Command { made: Some(made), .. } => {
                fs::rename(&*made, artifact).with_context(|| made.display().to_string())?;
            }
            _ => {}
        }
        self.slots.push(slot);
        Ok(reply)
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&Task) -> bool) {
        self.slots.retain(|slot| keep(&slot.task));
    }

    /// The tasks of the next round; none when all have enough. Of two that are compared the
    /// one goes first in one round and the other in the next, so that neither always follows the other.
    pub(crate) fn due(&self) -> Vec<usize> {
        let due = |slot: &Slot| !slot.given_up && self.sampling.wants(slot.done, slot.cost);
        let least = self.slots.iter().filter(|slot| due(slot)).map(|slot| slot.done).min();
        let slots = self.slots.iter().enumerate();
        let round = slots.filter(|(_, slot)| due(slot) && Some(slot.done) == least);
        let mut round: Vec<usize> = round.map(|(at, _)| at).collect();
        if least.is_some_and(|done| done % 2 == 1) {
            for at in 1..round.len() {
                if self.task(round[at]).stands_beside(self.task(round[at - 1])) {
                    round.swap(at - 1, at);
                }
            }
        }
        round
    }

    pub(crate) fn task(&self, at: usize) -> &Task {
        &self.slots[at].task
    }

    /// How long what is left will take, judging by the last time, and by [`GUESS`] for what was
    /// never done.
    pub(crate) fn left(&self) -> Duration {
        let left = |slot: &Slot| {
            let rounds = (slot.done..).take_while(|&done| self.sampling.wants(done, slot.cost));
            match slot.given_up {
                true => Duration::ZERO,
                false => {
                    slot.cost.task.saturating_mul(u32::try_from(rounds.count()).unwrap_or(u32::MAX))
                }
            }
        };
        self.slots.iter().map(left).sum()
    }

    /// Carries out a task once more.
    pub(crate) fn take(&mut self, at: usize) -> Result<Reply> {
        let slot = &mut self.slots[at];
        if slot.done == 0 && self.sampling.warms_up() && slot.task.is_short() {
            slot.task.sample()?;
        }
        let start = Instant::now();
        let mut reply = slot.task.sample()?;
        slot.cost = Cost::of(&slot.task.job, start.elapsed(), &reply);
        if let (Some(original), Some(made)) = (&slot.original, slot.task.job.made())
            && matches!(reply, Reply::Done(_))
            && !same_bytes(original, made)?
        {
            reply = Reply::Failed("two builds gave different bytes".to_owned());
        }
        slot.task.clear()?;
        slot.done += 1;
        slot.given_up = !matches!(reply, Reply::Done(_));
        Ok(reply)
    }
}

/// Whether two files have the same content. A folder, `tree`, is what the file system makes of it.
fn same_bytes(a: &Path, b: &Path) -> Result<bool> {
    if a.is_dir() && b.is_dir() {
        return Ok(true);
    }
    // Piece by piece, as an archive of a large tree is as large.
    let open = |path: &Path| -> Result<BufReader<File>> {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        Ok(BufReader::with_capacity(PIECE, file))
    };
    let (mut one, mut other) = (open(a)?, open(b)?);
    loop {
        let context = || format!("{} and {}", a.display(), b.display());
        let (left, right) =
            (one.fill_buf().with_context(context)?, other.fill_buf().with_context(context)?);
        let length = left.len().min(right.len());
        if left.is_empty() && right.is_empty() {
            return Ok(true);
        }
        if length == 0 || left[..length] != right[..length] {
            return Ok(false);
        }
        one.consume(length);
        other.consume(length);
    }
}

/// Bytes that two artifacts are compared by at a time.
const PIECE: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::axis::Figure;
    use crate::measure::worker::CommandLine;

    #[test]
    fn who_goes_first_changes_from_round_to_round_and_pairs_stay_together() {
        let (words, variables) = (Vec::new(), Vec::new());
        let line = CommandLine { words, variables, folder: PathBuf::new(), inner: String::new() };
        let task = |form: &str, metric| Task {
            form: form.to_owned(),
            job: Job::Command { line: line.clone(), made: None },
            feeds: vec![(metric, Figure::Wall(0))],
            folder: None,
        };
        let mut schedule = Schedule::new(Sampling::Rounds(3));
        // The second has no counterpart for that work.
        let tasks = [("a", "build"), ("a@x", "build"), ("a", "all"), ("b", "one"), ("b@x", "one")];
        schedule.add(tasks.map(|(form, metric)| task(form, metric)).into());
        let mut rounds = Vec::new();
        for _ in 0..3 {
            rounds.push(schedule.due());
            schedule.slots.iter_mut().for_each(|slot| slot.done += 1);
        }
        assert_eq!(rounds, [[0, 1, 2, 3, 4], [1, 0, 2, 4, 3], [0, 1, 2, 3, 4]]);
        assert!(schedule.due().is_empty());
    }

    #[test]
    fn short_work_gets_twenty_samples_and_the_longest_two() {
        let samples_of = |build, task, work| {
            let millis = Duration::from_millis;
            let cost = Cost { task: millis(task), work: millis(work), build };
            (0..).take_while(|&done| Sampling::ByCost.wants(done, cost)).count()
        };
        let samples = |task, work| samples_of(false, task, work);
        assert_eq!([samples(60, 4), samples(60, 20), samples(200, 150)], [20, 10, 4]);
        assert_eq!([samples(1000, 900), samples(18_000, 17_900)], [3, 2]);
        assert_eq!([samples_of(true, 1000, 900), samples_of(true, 2500, 2400)], [6, 3]);
    }

    #[test]
    fn artifacts_are_the_same_to_the_last_byte_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, data: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, data).unwrap();
            path
        };
        let long = vec![7; 2 * PIECE + 3];
        let mut other = long.clone();
        other[2 * PIECE + 2] = 8;
        let (a, b, c) = (file("a", &long), file("b", &long), file("c", &other));
        let (short, none) = (file("short", &long[..PIECE]), file("none", b""));
        assert!(same_bytes(&a, &b).unwrap() && same_bytes(&none, &none).unwrap());
        for unlike in [&c, &short, &none] {
            assert!(!same_bytes(&a, unlike).unwrap() && !same_bytes(unlike, &a).unwrap());
        }
    }
}
