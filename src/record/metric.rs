//! The table of metrics: id, axis, unit, and whether each is exact or noisy.

mod memory;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use memory::held;

/// An axis of measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Axis {
    Size,
    Build,
    Extract,
    /// Kernel memory in a booted guest.
    Memory,
    /// Instructions of work in a booted guest.
    Instructions,
}

impl Axis {
    /// Every axis, in the order of reports.
    pub const ALL: &[Axis] =
        &[Axis::Size, Axis::Build, Axis::Extract, Axis::Memory, Axis::Instructions];

    /// Its name on the command line and before the first dot of its metrics.
    pub fn id(self) -> &'static str {
        match self {
            Axis::Size => "size",
            Axis::Build => "build",
            Axis::Extract => "extract",
            Axis::Memory => "memory",
            Axis::Instructions => "instructions",
        }
    }

    /// Whether its figures are of a booted guest, and so of that guest's kernel.
    pub fn is_of_guest(self) -> bool {
        matches!(self, Axis::Memory | Axis::Instructions)
    }

    /// One line for people.
    pub fn about(self) -> &'static str {
        match self {
            Axis::Size => "size in bytes, in whole pages, and relative to the uncompressed tree",
            Axis::Build => "wall time, CPU time and peak memory to build the artifact",
            Axis::Extract => {
                "time to read all headers, one, or those of one program, with page cache warm and dropped"
            }
            Axis::Memory => {
                "kernel memory in the test VM, per delivery and state: pinned is unreclaimable"
            }
            Axis::Instructions => "instructions to load, mount, read and extract, in the test VM",
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The unit of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    #[serde(rename = "B")]
    Bytes,
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Parts of a million.
    #[serde(rename = "ppm")]
    PartsPerMillion,
    /// Instructions that a processor executes.
    #[serde(rename = "instructions")]
    Instructions,
}

/// Whether a metric is reproducible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nature {
    Exact,
    /// Differs each time: has samples and an interval.
    Noisy,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name, the axis first.
    pub id: &'static str,
    pub axis: Axis,
    pub unit: Unit,
    pub nature: Nature,
    /// A few words for the head of a column.
    pub title: &'static str,
}

impl Metric {
    /// Whether it is of a whole program from its start to its end, which is how a reference tool is
    /// measured and what is compared with it.
    pub fn is_of_command(&self) -> bool {
        is_of_command(self.id)
    }
}

/// Whether the metric named `id` is of a booted guest.
pub fn is_of_guest(id: &str) -> bool {
    let guest = |axis: &&Axis| axis.is_of_guest();
    Axis::ALL.iter().filter(guest).any(|axis| id.split('.').next() == Some(axis.id()))
}

/// Whether the metric named `id` is of a whole program.
pub fn is_of_command(id: &str) -> bool {
    id.split('.').nth(1) == Some("command")
}

const fn exact(id: &'static str, axis: Axis, unit: Unit, title: &'static str) -> Metric {
    Metric { id, axis, unit, nature: Nature::Exact, title }
}

const fn noisy(id: &'static str, axis: Axis, unit: Unit, title: &'static str) -> Metric {
    Metric { id, axis, unit, nature: Nature::Noisy, title }
}

use Axis::{Build, Extract, Size};
use Unit::{Bytes, Nanoseconds, PartsPerMillion};

/// Every metric, in the order of reports.
pub const METRICS: &[Metric] = &joined::<{ NATIVE.len() + GUEST.len() }>(NATIVE, GUEST);

const GUEST: &[Metric] = &joined::<{ memory::MEMORY.len() + memory::INSTRUCTIONS.len() }>(
    memory::MEMORY,
    memory::INSTRUCTIONS,
);

const fn joined<const N: usize>(first: &[Metric], second: &[Metric]) -> [Metric; N] {
    let mut all = [first[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { second[at - first.len()] };
        at += 1;
    }
    all
}

/// Metrics of the host.
const NATIVE: &[Metric] = &[
    exact("size.bytes", Size, Bytes, "size"),
    exact("size.pages", Size, Bytes, "size in whole pages"),
    exact("size.ratio", Size, PartsPerMillion, "size / tree"),
    noisy("build.wall", Build, Nanoseconds, "build, wall"),
    noisy("build.cpu", Build, Nanoseconds, "build, CPU"),
    noisy("build.peak_memory", Build, Bytes, "build, peak memory"),
    noisy("build.command.wall", Build, Nanoseconds, "build as a command, wall"),
    noisy("build.command.cpu", Build, Nanoseconds, "build as a command, CPU"),
    noisy("build.command.peak_memory", Build, Bytes, "build as a command, peak memory"),
    noisy("extract.all.warm.wall", Extract, Nanoseconds, "all, warm"),
    noisy("extract.all.warm.cpu", Extract, Nanoseconds, "all, warm, CPU"),
    noisy("extract.all.warm.peak_memory", Extract, Bytes, "all, peak memory"),
    noisy("extract.all.cold.wall", Extract, Nanoseconds, "all, cold"),
    noisy("extract.one.first.warm", Extract, Nanoseconds, "first header, warm"),
    noisy("extract.one.first.cold", Extract, Nanoseconds, "first header, cold"),
    noisy("extract.one.middle.warm", Extract, Nanoseconds, "middle header, warm"),
    noisy("extract.one.middle.cold", Extract, Nanoseconds, "middle header, cold"),
    noisy("extract.one.last.warm", Extract, Nanoseconds, "last header, warm"),
    noisy("extract.one.last.cold", Extract, Nanoseconds, "last header, cold"),
    noisy("extract.closure.warm", Extract, Nanoseconds, "closure, warm"),
    noisy("extract.closure.cold", Extract, Nanoseconds, "closure, cold"),
    noisy("extract.first_compile", Extract, Nanoseconds, "first compile"),
    noisy("extract.command.all.wall", Extract, Nanoseconds, "all, as a command"),
    noisy("extract.command.all.cpu", Extract, Nanoseconds, "all, as a command, CPU"),
    noisy("extract.command.all.peak_memory", Extract, Bytes, "all, as a command, peak memory"),
    noisy("extract.command.one", Extract, Nanoseconds, "middle header, as a command"),
    noisy("extract.mount.attach", Extract, Nanoseconds, "mount"),
    noisy("extract.mount.one", Extract, Nanoseconds, "mounted, one header"),
    noisy("extract.mount.one.cold", Extract, Nanoseconds, "mounted, one header, cold"),
    noisy("extract.mount.closure", Extract, Nanoseconds, "mounted, closure"),
    noisy("extract.mount.closure.cold", Extract, Nanoseconds, "mounted, closure, cold"),
    noisy("extract.mount.all", Extract, Nanoseconds, "mounted, all"),
    noisy("extract.mount.first_compile", Extract, Nanoseconds, "mounted, first compile"),
];

/// The metric named `id`.
pub fn metric(id: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.id == id)
}
