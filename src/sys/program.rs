//! The program that child processes and guests are started from.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context as _, Result};

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Has children started from `program`: for a test or a bench, which is not this program itself.
pub fn start_from(program: PathBuf) {
    PROGRAM.get_or_init(|| program);
}

/// This program.
pub(crate) fn path() -> Result<PathBuf> {
    let known = || PROGRAM.get().cloned();
    known().map_or_else(|| std::env::current_exe().context("the path of this program"), Ok)
}
