//! Signals: unfinished files are removed before the program ends.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Files and processes to clean up.
struct Open {
    paths: Vec<PathBuf>,
    children: Vec<Pid>,
    /// Set by the first interrupt, if the run ends in order by itself.
    asked: Option<Arc<AtomicBool>>,
}

static OPEN: Mutex<Open> =
    Mutex::new(Open { paths: Vec::new(), children: Vec::new(), asked: None });

/// Time limit for retrying to remove a folder that a thread still writes to.
const PATIENCE: Duration = Duration::from_secs(5);

fn open() -> MutexGuard<'static, Open> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on SIGINT, SIGTERM and SIGHUP remove what is [`passing`] and end the program with
/// exit code 1. To ask for it again changes nothing.
///
/// # Errors
/// The system takes no handler.
pub fn watch() -> Result<()> {
    match ctrlc::set_handler(interrupted) {
        Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        set => set.context("signal handler"),
    }
}

/// From here on the first interrupt ends the children and sets the flag that is returned, and only
/// a second one ends the program.
pub fn asked() -> Arc<AtomicBool> {
    Arc::clone(open().asked.get_or_insert_default())
}

fn interrupted() {
    let mut open = open();
    // Before the children end, so that a thread that waits for them knows why they did.
    let in_order = open.asked.as_ref().is_some_and(|flag| !flag.swap(true, Ordering::Relaxed));
    for child in open.children.drain(..) {
        // One that leads a group ends with all of it. One that has ended by itself is no error.
        if kill_process_group(child, Signal::TERM).is_err() {
            let _ = kill_process(child, Signal::TERM);
        }
    }
    if in_order {
        return;
    }
    // The lock stays held: a thread that fails because its file is removed here waits in a `drop`.
    for path in &open.paths {
        remove(path);
    }
    // The terminal may be what has gone.
    let _ = writeln!(io::stderr(), "kheaders-bench: interrupted");
    std::process::exit(1);
}

fn remove(path: &Path) {
    let end = Instant::now() + PATIENCE;
    while let Ok(meta) = fs::symlink_metadata(path) {
        let done = if meta.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        if done.is_ok() || Instant::now() > end {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A temporary file or folder that goes when this value does, and when an interrupt comes.
#[derive(Debug)]
pub struct TempGuard<T> {
    pub made: T,
    // Dropped after it, so that there is no moment at which nobody removes it.
    _entry: Entry,
}

#[derive(Debug)]
struct Entry(PathBuf);

/// Has an interrupt remove `made`.
pub fn passing<T: AsRef<Path>>(made: T) -> TempGuard<T> {
    let path = made.as_ref().to_path_buf();
    open().paths.push(path.clone());
    TempGuard { made, _entry: Entry(path) }
}

impl<T> std::ops::Deref for TempGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.made
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        open().paths.retain(|path| *path != self.0);
    }
}

/// Does `work`, short as it must be, without an interrupt in between: what takes several steps to
/// get its final name does so whole or not at all.
pub fn undisturbed<T>(work: impl FnOnce() -> T) -> T {
    let _open = open();
    work()
}

/// Starts `command` and, when it has read what `feed` gives it, waits for its end. An interrupt ends
/// it too.
///
/// # Errors
/// It can't be started or waited for.
pub fn output(command: &mut Command, feed: impl FnOnce(&mut Child)) -> io::Result<Output> {
    let mut child = {
        let mut open = open();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        open.children.extend(pid(&child));
        child
    };
    let own = pid(&child);
    feed(&mut child);
    let done = child.wait_with_output();
    open().children.retain(|child| Some(*child) != own);
    done
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}
