//! The tables in Markdown, for an issue, a mail or a README.

use std::fmt::Write as _;

use crate::record::{Axis, Record};

use super::memory;
use super::references;
use super::section;
use super::section::Part;
use super::table::{Cell, Column, Table};
use super::units;

/// The records, one after another, each under its own heading.
pub(super) fn markdown(records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        if !text.is_empty() {
            text.push_str("\n---\n\n");
        }
        one(record, &mut text);
    }
    if !records.is_empty() {
        text.push('\n');
        super::claims::markdown(&crate::judge::claim::judge(records), records, &mut text);
    }
    text
}

fn one(record: &Record, text: &mut String) {
    let table = Table::new(record);
    let _ = writeln!(text, "# Kernel headers, form by form: {}\n", escaped(&record.dataset.name));
    let _ = writeln!(text, "{}\n", about(record));
    for note in &record.dataset.notes {
        let _ = writeln!(text, "> {}\n", escaped(note));
    }
    for sentence in super::answer::sentences(&table) {
        let _ = writeln!(text, "{}\n", escaped(&sentence.plain()));
    }
    for section in section::sections(&table) {
        let _ = writeln!(text, "## {}\n", escaped(section.title));
        if section.axis == Some(Axis::Memory) {
            tight(&table, text);
        }
        for part in &section.parts {
            if section.parts.len() > 1 {
                let _ = writeln!(text, "### {}\n", escaped(part.title));
            }
            grid(&table, part, text);
        }
    }
    references::markdown(record, text);
    reasons(&table, text);
}

fn about(record: &Record) -> String {
    let (dataset, machine) = (&record.dataset, &record.machine);
    let finished = match &record.finished {
        Some(_) => "",
        None => " The run was interrupted: what it had is here.",
    };
    format!(
        "{}: {}, {}, digest {}. Run on {} with {}, {}, {}.{finished}",
        escaped(&dataset.title),
        units::counted(dataset.census.files, "file"),
        units::exact(crate::record::Unit::Bytes, dataset.census.bytes as f64),
        escaped(&dataset.digest),
        escaped(&record.started),
        escaped(&machine.cpu),
        units::counted(machine.cores, "core"),
        escaped(&machine.kernel),
    )
}

fn grid(table: &Table, part: &Part, text: &mut String) {
    let columns = &part.columns;
    let heads: Vec<_> = columns.iter().map(|&c| escaped(memory::head(&table.columns[c]))).collect();
    let _ = writeln!(text, "| form | {} |", heads.join(" | "));
    let _ = writeln!(text, "|:--|{}", "--:|".repeat(columns.len()));
    for row in part.rows(table) {
        let cells = columns.iter().map(|&c| figure(table, &row.cells[c], &table.columns[c]));
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let _ = writeln!(text, "| {} | {cells} |", escaped(row.form));
    }
    text.push('\n');
}

/// What each form holds in the end, under the kernel that all figures of the section are of.
fn tight(table: &Table, text: &mut String) {
    let Some(laboratory) = memory::laboratory(table.record) else { return };
    let _ = writeln!(text, "All in this section: {}.\n", escaped(&laboratory));
    let rows = memory::tight(table);
    if rows.is_empty() {
        return;
    }
    let heads: Vec<_> = memory::tight_heads().map(escaped).collect();
    let _ = writeln!(text, "### {}\n", escaped(memory::TIGHT_TITLE));
    let _ = writeln!(text, "| form | {} |", heads.join(" | "));
    let _ = writeln!(text, "|:--|{}", "--:|".repeat(heads.len()));
    let words: Vec<_> = rows.iter().filter_map(|row| memory::held_in_words(table, row)).collect();
    for (row, cells) in rows {
        let cells = cells.into_iter().map(|found| {
            found.map_or_else(|| "·".to_owned(), |(cell, column)| held(table, cell, column))
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let _ = writeln!(text, "| {} | {cells} |", escaped(row.form));
    }
    text.push('\n');
    for sentence in words {
        let _ = writeln!(text, "- {}", escaped(&sentence));
    }
    text.push('\n');
}

fn figure(table: &Table, cell: &Cell, column: &Column) -> String {
    match cell.interval(column) {
        Some(interval) => format!("{} ({interval})", escaped(&cell.text(column))),
        None => held(table, cell, column),
    }
}

/// The figure without its interval, but with the boots it is of where these are fewer than others'.
fn held(table: &Table, cell: &Cell, column: &Column) -> String {
    let text = escaped(&cell.text(column));
    match memory::fewer(table.record, cell, column) {
        Some(boots) => format!("{text} ({boots})"),
        None => text,
    }
}

fn reasons(table: &Table, text: &mut String) {
    if table.notes.list.is_empty() {
        return;
    }
    text.push_str("## Skipped, failed, modelled\n\n");
    for note in &table.notes.list {
        let _ = write!(
            text,
            "- \\[{}\\] **{}**: {}",
            note.number,
            note.state.name(),
            escaped(note.text)
        );
        for place in note.places(&table.columns) {
            let _ = write!(
                text,
                "; {}: {}",
                escaped(&place.forms.join(", ")),
                escaped(&place.metrics.join(", "))
            );
        }
        text.push('\n');
    }
}

/// `text` on one line, with nothing left that Markdown or HTML would take for markup.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            safe.push(' ');
            continue;
        }
        if "\\`*_[]<>|&".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
