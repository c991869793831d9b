//! Axes: each creates the tasks that measure one property of one form.

pub mod build;
pub mod extract;
pub mod memory;
pub mod size;

use std::path::PathBuf;

use anyhow::Result;

use crate::measure::worker;
use crate::measure::worker::{Cost, Job, Reply};
use crate::record::Outcome;
use crate::sys::scratch;

/// A measurement to be repeated: a job, and which metrics its parts feed.
#[derive(Debug, Clone)]
pub struct Task {
    /// The form's id, or [`PREPARE`].
    pub form: String,
    pub job: Job,
    /// Which figure of the reply feeds which metric.
    pub feeds: Vec<(&'static str, Figure)>,
    /// A folder that must be there, empty, for each repetition.
    pub folder: Option<PathBuf>,
}

impl Task {
    /// The axis it belongs to, by the first word of its metrics.
    pub fn axis(&self) -> &'static str {
        self.feeds.first().and_then(|(metric, _)| metric.split('.').next()).unwrap_or("")
    }

    /// Takes a sample, as runs and benches do. What a build makes stays until [`Task::clear`].
    ///
    /// # Errors
    /// I/O errors of the folder or of the worker.
    pub fn sample(&self) -> Result<Reply> {
        if let Some(folder) = &self.folder {
            scratch::make_empty(folder)?;
        }
        let reply = worker::run(&self.job)?;
        if let Some(folder) = &self.folder {
            scratch::remove(folder)?;
        }
        Ok(reply)
    }

    /// Moves the output of a build away, for the next one.
    ///
    /// # Errors
    /// I/O errors.
    pub fn clear(&self) -> Result<()> {
        self.job.made().map_or(Ok(()), |made| scratch::set_aside(made))
    }
}

pub use crate::record::PREPARE;

/// A figure of the reply to a job, which has one [`Cost`] for each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Wall(usize),
    Cpu(usize),
    PeakMemory(usize),
    /// Wall time of all parts together.
    WallOfAll,
}

impl Figure {
    /// The figure, if the reply has that part.
    pub fn of(self, parts: &[Cost]) -> Option<u64> {
        match self {
            Figure::Wall(part) => parts.get(part).map(|cost| cost.wall),
            Figure::Cpu(part) => parts.get(part).map(|cost| cost.cpu),
            Figure::PeakMemory(part) => parts.get(part).map(|cost| cost.peak_memory),
            Figure::WallOfAll => Some(parts.iter().map(|cost| cost.wall).sum()),
        }
    }
}

/// The tasks of an axis for one form, and its results that need no task.
#[derive(Debug, Default)]
pub struct Plan {
    pub tasks: Vec<Task>,
    /// What is known without measuring: exact figures, and reasons of missing ones.
    pub settled: Vec<(&'static str, Outcome)>,
}

impl Plan {
    fn skip(&mut self, metrics: &[&'static str], reason: &str) {
        for metric in metrics {
            self.settled.push((metric, Outcome::Skipped { reason: reason.to_owned() }));
        }
    }
}
