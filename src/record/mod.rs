//! The record of a run: provenance, machine, and every raw sample.
//!
//! A record is written by a run and read by judgements and reports, which need nothing
//! else. Fields are only ever added; a reader takes any schema up to its own.

mod axis;
pub mod compat;
mod delivery;
pub mod figure;
mod guest;
mod guest_metric;
mod layout;
mod meet;
pub mod merge;
mod metric;
mod named;
mod reference;
pub mod stats;
mod store;
pub mod units;

use serde::{Deserialize, Serialize};

use crate::tree::TreeStats;

pub use axis::{Axis, Nature, Unit};
pub use delivery::{Delivery, DeliveryRow, Operation, State, Times};
pub use guest::{Check, Guest};
pub use guest_metric::{GuestMetric, Held};
pub use layout::Layout;
pub use metric::{METRICS, Metric, guest_metric, id, is_of_command, is_of_guest, metric};
pub use reference::{Reference, Work};
pub use store::{Store, load, load_all, save};

/// The schema this program writes, and the newest it reads.
pub const SCHEMA: u32 = 1;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub schema: u32,
    /// Name and version of the program that wrote it.
    pub generator: String,
    /// SHA-256 of the program's file in hex: two builds of one version are not one program. Empty in
    /// records of before this field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub program: String,
    /// The command line, program name first, that would do it again.
    pub command: Vec<String>,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// When it ended; absent in the record of a run that was interrupted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    pub dataset: Dataset,
    pub machine: Machine,
    pub settings: Settings,
    /// The forms measured, in order.
    pub forms: Vec<FormInfo>,
    /// The reference tools that were measured alongside forms, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    pub observations: Vec<Observation>,
    /// The guest in which the memory axis measured; every figure of it is this kernel's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub laboratory: Option<Guest>,
    /// What of a sweep it holds, where that is not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Number of merged runs, 0 for a single one. Runs are not interleaved: samples of the same round in
    /// two of them were taken at different times.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub joined: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Record {
    /// The identity of the program that wrote it: name, version, and the start of its digest.
    pub fn written_by(&self) -> String {
        match self.program.get(..12) {
            Some(digest) => format!("{} {digest}", self.generator),
            None => self.generator.clone(),
        }
    }
}

/// Shards of a sweep, and what the whole sweep is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which shards, from 1 on.
    pub shards: Vec<u64>,
    pub of: u64,
    /// The ids of all forms of the sweep, in order.
    pub forms: Vec<String>,
    /// The names of all its header sets, in order.
    pub datasets: Vec<String>,
}

/// The header set of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// The manifest's name, or what was given instead.
    pub name: String,
    pub title: String,
    pub digest: String,
    pub census: TreeStats,
    /// Whether this is exactly the set that the manifest pins; `None` where nothing is pinned.
    pub pinned: Option<bool>,
    /// What a reader must know of it: another version than the pinned, parts that are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The packages or files it came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closure: Option<Closure>,
}

/// The name of the synthetic set, whose figures are not those of a kernel.
pub const SYNTHETIC: &str = "synthetic";

impl Dataset {
    /// Whether its headers are made up.
    pub fn is_synthetic(&self) -> bool {
        self.name == SYNTHETIC
    }
}

/// Something a header set was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// A package's name, a file's name or a location.
    pub name: String,
    /// Its version; empty where it has none.
    pub version: String,
    /// Its SHA-256 in hex; empty for a folder.
    pub sha256: String,
}

/// The headers that a program reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    pub program: String,
    /// Where the list came from: a compiler with its version, or the manifest.
    pub origin: String,
    pub files: u64,
    /// Their content, bytes.
    pub bytes: u64,
}

/// The machine of a run. Properties that could not be read have the value "not readable".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// An identity of the machine that does not name the host: a hash of the machine's id, its name and
    /// its processor.
    pub id: String,
    pub cpu: String,
    /// Processors that the run may use.
    pub cores: u64,
    /// Memory, bytes.
    pub memory: u64,
    pub kernel: String,
    pub os: String,
    pub governor: String,
    /// Load average over one minute when the run began.
    pub load: String,
    /// The hypervisor or container; `none` on bare metal.
    pub virtualization: String,
    /// The file system under the work folder, and the tmpfs extracted to.
    pub storage: String,
    /// Tools that took part, each with its version.
    pub tools: Vec<Tool>,
}

/// A program other than this one that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    /// Its version, or why it is not there.
    pub version: String,
}

/// How samples were taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub quick: bool,
    /// Rounds asked for; `None` when the run chose by cost.
    pub samples: Option<u64>,
    pub axes: Vec<String>,
}

/// A form of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormInfo {
    pub id: String,
    pub about: String,
    /// How its artifact is laid out.
    pub layout: Layout,
    /// Libraries or tool, each with its version.
    pub tool: String,
    /// Every setting that changes bytes; empty in older records.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub settings: String,
    /// Whether it is none of the program's own list, but spelled out by its settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub variant: bool,
}

/// One figure of one form: what came of it, and every sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The form's id; or that of a [`Reference`] or of what is compared with it; or `prepare` for the
    /// making of the dataset.
    pub form: String,
    pub metric: String,
    pub unit: Unit,
    pub nature: Nature,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of an observation. An absent number is never a hole and never a zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Outcome {
    Measured {
        /// Every sample in the order taken; at least one.
        samples: Vec<u64>,
    },
    Modelled {
        samples: Vec<u64>,
        model: String,
    },
    /// It could not be measured here, or makes no sense for this form.
    Skipped {
        reason: String,
    },
    Failed {
        error: String,
    },
}

impl Outcome {
    /// The samples; none when skipped or failed.
    pub fn samples(&self) -> &[u64] {
        match self {
            Outcome::Measured { samples } | Outcome::Modelled { samples, .. } => samples,
            Outcome::Skipped { .. } | Outcome::Failed { .. } => &[],
        }
    }

    /// Why there is no number, if there is none.
    pub fn why(&self) -> Option<&str> {
        match self {
            Outcome::Skipped { reason } => Some(reason),
            Outcome::Failed { error } => Some(error),
            _ => None,
        }
    }
}

/// What is in place of a form where the making of the header set was measured.
pub const PREPARE: &str = "prepare";

impl Record {
    /// Puts the observations in order: by form and then by metric, both as in their tables.
    pub fn sort(&mut self) {
        let forms = self.forms.iter().map(|form| form.id.as_str());
        let beside = self.references.iter().flat_map(|one| [one.of.as_str(), one.id.as_str()]);
        let rows: Vec<_> = forms.chain(beside).collect();
        let place = |seen: &Observation| {
            let form = rows.iter().position(|id| *id == seen.form);
            let metric = METRICS.iter().position(|metric| metric.id == seen.metric);
            (seen.form != PREPARE, form, metric)
        };
        self.observations.sort_by_cached_key(place);
    }

    /// The observation of `metric` for `form`.
    pub fn get(&self, form: &str, metric: &str) -> Option<&Observation> {
        self.observations.get(self.place(form, metric)?)
    }

    /// The place of the observation of `metric` for `form`, from 0.
    pub fn place(&self, form: &str, metric: &str) -> Option<usize> {
        let sought = |seen: &Observation| seen.form == form && seen.metric == metric;
        self.observations.iter().position(sought)
    }

    /// The observations that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Observation> {
        self.observations.iter().filter(|seen| matches!(seen.outcome, Outcome::Failed { .. }))
    }
}
