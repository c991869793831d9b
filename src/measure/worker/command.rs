//! A program run and timed as a whole.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::cost::of_program;
use super::protocol::{CommandLine, OWN, Reply};
use crate::sys::interrupt;
use crate::sys::program;

/// Variables that would change what the programs do behind the back of their command lines.
const UNSET: &[&str] = &[
    "GZIP",
    "KBUILD_BUILD_TIMESTAMP",
    "SOURCE_DATE_EPOCH",
    "TAPE",
    "TAR_OPTIONS",
    "XZ_DEFAULTS",
    "XZ_OPT",
    "ZSTD_CLEVEL",
    "ZSTD_NBTHREADS",
];

/// Runs `line` and returns its cost, from before its start to after its end.
///
/// # Errors
/// As [`output`].
pub(crate) fn timed(line: &CommandLine) -> Result<Reply> {
    let (_, cost) = of_program(|| output(line))?;
    Ok(Reply::Done(vec![cost]))
}

/// Runs `line` to its end and returns what it wrote to standard output.
///
/// # Errors
/// It can't be started, or fails.
pub fn output(line: &CommandLine) -> Result<Vec<u8>> {
    let Some((program, arguments)) = line.words.split_first() else { bail!("no program") };
    let mut command = match program.as_str() {
        OWN => Command::new(program::path()?),
        other => Command::new(other),
    };
    // A group of its own, so that what it starts in turn can be ended with it.
    command
        .args(arguments)
        .current_dir(line.folder.join(&line.inner))
        .stdin(Stdio::null())
        .process_group(0);
    for variable in UNSET {
        command.env_remove(variable);
    }
    command.env("LC_ALL", "C").envs(line.variables.iter().cloned());
    let done = interrupt::output(&mut command, |_| ()).with_context(|| program.clone())?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let said = said.trim().lines().next_back().unwrap_or("");
        bail!("{program}: {}: {said}", done.status);
    }
    Ok(done.stdout)
}
