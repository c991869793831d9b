//! The provenance in a new record: header set, machine, programs, settings.

use anyhow::Result;
use jiff::Timestamp;

use super::options::Options;
use crate::dataset::Prepared;
use crate::debian::cache;
use crate::form::{self, Form};
use crate::measure::machine;
use crate::measure::probe;
use crate::record::{Axis, Closure, Dataset, FormInfo, Record, SCHEMA, Settings};
use crate::sys::page_cache::Dropped;
use crate::sys::program;
use crate::sys::scratch::Scratch;
use crate::sys::version;

/// The record as it is before anything is observed, without forms.
///
/// # Errors
/// The work folder can\'t be used.
pub(crate) fn open(
    options: &Options,
    started: Timestamp,
    prepared: &Prepared,
    scratch: &Scratch,
    closure: Option<Closure>,
) -> Result<Record> {
    let mut dataset = Dataset { closure, ..prepared.info.clone() };
    if options.axes.contains(&Axis::Extract) && probe::cold(scratch)? == Ok(Dropped::Unverified) {
        dataset.notes.push(UNPROVEN.to_owned());
    }
    let tools = tools(&options.axes, &dataset).into_iter().map(machine::tool).collect();
    Ok(Record {
        schema: SCHEMA,
        generator: format!("kheaders-bench {}", version::OWN),
        program: cache::sha256(&program::path()?)?,
        command: options.command.clone(),
        started: started.to_string(),
        finished: None,
        dataset,
        machine: machine::this(scratch.describe(), tools),
        settings: Settings {
            quick: options.quick,
            samples: options.samples,
            axes: options.axes.iter().map(|axis| axis.id().to_owned()).collect(),
        },
        forms: Vec::new(),
        references: Vec::new(),
        observations: Vec::new(),
        laboratory: None,
        part: None,
        joined: 0,
    })
}

/// What a reader of cold figures must know where nothing can show that they are.
const UNPROVEN: &str = "cold reads are not proven cold: there is no fincore to look into the page \
                        cache with";

/// The programs that take part in a run, except those of the test VM.
fn tools(axes: &[Axis], dataset: &Dataset) -> Vec<&'static str> {
    let mut tools = Vec::new();
    // Packages are what has versions among the sources.
    if dataset.sources.iter().any(|source| !source.version.is_empty()) {
        tools.push("apt-get");
    }
    if axes.iter().any(|axis| axis.is_of_guest()) {
        tools.extend(["cc", "make"]);
    }
    if axes.contains(&Axis::Extract) {
        tools.extend(["cc", "fincore"]);
        if rustix::process::geteuid().is_root() {
            tools.extend(["unshare", "mount"]);
        }
    }
    tools.sort_unstable();
    tools.dedup();
    tools
}

/// The entry of `form` in a record.
pub(crate) fn info(form: &dyn Form) -> FormInfo {
    FormInfo {
        id: form.id().to_owned(),
        about: form::about(form),
        layout: form.layout(),
        tool: form.tool().unwrap_or_else(|error| format!("{error:#}")),
        settings: form.settings(),
        variant: form::is_variant(form.id()),
    }
}
