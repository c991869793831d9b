//! The table at the end of a run, in as many columns as the terminal has room for.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, presets};

use crate::record::Record;

use super::memory;
use super::memory::TightRow;
use super::references;
use super::table::{Cell, Column, Table};
use crate::record::stats::Method;

/// The width assumed where there is no terminal to ask.
pub const WIDTH: usize = 120;

/// Columns from the dearest to the first to go when the terminal is narrow.
const DEAREST: &[&str] = &[
    "size.bytes",
    "extract.one.middle.warm",
    "build.wall",
    "extract.all.warm.wall",
    "extract.first_compile",
    "extract.closure.warm",
    "extract.mount.one",
    "build.peak_memory",
    "size.pages",
    "extract.all.warm.peak_memory",
];

/// What stands between two columns.
const GAP: usize = 2;

/// The table of `record` for a terminal `width` columns wide, with the reasons below it.
pub fn terminal(record: &Record, width: usize) -> String {
    let table = Table::new(record);
    let mut text = String::new();
    let columns = chosen(&table, width);
    let held = memory::tight(&table);
    if columns.is_empty() {
        if held.is_empty() {
            text.push_str("nothing was observed\n");
        }
    } else {
        let _ = writeln!(text, "{}", grid(&table, &columns));
        intervals(&table, &columns, width, &mut text);
    }
    if !held.is_empty() {
        if !columns.is_empty() {
            text.push('\n');
        }
        wrap("", &format!("{}:", memory::TIGHT_TITLE), width, &mut text);
        tight(record, held, width, &mut text);
        let laboratory = memory::laboratory(record).unwrap_or_default();
        wrap("", &clean(&laboratory), width, &mut text);
    }
    reasons(&table, &columns, width, &mut text);
    references::terminal(record, width, &mut text);
    text
}

/// What each form holds in the end, in as few columns as fit anywhere.
fn tight(record: &Record, held: Vec<TightRow>, width: usize, text: &mut String) {
    let mut boots = Vec::new();
    let mut heads = vec!["form".to_owned()];
    let mut rows: Vec<_> = held.iter().map(|(row, _)| vec![clean(row.form)]).collect();
    for (at, head) in memory::tight_heads().enumerate() {
        let column = held.iter().map(|(_, cells)| {
            let Some((cell, column)) = cells.get(at).copied().flatten() else {
                return ("·".to_owned(), None);
            };
            (cell.text(column), memory::fewer(record, cell, column))
        });
        let column: Vec<_> = column.collect();
        let marked = column.iter().any(|(_, fewer)| fewer.is_some());
        // Room beside the others of its column, so that the figures stand in line.
        let mark = |fewer: bool| match (marked, fewer) {
            (false, _) => "",
            (true, false) => " ",
            (true, true) => "¹",
        };
        heads.push(format!("{head}{}", mark(false)));
        for (row, (figure, fewer)) in rows.iter_mut().zip(column) {
            row.push(format!("{figure}{}", mark(fewer.is_some())));
            boots.extend(fewer);
        }
    }
    let table = laid_out(heads, rows.into_iter());
    for line in table.lines() {
        let _ = writeln!(text, "{}", line.trim_end());
    }
    boots.sort();
    boots.dedup();
    if !boots.is_empty() {
        wrap("", &format!("¹ of {}.", boots.join(" or ")), width, text);
    }
}

/// The columns that fit, in the order of reports.
fn chosen(table: &Table, width: usize) -> Vec<usize> {
    let name = table.rows.iter().map(|row| chars(row.form)).max().unwrap_or(0);
    let mut room = width.saturating_sub(name);
    let mut columns: Vec<usize> = Vec::new();
    for column in DEAREST.iter().filter_map(|id| table.column(id)) {
        let cost = GAP + breadth(table, column);
        // One figure always stands, however narrow: a table without any says nothing.
        if cost <= room || columns.is_empty() {
            room = room.saturating_sub(cost);
            columns.push(column);
        }
    }
    if columns.is_empty() && !table.columns.is_empty() && memory::tight(table).is_empty() {
        columns.push(0);
    }
    columns.sort_unstable();
    columns
}

fn breadth(table: &Table, index: usize) -> usize {
    let column = &table.columns[index];
    let cells = table.rows.iter().map(|row| chars(&figure(&row.cells[index], column)));
    cells.chain([chars(column.title)]).max().unwrap_or(0)
}

fn grid(table: &Table, columns: &[usize]) -> String {
    let heads = columns.iter().map(|&c| clean(table.columns[c].title));
    let rows = table.rows_with(columns).into_iter().map(|row| {
        let cells = columns.iter().map(|&c| figure(&row.cells[c], &table.columns[c]));
        [clean(row.form)].into_iter().chain(cells).collect::<Vec<_>>()
    });
    laid_out(["form".to_owned()].into_iter().chain(heads).collect(), rows)
}

/// A table with its first column to the left and the others to the right.
pub(super) fn laid_out(heads: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut grid = comfy_table::Table::new();
    grid.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    grid.set_header(heads);
    grid.add_rows(rows);
    for (index, column) in grid.column_iter_mut().enumerate() {
        column.set_padding((if index == 0 { 0 } else { GAP as u16 }, 0));
        let right = if index == 0 { CellAlignment::Left } else { CellAlignment::Right };
        column.set_cell_alignment(right);
    }
    grid.trim_fmt()
}

/// The figure with what its interval reaches to.
fn figure(cell: &Cell, column: &Column) -> String {
    let text = cell.text(column);
    match cell.uncertainty(column) {
        Some(percent) => format!("{text} ±{percent:>2.0} %"),
        None => text,
    }
}

/// What the intervals are of, if there are any.
fn intervals(table: &Table, columns: &[usize], width: usize, text: &mut String) {
    let cells = columns
        .iter()
        .flat_map(|&c| table.rows.iter().map(move |row| (&row.cells[c], &table.columns[c])));
    let shown = cells.filter(|(cell, column)| cell.uncertainty(column).is_some());
    let methods: Vec<Method> =
        shown.filter_map(|(cell, _)| Some(cell.summary?.interval?.method)).collect();
    if methods.is_empty() {
        return;
    }
    let of = match (methods.contains(&Method::Pooled), methods.contains(&Method::StudentT)) {
        (true, _) => "; of times from the noise of all forms",
        (false, true) => "; with fewer than 6 samples Student’s, of the geometric mean",
        (false, false) => "",
    };
    let note = format!("Medians, ± the larger side of the 95 % interval{of}.");
    wrap("", &note, width, text);
}

fn reasons(table: &Table, columns: &[usize], width: usize, text: &mut String) {
    for note in &table.notes.list {
        // What is hidden for want of room is in the record; a failure is told wherever it is.
        let shown = columns.iter().any(|&c| note.concerns(table.columns[c].id));
        if !shown && note.state != super::table::State::Failed {
            continue;
        }
        let places = note.places(&table.columns);
        let places =
            places.iter().map(|p| format!("{}: {}", p.forms.join(", "), p.metrics.join(", ")));
        let places = places.collect::<Vec<_>>().join("; ");
        let lead = format!("[{}] {}: ", note.number, note.state.name());
        let body = clean(&format!("{} ({places})", note.text));
        wrap(&lead, &body, width, text);
    }
}

/// `lead` and `body` in lines of at most `width`, the later ones indented.
pub(super) fn wrap(lead: &str, body: &str, width: usize, text: &mut String) {
    text.push_str(lead);
    let mut used = chars(lead);
    let mut fresh = true;
    for word in body.split(' ') {
        let need = chars(word) + usize::from(!fresh);
        if !fresh && used + need > width {
            text.push_str("\n    ");
            used = 4 + chars(word);
        } else {
            if !fresh {
                text.push(' ');
            }
            used += need;
        }
        text.push_str(word);
        fresh = false;
    }
    text.push('\n');
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// On one line, and without the control characters that would drive the terminal.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
