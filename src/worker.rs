//! The child process that a measurement runs in.
//!
//! A job runs alone in a process of its own, so that its peak memory is its own and nothing of an
//! earlier job is warm. The clock runs in the child, round the work alone. Job and reply are one
//! line of JSON each, on standard input and output.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::compiler::Compiler;
use crate::dataset::Recipe;
use crate::form::{self, Form, Layout};
use crate::interrupt;
use crate::page_cache;
use crate::tree::TreePath;
use crate::tree::folder::{Links, Writer};

/// What to measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Job {
    /// Make the dataset's tree.
    Prepare {
        /// How.
        recipe: Recipe,
    },
    /// Build an artifact.
    Build {
        /// The form's id.
        form: String,
        /// The tree, as a tar.
        tree: PathBuf,
        /// Where the artifact goes; nothing stands there.
        artifact: PathBuf,
    },
    /// Hold an artifact against the digest of its tree. Not timed.
    Verify {
        /// The form's id.
        form: String,
        /// The artifact.
        artifact: PathBuf,
        /// The digest.
        digest: String,
    },
    /// Read an artifact, or part of it.
    Extract {
        /// The form's id.
        form: String,
        /// The artifact.
        artifact: PathBuf,
        /// Whether it is in the page cache at the start.
        cache: Cache,
        /// What is read.
        what: What,
    },
    /// Mount an artifact and read through the kernel. Runs in a mount namespace of its own.
    Mount {
        /// The file system's name for `mount -t`.
        filesystem: String,
        /// The artifact.
        artifact: PathBuf,
        /// An empty folder.
        at: PathBuf,
        /// What is read, in this order; the mount itself is the first part of the reply.
        what: Vec<What>,
    },
}

/// Whether an artifact is in the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cache {
    /// All of it.
    Warm,
    /// Nothing of it.
    Cold,
}

/// What is read of an artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// Everything; out of a form, to the empty folder given.
    All(PathBuf),
    /// These files, into memory.
    Files(Vec<TreePath>),
    /// Enough for this program to compile; out of a form, everything to the empty folder given.
    Compile(PathBuf, Compiler, PathBuf),
}

/// What one piece of work took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall time, ns.
    pub wall: u64,
    /// CPU time of the process, user and system, all threads, ns. Not that of programs it starts.
    pub cpu: u64,
    /// Peak resident memory of the process while it worked, bytes.
    pub peak_memory: u64,
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// It was done, in these parts.
    Done(Vec<Cost>),
    /// It can't be done on this machine.
    Skipped(String),
    /// It went wrong.
    Failed(String),
}

/// Has `job` done by a child process, and waits.
///
/// # Errors
/// The child could not be started. What goes wrong in it is a reply.
pub fn run(job: &Job) -> Result<Reply> {
    let mut command = match job {
        // util-linux's unshare: its mounts are gone with the worker, whatever becomes of it.
        Job::Mount { .. } => {
            let mut unshare = Command::new("unshare");
            unshare.args(["--mount", "--propagation", "private", "--"]).arg(own_path()?);
            unshare
        }
        _ => Command::new(own_path()?),
    };
    command.arg("worker").stdin(Stdio::piped());
    let text = serde_json::to_vec(job)?;
    let done = interrupt::output(&mut command, |child| {
        if let Some(mut input) = child.stdin.take() {
            // A child that died without reading is told by its status below.
            let _ = input.write_all(&text);
        }
    });
    let done = match done {
        Ok(done) => done,
        Err(error) => return Ok(Reply::Failed(format!("{command:?}: {error}"))),
    };
    if let Ok(reply) = serde_json::from_slice(&done.stdout) {
        return Ok(reply);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let said = said.trim().lines().next_back().unwrap_or("");
    Ok(Reply::Failed(format!("the worker ended with {}: {said}", done.status)))
}

/// This program, also under the name that a test or bench harness runs it by.
pub(crate) fn own_path() -> Result<PathBuf> {
    match std::env::var_os("KHEADERS_BENCH_WORKER") {
        Some(path) => Ok(path.into()),
        None => std::env::current_exe().context("the path of this program"),
    }
}

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
        Err(error) => Reply::Failed(format!("{error:#}")),
    };
    let mut out = std::io::stdout();
    out.write_all(&serde_json::to_vec(&reply)?)?;
    Ok(out.flush()?)
}

fn work(job: Job) -> Result<Reply> {
    match job {
        Job::Prepare { recipe } => cost(|| recipe.collect().map(drop)),
        Job::Build { form, tree, artifact } => {
            let form = form::by_id(&form)?;
            let tree = form::load(form::by_id("tar")?, &tree)?;
            let reply = cost(|| form.build(&tree, &artifact))?;
            // What was built goes to disk now, outside the clock, and not during the next sample.
            rustix::fs::syncfs(File::open(&artifact)?)?;
            Ok(reply)
        }
        Job::Verify { form, artifact, digest } => {
            form::verify(form::by_id(&form)?, &artifact, &digest)?;
            Ok(Reply::Done(Vec::new()))
        }
        Job::Extract { form, artifact, cache, what } => {
            let form = form::by_id(&form)?;
            let files = match (form.layout(), &what) {
                (Layout::Folder, What::Files(paths)) => {
                    paths.iter().map(|path| artifact.join(path.as_path())).collect()
                }
                _ => page_cache::files(&artifact)?,
            };
            match cache {
                Cache::Warm => page_cache::warm(&files)?,
                Cache::Cold => {
                    if let Err(reason) = page_cache::drop(&files)? {
                        return Ok(Reply::Skipped(reason));
                    }
                }
            }
            cost(|| extract(form, &artifact, &what))
        }
        Job::Mount { filesystem, artifact, at, what } => mount(&filesystem, &artifact, &at, &what),
    }
}

fn extract(form: &dyn Form, artifact: &Path, what: &What) -> Result<()> {
    match what {
        What::All(into) => extract_all(form, artifact, into),
        What::Files(paths) => form.read(artifact, paths, &mut |_, data| {
            std::hint::black_box(data);
            Ok(())
        }),
        // A folder of plain files needs no step before the compiler.
        What::Compile(_, compiler, program) if form.layout() == Layout::Folder => {
            compiler.check(artifact, program)
        }
        What::Compile(into, compiler, program) => {
            extract_all(form, artifact, into)?;
            compiler.check(into, program)
        }
    }
}

fn extract_all(form: &dyn Form, artifact: &Path, into: &Path) -> Result<()> {
    let mut writer = Writer::new(into, Links::Any);
    form.walk(artifact, &mut |entry| writer.put(&entry))?;
    writer.finish()
}

fn mount(filesystem: &str, artifact: &Path, at: &Path, what: &[What]) -> Result<Reply> {
    page_cache::warm(&[artifact.to_path_buf()])?;
    let mut costs = Vec::new();
    let mut mount = Command::new("mount");
    mount.args(["-t", filesystem, "-o", "loop,ro,nodev,nosuid"]).arg(artifact).arg(at);
    let (said, took) = measured(|| Ok(mount.output()?))?;
    if !said.status.success() {
        let said = String::from_utf8_lossy(&said.stderr);
        bail!("mount: {}", said.trim());
    }
    costs.push(took);
    let mut read = || -> Result<()> {
        for what in what {
            costs.push(measured(|| read_mounted(at, what))?.1);
        }
        Ok(())
    };
    let outcome = read();
    let unmounted = Command::new("umount").arg(at).status().context("umount")?;
    outcome?;
    if !unmounted.success() {
        bail!("umount {}: {unmounted}", at.display());
    }
    Ok(Reply::Done(costs))
}

fn read_mounted(root: &Path, what: &What) -> Result<()> {
    let read = |path: &Path| -> Result<()> {
        std::hint::black_box(fs::read(path).with_context(|| path.display().to_string())?);
        Ok(())
    };
    match what {
        What::Files(paths) => paths.iter().try_for_each(|path| read(&root.join(path.as_path()))),
        What::Compile(_, compiler, program) => compiler.check(root, program),
        What::All(_) => {
            for found in walkdir::WalkDir::new(root) {
                let found = found?;
                if found.file_type().is_file() {
                    read(found.path())?;
                }
            }
            Ok(())
        }
    }
}

fn cost(work: impl FnOnce() -> Result<()>) -> Result<Reply> {
    Ok(Reply::Done(vec![measured(work)?.1]))
}

fn measured<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    // Peak memory from here on: "5" resets VmHWM (proc_pid_clear_refs(5)). Unlike ru_maxrss, VmHWM
    // is not inherited from the parent either.
    File::options()
        .write(true)
        .open("/proc/self/clear_refs")
        .and_then(|mut file| file.write_all(b"5"))
        .context("/proc/self/clear_refs")?;
    let cpu = cpu_time();
    let start = Instant::now();
    let result = work()?;
    let wall = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let cost = Cost { wall, cpu: cpu_time() - cpu, peak_memory: peak_memory()? };
    Ok((result, cost))
}

fn cpu_time() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

fn peak_memory() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.context("/proc/self/status: no VmHWM")? * 1024)
}
