//! The child process: does and times one job.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::command;
use super::cost::cost;
use super::mount::mount;
use super::protocol::{Cache, Job, Reply, What};
use crate::form::{self, Form, Layout};
use crate::sys::error::Unavailable;
use crate::sys::page_cache;

/// The whole life of the child: a job from standard input, its reply to standard output.
///
/// # Errors
/// Input that is no job, or output that can't be written.
pub fn serve() -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let job = serde_json::from_str(&text).context("not a job")?;
    let reply = match work(job) {
        Ok(reply) => reply,
        Err(error) => match Unavailable::reason(&error) {
            Some(reason) => Reply::Skipped(reason),
            None => Reply::Failed(format!("{error:#}")),
        },
    };
    let mut out = std::io::stdout();
    out.write_all(&serde_json::to_vec(&reply)?)?;
    Ok(out.flush()?)
}

fn work(job: Job) -> Result<Reply> {
    match job {
        Job::Prepare { recipe } => cost(|| recipe.collect().map(drop)),
        Job::Build { form, tree, artifact } => {
            let form = ready(&form)?;
            let tree = form::load(&*form::by_id("tar")?, &tree)?;
            touch(form.build_memory());
            let slower = slowed(form.id());
            let reply = cost(|| {
                let start = Instant::now();
                form.build(&tree, &artifact)?;
                let end = start.elapsed().mul_f64(1.0 + slower);
                while start.elapsed() < end {
                    std::hint::spin_loop();
                }
                Ok(())
            })?;
            // What was built goes to disk now, outside the clock, and not during the next sample.
            rustix::fs::syncfs(File::open(&artifact)?)?;
            Ok(reply)
        }
        Job::Verify { form, artifact, digest } => {
            form::verify(&*form::by_id(&form)?, &artifact, &digest)?;
            Ok(Reply::Done(Vec::new()))
        }
        Job::Extract { form, artifact, cache, what } => {
            let form = ready(&form)?;
            let files = match (form.layout(), &what) {
                (Layout::Folder, What::Files(paths)) => {
                    paths.iter().map(|path| artifact.join(path.as_path())).collect()
                }
                _ => page_cache::files(&artifact)?,
            };
            match brought(cache, &files)? {
                Ok(()) => cost(|| extract(&*form, &artifact, &what)),
                Err(reason) => Ok(Reply::Skipped(reason)),
            }
        }
        Job::Command { line, .. } => command::timed(&line),
        Job::Mount { filesystem, artifact, cache, at, what } => {
            match brought(cache, std::slice::from_ref(&artifact))? {
                Ok(()) => mount(&filesystem, &artifact, &at, &what),
                Err(reason) => Ok(Reply::Skipped(reason)),
            }
        }
    }
}

/// Share of its time by which a build of `form` is slowed down: a hook for tests, which check that
/// `compare` finds a slower build. `KHEADERS_BENCH_TEST_SLOW=FORM:PERCENT` sets it.
fn slowed(form: &str) -> f64 {
    let wanted = std::env::var("KHEADERS_BENCH_TEST_SLOW").unwrap_or_default();
    let percent = wanted.split_once(':').filter(|(id, _)| *id == form);
    percent
        .and_then(|(_, percent)| percent.parse::<u32>().ok())
        .map_or(0.0, |p| f64::from(p) / 100.0)
}

/// The form named `id`, its tool looked for, which is no part of its work. Where it is not there, the work
/// is an error.
fn ready(id: &str) -> Result<Arc<dyn Form>> {
    let form = form::by_id(id)?;
    let _ = form.tool();
    Ok(form)
}

/// Touches that many bytes of memory and frees them. The host of a virtual machine may have taken back
/// what was free (free page reporting of a balloon): then the first touch costs 2 ms a MB of CPU time,
/// which the first build of a form would pay and its later ones would not.
fn touch(bytes: usize) {
    std::hint::black_box(vec![1u8; bytes]);
}

/// Brings `files` into the state `cache`. The inner error is the reason why this machine can't.
fn brought(cache: Cache, files: &[PathBuf]) -> Result<Result<(), String>> {
    match cache {
        Cache::Warm => page_cache::warm(files).map(Ok),
        Cache::Cold => Ok(page_cache::drop(files)?.map(drop)),
    }
}

fn extract(form: &dyn Form, artifact: &Path, what: &What) -> Result<()> {
    match what {
        What::All(into) => form.extract(artifact, into),
        What::Files(paths) => form.read(artifact, paths, &mut |_, data| {
            std::hint::black_box(data);
            Ok(())
        }),
        // A folder of plain files needs no step before the compiler.
        What::Compile(_, compiler, program) if form.layout() == Layout::Folder => {
            compiler.check(artifact, program)
        }
        What::Compile(into, compiler, program) => {
            form.extract(artifact, into)?;
            compiler.check(into, program)
        }
    }
}
