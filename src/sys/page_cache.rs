//! Reads artifacts into the page cache, and drops them from it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use rustix::fs::{Advice, fadvise, syncfs};
use walkdir::WalkDir;

/// The files that `artifact`, a file or a folder, consists of.
///
/// # Errors
/// Unreadable.
pub fn files(artifact: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for found in WalkDir::new(artifact) {
        let found = found.with_context(|| artifact.display().to_string())?;
        if found.file_type().is_file() {
            files.push(found.into_path());
        }
    }
    Ok(files)
}

/// Reads all of `files`.
///
/// # Errors
/// Unreadable.
pub fn warm(files: &[PathBuf]) -> Result<()> {
    for path in files {
        let mut file = File::open(path).with_context(|| path.display().to_string())?;
        io::copy(&mut file, &mut io::sink()).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// How far it is known that files are not in the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    Proven,
    /// The system took the order; there is no fincore to ask.
    Unverified,
}

/// Drops all of `files`, which lie on one file system, from the page cache, and looks whether they
/// are gone. The inner error is the reason why this machine can't.
///
/// # Errors
/// Unreadable.
pub fn drop(files: &[PathBuf]) -> Result<Result<Dropped, String>> {
    let Some(first) = files.first() else { return Ok(Ok(Dropped::Proven)) };
    // Dirty pages stay: they must be on disk first. One call for all, as each has its price.
    File::open(first)
        .and_then(|file| Ok(syncfs(&file)?))
        .with_context(|| first.display().to_string())?;
    for path in files {
        let context = || path.display().to_string();
        let file = File::open(path).with_context(context)?;
        fadvise(&file, 0, None, Advice::DontNeed).with_context(context)?;
    }
    Ok(match resident(files) {
        Some(0) => Ok(Dropped::Proven),
        Some(bytes) => Err(format!("{bytes} B stay in the page cache after it was dropped")),
        None => Ok(Dropped::Unverified),
    })
}

/// Files that one fincore is asked about: a whole tree's names are more than a command line takes.
const ASKED: usize = 1000;

/// How much of `files` is in the page cache, bytes, as util-linux's fincore counts it; `None` where
/// there is no fincore, and the drop is not verified. A non-blocking read (RWF_NOWAIT) would show it
/// without a tool, but it starts the very readahead that it asks about.
fn resident(files: &[PathBuf]) -> Option<u64> {
    files.chunks(ASKED).map(resident_of).sum()
}

fn resident_of(files: &[PathBuf]) -> Option<u64> {
    let mut fincore = Command::new("fincore");
    fincore.args(["--bytes", "--noheadings", "--raw", "--output", "RES", "--"]).args(files);
    let said = fincore.stderr(Stdio::null()).output().ok().filter(|done| done.status.success())?;
    let said = String::from_utf8(said.stdout).ok()?;
    said.lines().map(|bytes| bytes.trim().parse::<u64>().ok()).sum()
}
