//! The launcher of an emulator: this program execs it, so that the emulator dies with its
//! parent, even when that is killed and can do nothing about it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// The name that the program is started by.
pub(super) const NAME: &str = "kheaders-launch";

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
        bail!("the parent process has ended");
    }
    let program = words.next().context("no program to launch")?;
    Err(Command::new(&program).args(words).exec())
        .with_context(|| program.to_string_lossy().into_owned())
}
