//! What a metric is: its axis, its unit, whether it repeats.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An axis of measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Axis {
    /// Bytes stored.
    Size,
    /// Time and memory to build.
    Build,
    /// Time and memory to read back.
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

    /// The axis of the metric named `id`, by its first word.
    pub fn of(id: &str) -> Option<Self> {
        let word = id.split('.').next();
        Self::ALL.iter().copied().find(|axis| word == Some(axis.id()))
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
            Axis::Memory => "what a booted kernel holds, delivery by delivery and state by state",
            Axis::Instructions => {
                "instructions to load, mount, read and extract, in a booted kernel"
            }
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
    /// Bytes.
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
    /// The same each time: may be gated.
    Exact,
    /// Differs each time: has samples and an interval.
    Noisy,
}
