//! Kernel memory: what is unreclaimable as used, and the kernel's other counters.

use crate::record::{Check, is_of_guest};
use crate::report::block;
use crate::report::block::{Kind, Table};
use crate::report::figures::{Cell, Column, Figures, Row};
use crate::report::units;

/// One way to give an artifact to a kernel.
pub(in crate::report) struct Delivery {
    /// The second word of its metrics.
    pub id: &'static str,
    pub title: &'static str,
}

const fn delivery(id: &'static str, title: &'static str) -> Delivery {
    Delivery { id, title }
}

/// Every delivery, in the order of reports.
pub(in crate::report) const DELIVERIES: &[Delivery] = &[
    delivery("module", "In a module, behind a file in /sys"),
    delivery("extract-unload", "Extracted from a module to tmpfs"),
    delivery("tmpfs", "Files on tmpfs"),
    delivery("blockdev", "Mounted from a module’s block device"),
    delivery("loop-module", "Mounted through loop from a module’s /sys file"),
    delivery("loop-tmpfs", "Mounted through loop from a file on tmpfs"),
    delivery("pseudofs", "Mounted from a module that is the file system"),
];

/// The columns of memory as used: the metrics of which a form has at most one. An image has loop mounts
/// alone where a kernel takes no modules.
const AS_USED: &[(&str, &[&str])] = &[
    ("in a module", &["memory.module.read.pinned"]),
    ("as files", &["memory.extract-unload.unloaded.pinned", "memory.tmpfs.present.pinned"]),
    ("mounted", MOUNTED),
    ("reclaimable", MOUNTED_RECLAIMABLE),
];

/// Unreclaimable memory of a mount after reading everything.
pub(in crate::report) const MOUNTED: &[&str] = &[
    "memory.blockdev.all.pinned",
    "memory.pseudofs.all.pinned",
    "memory.loop-module.all.pinned",
    "memory.loop-tmpfs.all.pinned",
];

/// What the same mount gives back.
pub(in crate::report) const MOUNTED_RECLAIMABLE: &[&str] = &[
    "memory.blockdev.all.reclaimable",
    "memory.pseudofs.all.reclaimable",
    "memory.loop-module.all.reclaimable",
    "memory.loop-tmpfs.all.reclaimable",
];

/// The first of `metrics` that was measured of the form of `row`, or else fits it.
pub(in crate::report) fn first<'t, 'r>(
    figures: &'t Figures<'r>,
    row: &'t Row<'r>,
    metrics: &[&str],
) -> Option<(&'t Cell, &'t Column<'r>)> {
    let columns = metrics.iter().filter_map(|metric| figures.column(metric));
    let cells = columns.filter_map(|at| Some((row.cells.get(at)?, &figures.columns[at])));
    let found: Vec<_> = cells.filter(|(cell, _)| cell.fits()).collect();
    let measured = found.iter().find(|(cell, _)| cell.median().is_some());
    measured.or(found.first()).copied()
}

/// Unreclaimable memory after reading everything, and apart from it what was given back, of each form
/// of which anything is known.
pub(in crate::report) fn as_used(figures: &Figures) -> Table {
    let mut rows = Vec::new();
    for row in figures.rows.iter().filter(|row| row.info.is_some()) {
        let found: Vec<_> =
            AS_USED.iter().map(|(_, metrics)| first(figures, row, metrics)).collect();
        if found.iter().any(Option::is_some) {
            let cells = found.into_iter().map(|found| {
                found.map_or_else(block::Cell::empty, |(cell, column)| figures.held(cell, column))
            });
            rows.push(figures.line(row, cells.collect()));
        }
    }
    let heads = AS_USED.iter().map(|(head, _)| block::Column::right(*head));
    Table {
        title: "Unreclaimable memory after reading everything".to_owned(),
        kind: Kind::Sorted,
        columns: [block::Column::left("form")].into_iter().chain(heads).collect(),
        rows,
        ..Table::default()
    }
}

/// The head of a column in a table of one delivery, which need not name it.
pub(in crate::report) fn head<'t>(column: &'t Column) -> &'t str {
    match column.title.split_once(", ") {
        Some((_, state)) if is_of_guest(column.id) => state,
        _ => column.title,
    }
}

/// A counter of the kernel: the end of its id, its head in a table, and its growth in bytes.
pub(in crate::report) struct Counter {
    pub id: &'static str,
    head: &'static str,
    pub of: fn(&Check) -> i64,
}

const fn counter(id: &'static str, head: &'static str, of: fn(&Check) -> i64) -> Counter {
    Counter { id, head, of }
}

/// Every counter, after what is unreclaimable.
pub(in crate::report) const COUNTERS: &[Counter] = &[
    counter("slab", "slab", |check| check.slab),
    counter("vmalloc", "vmalloc", |check| check.vmalloc),
    counter("modules", "modules", |check| check.modules),
    counter("shmem", "files in memory", |check| check.shmem),
    counter("page_cache", "page cache before reclaim", |check| check.page_cache),
];

/// How the metrics of a check's state begin.
pub(in crate::report) fn metric(check: &Check) -> String {
    format!("memory.{}.{}", check.delivery, check.state)
}

/// The counters of the states that `columns` are of.
pub(in crate::report) fn counters(
    figures: &Figures,
    columns: &[usize],
    part: &str,
) -> Option<Table> {
    let row = |check: &Check| {
        let id = format!("{}.pinned", metric(check));
        let column =
            columns.iter().map(|&at| &figures.columns[at]).find(|column| column.id == id)?;
        let head = head(column);
        let state = head.split_once(", pinned").map_or(head, |(state, _)| state);
        let bytes = COUNTERS.iter().map(|counter| (counter.of)(check));
        let bytes = [check.pinned].into_iter().chain(bytes).map(kib);
        let cells = [check.form.clone(), state.to_owned()].into_iter().chain(bytes);
        Some(block::Row { cells: cells.map(block::Cell::new).collect(), ..Default::default() })
    };
    let checks = figures.record.laboratory.iter().flat_map(|guest| &guest.checks);
    let rows: Vec<_> = checks.filter_map(row).collect();
    let heads = ["form", "state"].map(block::Column::left).into_iter();
    let heads = heads.chain([block::Column::right("unreclaimable")]);
    let table = Table {
        title: format!("Cross-checks: {part}, what each state adds to the kernel’s counters"),
        columns: heads.chain(COUNTERS.iter().map(|one| block::Column::right(one.head))).collect(),
        rows,
        ..Table::default()
    };
    (!table.rows.is_empty()).then_some(table)
}

/// In the kernel's own unit: `5,668 kB` where others would write KiB.
fn kib(bytes: i64) -> String {
    let sign = if bytes < 0 { "−" } else { "" };
    let kib = (bytes.unsigned_abs() as f64 / 1024.0).round() as u64;
    format!("{sign}{} kB", units::count(kib))
}
