//! Standard output, which may be closed early or be full.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};

/// Prints `bytes`. A reader that has read enough, `head` for one, is no error.
///
/// # Errors
/// They can't be written.
pub fn print(bytes: impl AsRef<[u8]>) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes.as_ref()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done.context("standard output"),
    }
}

/// Prints `value` as JSON for people and programs.
///
/// # Errors
/// As [`print()`].
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    print(text)
}
