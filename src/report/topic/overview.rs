//! The figures of every form that matter most, in one table.

use crate::record::stats::Method;
use crate::report::block::{Block, Column, Depth, Kind, Section, Table};
use crate::report::figures::Figures;

use super::memory;

/// Metrics from the most important to the first to go where there is no room.
const RANKED: &[&str] = &[
    "size.bytes",
    "extract.one.middle.warm",
    "build.wall",
    "extract.all.warm.wall",
    "extract.first_compile",
    "extract.closure.warm",
];

/// The table, and what its intervals are.
pub(in crate::report) fn section(figures: &Figures) -> Section {
    let ranked = RANKED.iter().enumerate();
    let ranked = ranked.filter_map(|(rank, id)| Some((figures.column(id)?, rank + 1)));
    let mut columns: Vec<(usize, usize)> = ranked.collect();
    columns.sort_unstable();
    let held = memory::as_used(figures);
    if columns.is_empty() && !figures.columns.is_empty() && held.rows.is_empty() {
        columns.push((0, 1));
    }
    let mut blocks = Vec::new();
    if !columns.is_empty() {
        blocks.push(table(figures, &columns));
        blocks.extend(intervals(figures, &columns));
    } else if held.rows.is_empty() {
        blocks.push(Block::text("The result has no figure."));
    }
    Section {
        id: format!("r{}-overview", figures.run),
        title: "Overview".to_owned(),
        depth: Depth::Brief,
        blocks,
    }
}

fn table(figures: &Figures, columns: &[(usize, usize)]) -> Block {
    let shown: Vec<usize> = columns.iter().map(|(at, _)| *at).collect();
    let head =
        |&(at, rank): &(usize, usize)| Column { rank, ..Column::right(figures.columns[at].title) };
    let rows = figures.rows_with(&shown).into_iter().map(|row| {
        let cells = shown.iter().map(|&at| figures.brief(&row.cells[at], &figures.columns[at]));
        figures.line(row, cells.collect())
    });
    Block::Table(Table {
        kind: Kind::Sorted,
        rows: rows.collect(),
        columns: [Column::left("form")].into_iter().chain(columns.iter().map(head)).collect(),
        ..Table::default()
    })
}

/// What the intervals are of, if there are any.
fn intervals(figures: &Figures, columns: &[(usize, usize)]) -> Option<Block> {
    let summaries = figures
        .rows
        .iter()
        .flat_map(|row| columns.iter().filter_map(|(at, _)| row.cells[*at].summary));
    let methods: Vec<Method> =
        summaries.filter_map(|summary| Some(summary.interval?.method)).collect();
    let of = match (methods.contains(&Method::Pooled), methods.contains(&Method::StudentT)) {
        (true, _) => "; of times from the noise of all forms",
        (false, true) => "; with fewer than 6 samples Student’s, of the geometric mean",
        (false, false) => "",
    };
    let text = format!("Medians, ± the larger side of the 95 % CI{of}.");
    (!methods.is_empty()).then(|| Block::small(text))
}
