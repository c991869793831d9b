//! The kernel's other counters beside what it holds: what each state added to them.

use crate::record::{Check, Record};

use super::memory;
use super::table::Table;

/// A counter: the end of its id, its head in a table, and its figure.
pub(super) struct Counter {
    /// The last word of its id.
    pub id: &'static str,
    /// What stands over it.
    pub head: &'static str,
    /// How many bytes it grew by since the base.
    pub of: fn(&Check) -> i64,
}

const fn counter(id: &'static str, head: &'static str, of: fn(&Check) -> i64) -> Counter {
    Counter { id, head, of }
}

/// Every counter, after what is pinned.
pub(super) const COUNTERS: &[Counter] = &[
    counter("slab", "slab", |check| check.slab),
    counter("vmalloc", "vmalloc", |check| check.vmalloc),
    counter("modules", "modules", |check| check.modules),
    counter("shmem", "files in memory", |check| check.shmem),
    counter("page_cache", "page cache before reclaim", |check| check.page_cache),
];

/// One state of a form, with what the first boot's counters say of it.
#[derive(Debug, serde::Serialize)]
pub(super) struct Row {
    /// The form.
    pub form: String,
    /// The state.
    pub state: String,
    /// What is pinned, then each of [`COUNTERS`].
    pub figures: Vec<String>,
}

/// The counters of the states that `columns` are of.
pub(super) fn rows(table: &Table, columns: &[usize]) -> Vec<Row> {
    let row = |check: &Check| {
        let id = format!("{}.pinned", metric(check));
        let columns = columns.iter().filter_map(|&c| table.columns.get(c));
        let state = memory::state(columns.into_iter().find(|column| column.id == id)?);
        let figures = COUNTERS.iter().map(|counter| (counter.of)(check));
        Some(Row {
            form: check.form.clone(),
            state: state.to_owned(),
            figures: [check.pinned].into_iter().chain(figures).map(kib).collect(),
        })
    };
    checks(table.record).filter_map(row).collect()
}

/// What the counters of `record` say, if it has any.
pub(super) fn checks(record: &Record) -> impl Iterator<Item = &Check> {
    record.laboratory.iter().flat_map(|lab| &lab.checks)
}

/// How the metrics of a check's state begin.
pub(super) fn metric(check: &Check) -> String {
    format!("memory.{}.{}", check.delivery, check.state)
}

fn kib(bytes: i64) -> String {
    let sign = if bytes < 0 { "−" } else { "" };
    format!("{sign}{}", memory::kib(bytes.unsigned_abs() as f64))
}
