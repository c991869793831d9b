//! Work that needs memory, in a child process, so that the memory of the init process is constant.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::system::init_module;
use serde::{Deserialize, Serialize};

use super::place::{HOME, MODULES};
use super::{clock, counters};
use crate::form;
use crate::guest::blob;
use crate::sys::peak::peak_memory;
use crate::tree::folder::{self, Links, Writer};
use crate::tree::{Node, TreePath};

/// The name that the program is started by.
pub(super) const NAME: &str = "kheaders-step";

/// How often free memory is looked at while the child extracts.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What a child does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Work {
    /// Loads a module, with a file as its blob.
    Load(String, Option<PathBuf>),
    Extract(String, PathBuf, PathBuf),
    /// Extracts an artifact's files as they are stored, each compressed on its own.
    Scatter(String, PathBuf, PathBuf),
    /// Reads all files below a folder, or one file.
    Read(PathBuf),
    Same(PathBuf, PathBuf),
    /// Reads the files below a folder that a file names.
    List(PathBuf, PathBuf),
    /// Asks for the state of all names below a folder.
    Walk(PathBuf),
    /// Reads the files that a file names out of an artifact by its form.
    Fetch(String, PathBuf, PathBuf),
    /// Reads every entry of an artifact by its form.
    Scan(String, PathBuf),
    Digest(PathBuf),
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    /// The digest or how many bytes were read, and the instructions that the work took.
    pub(super) outcome: Result<(String, u64), String>,
    /// Peak memory of the child, bytes.
    pub(super) memory: u64,
}

/// Has `work` done.
pub(super) fn run(work: &Work) -> Result<Done> {
    outcome(start(work)?)
}

/// Runs `work`; also returns the minimum of free memory meanwhile, bytes.
pub(super) fn watch(work: &Work) -> Result<(Done, u64)> {
    let mut child = start(work)?;
    let mut least = counters::read_free()?;
    while child.try_wait()?.is_none() {
        least = least.min(counters::read_free()?);
        sleep(POLL_INTERVAL);
    }
    Ok((outcome(child)?, least))
}

fn start(work: &Work) -> Result<Child> {
    Command::new("/proc/self/exe")
        .arg0(NAME)
        .arg(serde_json::to_string(work)?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("the child process")
}

fn outcome(child: Child) -> Result<Done> {
    let output = child.wait_with_output()?;
    match serde_json::from_slice(&output.stdout) {
        Ok(done) => Ok(done),
        Err(_) => bail!("the child process ended with {}", output.status),
    }
}

/// The whole life of the child.
pub(super) fn serve(work: &str) -> Result<()> {
    let work: Work = serde_json::from_str(work).context("not a piece of work")?;
    let outcome = carry_out(&work).map_err(|error| format!("{error:#}"));
    let done = Done { outcome, memory: peak_memory()? };
    Ok(std::io::stdout().write_all(&serde_json::to_vec(&done)?)?)
}

/// Does `work`; returns the digest or how many bytes were read, and the instructions that it took.
/// What only prepares it (a module's image, a list of names) is not counted.
fn carry_out(work: &Work) -> Result<(String, u64)> {
    match work {
        Work::Load(name, blob) => {
            let image = image(name, blob.as_deref())?;
            counted(|| Ok(init_module(&image, c"").map(|()| String::new())?))
        }
        Work::Extract(form, artifact, into) => counted(|| {
            let mut writer = Writer::new(into, Links::Inside);
            form::by_id(form)?.walk(artifact, &mut |entry| writer.put(entry))?;
            writer.finish().map(|()| String::new())
        }),
        Work::Scatter(form, artifact, into) => counted(|| {
            let mut writer = Writer::new(into, Links::Inside);
            form::by_id(form)?.walk_stored(artifact, &mut |entry| writer.put(entry))?;
            writer.finish().map(|()| String::new())
        }),
        Work::Read(path) => counted(|| read_all(path)),
        Work::Walk(dir) => counted(|| {
            for found in walkdir::WalkDir::new(dir) {
                std::hint::black_box(found?.metadata()?);
            }
            Ok(String::new())
        }),
        Work::List(dir, list) => {
            let paths = names(list)?;
            let read = |path: &TreePath| read(&dir.join(path.as_path()));
            counted(|| Ok(paths.iter().map(read).sum::<Result<u64>>()?.to_string()))
        }
        Work::Fetch(form, artifact, list) => {
            let paths = names(list)?;
            counted(|| fetch(form, artifact, &paths))
        }
        Work::Scan(form, artifact) => counted(|| {
            let mut bytes = 0;
            form::by_id(form)?.walk(artifact, &mut |entry| {
                if let Node::File { data, .. } = std::hint::black_box(entry).node {
                    bytes += data.len();
                }
                Ok(())
            })?;
            Ok(bytes.to_string())
        }),
        Work::Same(a, b) => {
            let content = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
            if content(a)? != content(b)? {
                bail!("{} and {} differ", a.display(), b.display());
            }
            Ok(Default::default())
        }
        Work::Digest(dir) => counted(|| Ok(folder::read(dir, 0)?.digest())),
    }
}

fn counted(work: impl FnOnce() -> Result<String>) -> Result<(String, u64)> {
    let (done, instructions) = clock::counted(work);
    Ok((done?, instructions))
}

/// Reads all files below a folder, or one file; returns how many bytes.
fn read_all(path: &Path) -> Result<String> {
    let mut bytes = 0;
    for found in walkdir::WalkDir::new(path) {
        let found = found?;
        if found.file_type().is_file() {
            bytes += read(found.path())?;
        }
    }
    Ok(bytes.to_string())
}

/// The paths that the file `list` names.
fn names(list: &Path) -> Result<Vec<TreePath>> {
    let text = fs::read(list).with_context(|| list.display().to_string())?;
    let names = text.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    names.map(|name| Ok(TreePath::new(name)?)).collect()
}

fn fetch(form: &str, artifact: &Path, paths: &[TreePath]) -> Result<String> {
    let (mut files, mut bytes) = (0, 0);
    form::by_id(form)?.read(artifact, paths, &mut |_, data| {
        files += 1;
        bytes += std::hint::black_box(data).len();
        Ok(())
    })?;
    ensure!(files == paths.len(), "{files} of {} files were read", paths.len());
    Ok(bytes.to_string())
}

/// The module `name` with the file `blob` in it. Here and not in the first process, whose heap would
/// keep some of what this takes.
fn image(name: &str, blob: Option<&Path>) -> Result<Vec<u8>> {
    let path = Path::new(HOME).join(MODULES).join(format!("{name}.ko"));
    let mut image = fs::read(&path).with_context(|| path.display().to_string())?;
    if let Some(blob) = blob {
        let blob = fs::read(blob).with_context(|| blob.display().to_string())?;
        image = blob::insert(&image, &blob)?;
    }
    Ok(image)
}

/// Reads a file as `cat` does, and forgets it.
fn read(path: &Path) -> Result<u64> {
    let mut buffer = vec![0; 64 << 10];
    let mut read = || -> std::io::Result<u64> {
        let mut file = File::open(path)?;
        let mut bytes = 0;
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(bytes),
                count => bytes += count as u64,
            }
        }
    };
    read().with_context(|| path.display().to_string())
}
