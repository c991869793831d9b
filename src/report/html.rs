//! The page: one self-contained HTML file that says everything without a script.

use anyhow::{Context as _, Result};
use minijinja::{Environment, Value, context};
use serde::Serialize;

use crate::record::{Record, Unit};

use super::chart::{self, Chart};
use super::section;
use super::table::{Cell, Column, REFERENCE, State, Table};
use super::{answer, palette, units};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

/// One axis of a record.
#[derive(Serialize)]
struct SectionView {
    id: String,
    title: &'static str,
    method: &'static str,
    charts: Vec<Chart>,
    tables: Vec<TableView>,
}

#[derive(Serialize)]
struct TableView {
    title: &'static str,
    heads: Vec<String>,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    form: String,
    about: String,
    kernels: bool,
    cells: Vec<CellView>,
}

#[derive(Serialize)]
struct CellView {
    state: &'static str,
    text: String,
    interval: Option<String>,
    /// Where its samples stand on the page.
    observation: Option<usize>,
    note: Option<usize>,
}

#[derive(Serialize)]
struct NoteView<'r> {
    number: usize,
    state: &'static str,
    text: &'r str,
    places: Vec<(String, String)>,
}

/// `records` as one page, each in its own part.
///
/// # Errors
/// A template that does not fit the program: never the fault of a record.
pub fn html(records: &[Record]) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_filter("count", units::count);
    environment.add_filter("bytes", |bytes: u64| units::exact(Unit::Bytes, bytes as f64));
    environment.add_filter("short", |bytes: u64| units::short(Unit::Bytes, bytes as f64));
    environment.add_template("page.html", PAGE).context("page.html")?;
    let runs = records.iter().enumerate().map(|(index, record)| run(index, record));
    let runs = runs.collect::<Result<Vec<_>>>()?;
    let style = Value::from_safe_string(format!("{}{STYLE}", palette::css()));
    let differ = differences(records);
    let page = environment.get_template("page.html").context("page.html")?;
    page.render(context! { runs, style, differ }).context("page.html")
}

/// In what the records are not of one kind, so that their figures must not be held together.
fn differences(records: &[Record]) -> Vec<&'static str> {
    let kinds: [(&str, fn(&Record) -> String); 3] = [
        ("datasets", |record| record.dataset.digest.clone()),
        ("machines", |record| record.machine.id.clone()),
        ("kernels", |record| record.machine.kernel.clone()),
    ];
    let differ = kinds.iter().filter(|(_, of)| records.windows(2).any(|w| of(&w[0]) != of(&w[1])));
    differ.map(|(name, _)| *name).collect()
}

/// All that the template shows of one record; `index` keeps the ids of several apart.
fn run(index: usize, record: &Record) -> Result<Value> {
    let prefix = format!("r{}", index + 1);
    let table = Table::new(record);
    let sections = section::sections(&table);
    let sections = sections.iter().map(|section| view(&table, section, &prefix));
    let notes: Vec<_> = table
        .notes
        .list
        .iter()
        .map(|note| NoteView {
            number: note.number,
            state: note.state.name(),
            text: note.text,
            places: note
                .places(&table.columns)
                .iter()
                .map(|place| (place.forms.join(", "), place.metrics.join(", ")))
                .collect(),
        })
        .collect();
    Ok(context! {
        id => prefix,
        record,
        answer => answer::sentences(&table),
        sections => sections.collect::<Result<Vec<_>>>()?,
        scatter => chart::scatter(&table, &prefix)?,
        notes,
        command => command(&record.command),
        samples => samples(record),
    })
}

fn view(table: &Table, section: &section::Section, prefix: &str) -> Result<SectionView> {
    let charts = match section.axis {
        Some(axis) => chart::charts(table, axis, prefix)?,
        None => Vec::new(),
    };
    let tables = section.parts.iter().map(|part| TableView {
        title: part.title,
        heads: part.columns.iter().map(|&c| table.columns[c].title.to_owned()).collect(),
        rows: table
            .rows_with(&part.columns)
            .iter()
            .map(|row| RowView {
                form: row.form.to_owned(),
                about: row.info.map_or_else(String::new, |info| info.about.clone()),
                kernels: row.form == REFERENCE,
                cells: part
                    .columns
                    .iter()
                    .map(|&c| cell(&row.cells[c], &table.columns[c]))
                    .collect(),
            })
            .collect(),
    });
    let name = section.axis.map_or("other", |axis| axis.id());
    Ok(SectionView {
        id: format!("{prefix}-{name}"),
        title: section.title,
        method: section.method,
        charts,
        tables: tables.collect(),
    })
}

fn cell(cell: &Cell, column: &Column) -> CellView {
    let text = match cell.median() {
        Some(median) => units::shown(column.unit, column.nature, median),
        None if cell.state == State::NotAsked => State::NotAsked.mark().to_owned(),
        None => cell.state.name().to_owned(),
    };
    CellView {
        state: cell.state.name(),
        text,
        interval: cell.interval(column),
        observation: cell.observation,
        note: cell.note,
    }
}

/// A command line as a shell takes it.
fn command(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    let quoted = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Every observation with its samples, each to the last digit.
fn samples(record: &Record) -> Vec<Value> {
    let rows = record.observations.iter().map(|seen| {
        let samples = seen.outcome.samples().iter().map(|sample| units::count(*sample));
        context! {
            form => seen.form,
            metric => seen.metric,
            unit => seen.unit,
            samples => samples.collect::<Vec<_>>().join("  "),
            why => seen.outcome.why(),
        }
    });
    rows.collect()
}
