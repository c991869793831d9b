//! The cost of work (wall time, CPU time, memory), measured by the process that does it.

use std::fs::File;
use std::io::Write as _;
use std::time::Instant;

use anyhow::{Context as _, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use rustix::time::{ClockId, clock_gettime};

use super::protocol::{Cost, Reply};
use crate::sys::peak::peak_memory;

/// The reply of a job of one part.
///
/// # Errors
/// Errors of `work`.
pub(crate) fn cost(work: impl FnOnce() -> Result<()>) -> Result<Reply> {
    Ok(Reply::Done(vec![measured(work)?.1]))
}

/// Does `work`, and returns its cost.
///
/// # Errors
/// Errors of `work`, or no /proc.
pub(crate) fn measured<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    // Peak memory from here on: "5" resets VmHWM (proc_pid_clear_refs(5)). Unlike ru_maxrss, VmHWM
    // is not inherited from the parent either.
    File::options()
        .write(true)
        .open("/proc/self/clear_refs")
        .and_then(|mut file| file.write_all(b"5"))
        .context("/proc/self/clear_refs")?;
    let (cpu, children) = (cpu_time(), of_children()?);
    let start = Instant::now();
    let result = work()?;
    let wall = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let mut cost = Cost { wall, cpu: cpu_time() - cpu, peak_memory: peak_memory()? };
    let after = of_children()?;
    cost.cpu += after.cpu - children.cpu;
    // No part whose memory is asked for starts more than one program.
    cost.peak_memory = cost.peak_memory.max(after.peak_memory);
    Ok((result, cost))
}

/// Does `work`, which starts a program and awaits its end, and returns the cost of the program, with all
/// that it started and awaited. A worker starts one program only: what the system has counted of its
/// children is that program's.
///
/// # Errors
/// Errors of `work`.
pub(crate) fn of_program<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    let start = Instant::now();
    let result = work()?;
    let wall = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    // The few MB of the worker itself are a lower bound of the memory: a child counts what it had
    // before it became another program.
    let OfChildren { cpu, peak_memory } = of_children()?;
    Ok((result, Cost { wall, cpu, peak_memory }))
}

/// The resource usage of programs that were started and awaited.
struct OfChildren {
    /// ns.
    cpu: u64,
    /// Of the largest of them, bytes.
    peak_memory: u64,
}

fn of_children() -> Result<OfChildren> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage")?;
    let nanoseconds = |time: TimeVal| {
        time.tv_sec().unsigned_abs() * 1_000_000_000 + time.tv_usec().unsigned_abs() * 1000
    };
    Ok(OfChildren {
        cpu: nanoseconds(usage.user_time()) + nanoseconds(usage.system_time()),
        // In KiB (getrusage(2)).
        peak_memory: usage.max_rss().unsigned_abs() * 1024,
    })
}

fn cpu_time() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}
