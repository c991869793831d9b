//! The result file of a run: of what, on which machine, with every observation.

use serde::{Deserialize, Serialize};

use super::absence::Absence;
use super::guest::Guest;
use super::layout::Layout;
use super::metric::METRICS;
use super::observation::{Observation, Outcome};
use super::reference::Reference;
use super::source::Source;
use crate::tree::TreeStats;

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
    /// The part of a sweep that it has, if not all.
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
    /// Notes for the reader: another version than the pinned one, missing parts.
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

/// What is in place of a form where the making of the header set was measured.
pub const PREPARE: &str = "prepare";

/// The form of the kernel itself, with which the others are compared.
pub const ARCHIVE: &str = "tar.xz-6";
/// The form of the headers uncompressed.
pub const TREE: &str = "tree";

impl Record {
    /// Sorts the observations by form and then by metric, both in the order of their tables.
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

    /// Why it has no observation of what it was asked for.
    pub fn missing(&self) -> Absence {
        match self.finished {
            None => Absence::Interrupted,
            Some(_) => Absence::NotRecorded,
        }
    }

    /// The observations that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Observation> {
        self.observations.iter().filter(|seen| matches!(seen.outcome, Outcome::Failed { .. }))
    }
}
