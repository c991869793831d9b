//! The protocol between a run and its child process: one line of JSON each way.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::dataset::Recipe;
use crate::kbuild::compiler::Compiler;
use crate::sys::shell;
use crate::tree::TreePath;

/// What to measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Job {
    Prepare {
        recipe: Recipe,
    },
    Build {
        form: String,
        tree: PathBuf,
        artifact: PathBuf,
    },
    /// Compare an artifact with the digest of its tree. Not timed.
    Verify {
        form: String,
        artifact: PathBuf,
        digest: String,
    },
    Extract {
        form: String,
        artifact: PathBuf,
        /// Whether it is in the page cache at the start.
        cache: Cache,
        what: What,
    },
    /// Mount an artifact and read through the kernel. Runs in a mount namespace of its own.
    Mount {
        /// The file system's name for `mount -t`.
        filesystem: String,
        artifact: PathBuf,
        /// Whether it is in the page cache before it is mounted.
        cache: Cache,
        /// An empty folder.
        at: PathBuf,
        /// The reads, in this order; the mount itself is the first part of the reply.
        what: Vec<What>,
    },
    /// Run a program from its start to its end.
    Command {
        line: CommandLine,
        /// The file that it makes, where it makes one; nothing exists.
        made: Option<PathBuf>,
    },
}

impl Job {
    /// The artifact that the job makes, if it makes one.
    pub fn made(&self) -> Option<&PathBuf> {
        match self {
            Job::Build { artifact, .. } => Some(artifact),
            Job::Command { made, .. } => made.as_ref(),
            _ => None,
        }
    }
}

/// A program with its arguments, and where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandLine {
    /// The program and its arguments; [`OWN`] is this program.
    pub words: Vec<String>,
    /// Variables set for it, besides those that it inherits.
    pub variables: Vec<(String, String)>,
    /// The folder that everything which it names is in.
    pub folder: PathBuf,
    /// Where below that it runs; empty for the folder itself.
    pub inner: String,
}

/// As one would type it in its folder.
impl fmt::Display for CommandLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.inner.is_empty() {
            write!(out, "cd {} && ", shell::quoted_word(&self.inner))?;
        }
        for (name, value) in &self.variables {
            write!(out, "{name}={} ", shell::quoted_word(value))?;
        }
        out.write_str(&shell::quoted(&self.words))
    }
}

/// This program as the first word of a [`CommandLine`].
pub const OWN: &str = "kheaders-bench";

/// Whether an artifact is in the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cache {
    Warm,
    Cold,
}

/// A read of an artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// Everything; out of a form, to the empty folder given.
    All(PathBuf),
    Files(Vec<TreePath>),
    /// Enough for this program to compile; out of a form, everything to the empty folder given.
    Compile(PathBuf, Compiler, PathBuf),
}

/// The cost of one piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall time, ns.
    pub wall: u64,
    /// CPU time, user and system, ns: of the process with all its threads and with programs that it
    /// starts; of a [`Job::Command`] that of the program and of all that it started and awaited.
    pub cpu: u64,
    /// Peak resident memory of the process while it worked, or of a program that it started if that
    /// is more, bytes; of a [`Job::Command`] that of the largest of its processes.
    pub peak_memory: u64,
}

/// The result of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// Done, with the cost of each part.
    Done(Vec<Cost>),
    /// Not possible on this machine, with the reason.
    Skipped(String),
    Failed(String),
}
