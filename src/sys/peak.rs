//! Peak memory of this process.

use std::fs;

use anyhow::{Context as _, Result};

/// Peak resident memory since the start of the process or the last reset by `/proc/self/clear_refs`,
/// bytes: `VmHWM` of `Documentation/filesystems/proc.rst`.
///
/// # Errors
/// `/proc` is missing or has no such line.
pub(crate) fn peak_memory() -> Result<u64> {
    const STATUS: &str = "/proc/self/status";
    let status = fs::read_to_string(STATUS).context(STATUS)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.with_context(|| format!("{STATUS}: no VmHWM"))? * 1024)
}
