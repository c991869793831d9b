//! Kernel memory: what is unreclaimable as used, and the kernel's other counters.

use crate::record::units;
use crate::record::{Check, Delivery, GuestMetric, Held, guest_metric, is_of_guest};
use crate::report::block;
use crate::report::block::{Kind, Table};
use crate::report::figures::{Cell, Column, Figures, Row};

/// Whether a delivery is one of a column.
type Of = fn(&Delivery) -> bool;

/// The columns of memory as used: the head, whose deliveries it is of, and what of their memory. Of its
/// deliveries a form has at most one figure; an image has loop mounts alone where a kernel takes no modules.
const AS_USED: [(&str, Of, Held); 4] = [
    ("in a module", |delivery| !delivery.row().files, Held::Pinned),
    ("as files", |delivery| delivery.row().files && !delivery.row().mount, Held::Pinned),
    ("mounted", |delivery| delivery.row().mount, Held::Pinned),
    ("reclaimable", |delivery| delivery.row().mount, Held::Reclaimable),
];

/// The first figure of a column that was measured of the form of `row`, or else fits it.
fn first<'t, 'r>(
    figures: &'t Figures<'r>,
    row: &'t Row<'r>,
    (_, of, held): &(&str, Of, Held),
) -> Option<(&'t Cell, &'t Column<'r>)> {
    let deliveries = Delivery::ALL.iter().filter(|delivery| of(delivery));
    let metrics =
        deliveries.map(|one| GuestMetric::Memory(*one, one.all_read(), *held).to_string());
    let columns = metrics.filter_map(|metric| figures.column(&metric));
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
        let found: Vec<_> = AS_USED.iter().map(|column| first(figures, row, column)).collect();
        if found.iter().any(Option::is_some) {
            let cells = found.into_iter().map(|found| {
                found.map_or_else(block::Cell::empty, |(cell, column)| figures.held(cell, column))
            });
            rows.push(figures.line(row, cells.collect()));
        }
    }
    let heads = AS_USED.iter().map(|(head, ..)| block::Column::right(*head));
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
        let state = match guest_metric(column.id) {
            Some(GuestMetric::Memory(delivery, state, _)) => delivery.state_title(state),
            _ => head(column),
        };
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
