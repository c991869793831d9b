//! Several runs side by side: labelled by what tells them apart, never mixed.

use serde::Serialize;

use crate::record::Record;

use super::table::{REFERENCE, Table};
use super::units;

/// The figures that are held side by side, each a table.
const METRICS: &[&str] = &[
    "size.bytes",
    "build.wall",
    "extract.one.middle.warm",
    "extract.all.warm.wall",
    "extract.first_compile",
    "extract.mount.first_compile",
    "memory.module.read.pinned",
    "memory.blockdev.all.pinned",
    "memory.pseudofs.all.pinned",
];

/// A property of a run.
type Kind = (&'static str, fn(&Record) -> Option<String>);

/// What runs must have in common for their figures to compare.
const KINDS: &[Kind] = &[
    ("datasets", |record| {
        let digest: String = record.dataset.digest.chars().take(12).collect();
        Some(format!("{} {digest}", record.dataset.name))
    }),
    ("machines", |record| Some(format!("{} {}", record.machine.cpu, record.machine.id))),
    ("kernels", |record| Some(record.machine.kernel.clone())),
    ("guests", |record| Some(record.laboratory.as_ref()?.guest())),
    ("settings", |record| {
        Some(if record.settings.quick { "quick, one sample each" } else { "full" }.to_owned())
    }),
    ("programs", |record| Some(record.written_by())),
];

/// In what the records are not of one kind, so that their figures must not be held together.
pub(super) fn differences(records: &[Record]) -> Vec<&'static str> {
    let differs = |(_, of): &&Kind| differ(&records.iter().map(of).collect::<Vec<_>>());
    KINDS.iter().filter(differs).map(|(name, _)| *name).collect()
}

/// Whether those that have a value have different ones: a run without a guest is of no other guest.
fn differ(values: &[Option<String>]) -> bool {
    let mut known = values.iter().flatten();
    let first = known.next();
    known.any(|value| Some(value) != first)
}

/// What the template shows of runs side by side.
#[derive(Serialize)]
pub(super) struct Several {
    /// What each run is of: a property, then its value in each run and whether they differ.
    kinds: Vec<(&'static str, Vec<String>, bool)>,
    /// A table for each metric that two runs have.
    tables: Vec<TableView>,
}

#[derive(Serialize)]
struct TableView {
    title: &'static str,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    form: String,
    kernels: bool,
    /// Each run's figure with its interval and its anchor, or the mark of its absence.
    cells: Vec<(String, Option<String>, Option<String>)>,
}

/// `records` side by side.
pub(super) fn view(records: &[Record]) -> Several {
    let tables: Vec<Table> = records.iter().map(Table::new).collect();
    let kind = |(name, of): &Kind| {
        let values: Vec<_> = records.iter().map(of).collect();
        let differ = differ(&values);
        let words = values.into_iter().map(|value| value.unwrap_or_else(|| "none".to_owned()));
        (*name, words.collect(), differ)
    };
    Several {
        kinds: KINDS.iter().map(kind).collect(),
        tables: METRICS.iter().filter_map(|metric| table(&tables, metric)).collect(),
    }
}

fn table(tables: &[Table], metric: &str) -> Option<TableView> {
    let having = tables.iter().filter(|table| {
        let column = table.column(metric);
        column.is_some_and(|column| table.rows.iter().any(|row| row.median(column).is_some()))
    });
    let title = crate::record::metric(metric)?.title;
    if having.count() < 2 {
        return None;
    }
    let mut forms: Vec<&str> = Vec::new();
    for row in tables.iter().flat_map(|table| &table.rows) {
        let new = row.info.is_some() && !forms.contains(&row.form);
        if new {
            forms.push(row.form);
        }
    }
    let rows = forms.iter().map(|form| RowView {
        form: (*form).to_owned(),
        kernels: *form == REFERENCE,
        cells: tables
            .iter()
            .enumerate()
            .map(|(run, table)| cell(run, table, form, metric))
            .collect(),
    });
    Some(TableView { title, rows: rows.collect() })
}

fn cell(
    run: usize,
    table: &Table,
    form: &str,
    metric: &str,
) -> (String, Option<String>, Option<String>) {
    let found = table.column(metric).and_then(|column| {
        let row = table.rows.iter().find(|row| row.form == form)?;
        Some((&table.columns[column], row.cells.get(column)?))
    });
    let Some((column, cell)) = found else { return ("–".to_owned(), None, None) };
    let text = match cell.median() {
        Some(median) => {
            format!("{}{}", cell.state.mark(), units::shown(column.unit, column.nature, median))
        }
        None => cell.state.mark().to_owned(),
    };
    let anchor = cell.observation.map(|observation| format!("r{}-o{observation}", run + 1));
    (text, cell.interval(column), anchor)
}
