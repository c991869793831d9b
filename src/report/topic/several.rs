//! Several runs side by side: labelled by what distinguishes them, never mixed.

use crate::record::{Record, metric};
use crate::report::block::{Block, Cell, Column, Kind, Row, Section, Table, Tone, Words, joined};
use crate::report::figures::{Figures, REFERENCE};

/// The metrics of which there is a table each.
pub(in crate::report) const METRICS: &[&str] = &[
    "size.bytes",
    "build.wall",
    "extract.one.middle.warm",
    "extract.all.warm.wall",
    "extract.first_compile",
    "extract.mount.one",
    "extract.mount.first_compile",
    "memory.module.read.pinned",
    "memory.blockdev.all.pinned",
    "memory.pseudofs.all.pinned",
];

/// A property of a run.
type Property = (&'static str, fn(&Record) -> Option<String>);

/// What runs must have in common for their figures to compare.
const PROPERTIES: &[Property] = &[
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

/// Whether those that have a value have different ones: a run without a guest is of no other guest.
fn differ(values: &[Option<String>]) -> bool {
    let mut known = values.iter().flatten();
    let first = known.next();
    known.any(|value| Some(value) != first)
}

/// What is said of several runs before all else.
pub(in crate::report) fn notice(records: &[Record]) -> Block {
    let differs = |(_, of): &&Property| differ(&records.iter().map(of).collect::<Vec<_>>());
    let names: Vec<&str> = PROPERTIES.iter().filter(differs).map(|(name, _)| *name).collect();
    let words = Words::from(format!("{} runs, one after another. ", records.len()));
    Block::Text(
        Tone::Notice,
        match names.is_empty() {
            true => words.then("They are of one dataset, one machine, one kernel and one program."),
            false => words
                .strong(format!("Their {} differ", joined(names)))
                .then(": figures of one do not compare with those of another."),
        },
    )
}

/// The runs of `all` side by side.
pub(in crate::report) fn section(all: &[Figures]) -> Section {
    let row = |(name, of): &Property| {
        let values: Vec<_> = all.iter().map(|figures| of(figures.record)).collect();
        let same = if differ(&values) { "no" } else { "yes" };
        let values = values.into_iter().map(|value| value.unwrap_or_else(|| "none".to_owned()));
        let cells = [(*name).to_owned()].into_iter().chain(values).chain([same.to_owned()]);
        Row { cells: cells.map(Cell::new).collect(), ..Row::default() }
    };
    let runs = all.iter().map(|figures| Column::left(format!("run {}", figures.run)));
    let runs = Table {
        title: "The runs".to_owned(),
        kind: Kind::Words,
        columns: [Column::left("of")]
            .into_iter()
            .chain(runs)
            .chain([Column::left("the same")])
            .collect(),
        rows: PROPERTIES.iter().map(row).collect(),
        ..Table::default()
    };
    let tables = METRICS.iter().filter_map(|metric| table(all, metric));
    Section {
        id: "side-by-side".to_owned(),
        title: "Side by side".to_owned(),
        blocks: [runs].into_iter().chain(tables).map(Block::Table).collect(),
        ..Section::default()
    }
}

/// A table of `metric`, where two runs have it.
fn table(all: &[Figures], id: &str) -> Option<Table> {
    let has = |figures: &&Figures| {
        let column = figures.column(id);
        column.is_some_and(|column| figures.rows.iter().any(|row| row.median(column).is_some()))
    };
    let title = metric(id)?.title.to_owned();
    if all.iter().filter(has).count() < 2 {
        return None;
    }
    let mut forms: Vec<&str> = Vec::new();
    for row in all.iter().flat_map(|figures| &figures.rows) {
        if row.info.is_some() && !forms.contains(&row.form) {
            forms.push(row.form);
        }
    }
    let rows = forms.iter().map(|form| {
        let cells = all.iter().map(|figures| cell(figures, form, id));
        let cells = [Cell::new(*form)].into_iter().chain(cells).collect();
        Row { id: None, reference: *form == REFERENCE, cells }
    });
    let head = |figures: &Figures| format!("run {}: {}", figures.run, figures.record.dataset.name);
    let heads = all.iter().map(|figures| Column::right(head(figures)));
    let columns = [Column::left("form")].into_iter().chain(heads).collect();
    Some(Table { title, columns, rows: rows.collect(), ..Table::default() })
}

fn cell(figures: &Figures, form: &str, metric: &str) -> Cell {
    let found = figures.column(metric).and_then(|column| {
        let row = figures.rows.iter().find(|row| row.form == form)?;
        Some((&figures.columns[column], row.cells.get(column)?))
    });
    let Some((column, cell)) = found else { return Cell::new("–") };
    // The numbers of notes are each run's own.
    Cell { note: None, ..figures.shown(cell, column) }
}
