//! The measurements of a run, one at a time, for criterion and for the test that compares the two.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use kheaders_bench::dataset::Prepared;
use kheaders_bench::form::Form;
use kheaders_bench::measure::axis::Task;
use kheaders_bench::measure::run::{Bench, Options};
use kheaders_bench::measure::worker::{Job, Reply};
use kheaders_bench::record::Axis;
use kheaders_bench::sys::progress::Progress;
use kheaders_bench::sys::{program, progress};

/// A header set in the folders that a run works in.
pub(crate) struct Measured(Bench);

impl Measured {
    /// Lays `prepared` out for `axes`, below the folder `work`.
    pub(crate) fn open(prepared: Prepared, axes: Vec<Axis>, work: PathBuf) -> Result<Self> {
        program::start_from(PathBuf::from(env!("CARGO_BIN_EXE_kheaders-bench")));
        progress::be_quiet();
        let options = Options { axes, work, ..Options::default() };
        Ok(Self(Bench::open(prepared, &options, &Progress::new())?))
    }

    /// What feeds `metric` of `form`, with its artifact built where it is read; `None` where it can't be
    /// measured here.
    pub(crate) fn task(&self, form: &dyn Form, metric: &str) -> Result<Option<Task>> {
        let (mut build, reads) = self.0.tasks(form)?;
        let feeds = |task: &Task| task.feeds.iter().any(|(fed, _)| *fed == metric);
        if feeds(&build) {
            // The artifact of that name is for reads.
            if let Job::Build { artifact, .. } = &mut build.job {
                artifact.as_mut_os_string().push(".again");
            }
            return Ok(Some(build));
        }
        let task = reads.into_iter().find(feeds);
        let artifact = build.job.made().context("a build without an artifact")?;
        if task.is_some() && !artifact.exists() {
            sample(&build)?;
        }
        Ok(task)
    }
}

/// The wall time of `times` samples.
pub(crate) fn measure(task: &Task, times: u64) -> Result<Duration> {
    let mut all = Duration::ZERO;
    for _ in 0..times {
        all += sample(task)?;
        task.clear()?;
    }
    Ok(all)
}

fn sample(task: &Task) -> Result<Duration> {
    match task.sample()? {
        Reply::Done(parts) => Ok(parts.iter().map(|part| Duration::from_nanos(part.wall)).sum()),
        Reply::Skipped(why) | Reply::Failed(why) => bail!("{}: {why}", task.form),
    }
}
