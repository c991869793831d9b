//! The most memory that this process has had.

use std::fs;

use anyhow::{Context as _, Result};

/// The most that was resident since the process began or `/proc/self/clear_refs` was told to forget,
/// bytes: `VmHWM` of `Documentation/filesystems/proc.rst`.
///
/// # Errors
/// No `/proc`, or one that does not tell.
pub(crate) fn peak_memory() -> Result<u64> {
    const STATUS: &str = "/proc/self/status";
    let status = fs::read_to_string(STATUS).context(STATUS)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.with_context(|| format!("{STATUS}: no VmHWM"))? * 1024)
}
