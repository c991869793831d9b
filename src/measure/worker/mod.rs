//! The child process of a measurement.
//!
//! A job runs alone in a process of its own, so that its peak memory is its own and nothing of an
//! earlier job is warm. The clock runs in the child, round the work alone.

mod child;
mod command;
mod cost;
mod mount;
mod protocol;

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::sys::{huge_pages, interrupt, program};

pub use child::serve;
pub use command::output;
pub use protocol::{Cache, CommandLine, Cost, Job, OWN, Reply, What};

/// Runs `job` in a child process, and waits.
///
/// # Errors
/// The child could not be started. What goes wrong in it is a reply.
pub fn run(job: &Job) -> Result<Reply> {
    let mut command = match job {
        // util-linux's unshare: its mounts are gone with the worker, whatever becomes of it.
        Job::Mount { .. } => {
            let mut unshare = Command::new("unshare");
            unshare.args(["--mount", "--propagation", "private", "--"]).arg(program::path()?);
            unshare
        }
        _ => Command::new(program::path()?),
    };
    command.arg("worker").stdin(Stdio::piped());
    if let Job::Build { .. } = job {
        huge_pages::ask_for(&mut command);
    }
    let text = serde_json::to_vec(job)?;
    let done = interrupt::output(&mut command, |child| {
        if let Some(mut input) = child.stdin.take() {
            // If the child died without reading, its status below is the error.
            let _ = input.write_all(&text);
        }
    });
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            return Ok(Reply::Failed(format!("the worker process did not start: {error}")));
        }
    };
    if let Ok(reply) = serde_json::from_slice(&done.stdout) {
        return Ok(reply);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let said = said.trim().lines().next_back().unwrap_or("");
    Ok(Reply::Failed(format!("the worker process failed, {}: {said}", done.status)))
}
