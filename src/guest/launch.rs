//! The launcher of an emulator: this program for a moment, so that the emulator dies with its
//! parent, even when that is killed and can do nothing about it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use rustix::process::{
    Pid, Signal, getppid, kill_current_process_group, kill_process_group,
    set_parent_process_death_signal,
};

/// The name that the program is started by.
pub(super) const NAME: &str = "kheaders-launch";

/// The name that the program is started by to keep another.
pub(super) const KEEPER: &str = "kheaders-keep";

/// A command that launches `program` so that it is killed when the calling
/// thread ends. `own` is this program.
pub(super) fn command(own: &Path, program: &Path) -> Command {
    let mut command = Command::new(own);
    command.arg0(NAME).arg(std::process::id().to_string()).arg(program);
    command
}

/// Becomes the program that is named after the parent's process id.
pub(super) fn serve(mut words: impl Iterator<Item = OsString>) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let parent = words.next().and_then(|word| word.to_str()?.parse().ok());
    // A parent that died before the line above sends nothing any more.
    if getppid() != parent.and_then(Pid::from_raw) {
        bail!("the process that started this one is gone");
    }
    let program = words.next().context("no program to launch")?;
    Err(Command::new(&program).args(words).exec()).with_context(|| format!("{program:?}"))
}

/// A command that launches `program`, which starts processes of its own, so that all of them are
/// killed when the pipe to its input is closed, as it is when the caller ends. `own` is this program.
pub(super) fn keeper(own: &Path, program: &Path) -> Command {
    let mut command = Command::new(own);
    command.arg0(KEEPER).arg(program).stdin(Stdio::piped()).process_group(0);
    command
}

/// Keeps the program that is named first.
pub(super) fn keep(mut words: impl Iterator<Item = OsString>) -> Result<()> {
    let program = words.next().context("no program to keep")?;
    let child = Command::new(&program).args(words).stdin(Stdio::null()).spawn();
    let mut child = child.with_context(|| format!("{program:?}"))?;
    let group = Pid::from_child(&child);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        end(group);
    });
    child.wait()?;
    // What it started may outlive it.
    end(group);
    Ok(())
}

/// Kills the group that User-mode Linux makes for itself, and that of the keeper, which it is in
/// until then.
fn end(group: Pid) {
    let _ = kill_process_group(group, Signal::KILL);
    let _ = kill_current_process_group(Signal::KILL);
}
