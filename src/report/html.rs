//! The page: one self-contained HTML file that says everything without a script.

use anyhow::{Context as _, Result};
use minijinja::{Environment, Value, context};
use serde::Serialize;

use crate::record::{Axis, Record, Unit};

use super::chart;
use super::chart::Chart;
use super::counters;
use super::counters::COUNTERS;
use super::section;
use super::table::{Cell, Column, REFERENCE, Row, State, Table};
use super::{answer, claims, decide, fronts, memory, palette, references, several, units};
use crate::judge::claim;
use crate::sys::shell;

/// What helps to decide comes as macros that the page calls.
const PAGE: &str = concat!(
    include_str!("decide.html"),
    include_str!("memory.html"),
    include_str!("several.html"),
    include_str!("page.html")
);
const STYLE: &str = include_str!("style.css");
/// What makes it live, where scripts run.
const SCRIPT: &str = include_str!("live.js");

/// The heading over what size is held against: nothing, latency, memory, both.
const AGAINST: [&str; 4] =
    ["", "Size against latency", "Size against memory", "Size against latency and memory"];

/// One axis of a record.
#[derive(Serialize)]
struct SectionView {
    id: String,
    title: &'static str,
    method: &'static str,
    /// The kernel that all its figures are of, where that is not the machine's own.
    laboratory: Option<String>,
    /// The table that comes before the charts.
    lead: Option<TableView>,
    /// Its rows in words.
    words: Vec<String>,
    charts: Vec<Chart>,
    tables: Vec<TableView>,
}

#[derive(Serialize)]
struct TableView {
    title: &'static str,
    heads: Vec<Head>,
    rows: Vec<RowView>,
    /// What other counters say of the same states; `None` where the record has none.
    counters: Option<CountersView>,
}

#[derive(Serialize)]
struct CountersView {
    heads: Vec<&'static str>,
    rows: Vec<counters::Row>,
}

#[derive(Serialize)]
struct Head {
    title: String,
    /// Whether intervals stand beside its figures.
    intervals: bool,
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
    /// Whether it is a figure.
    measured: bool,
    /// The figure in base units, by which tables are sorted.
    value: Option<f64>,
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
    let many = records.len() > 1;
    let runs = records.iter().enumerate().map(|(index, record)| run(index + 1, many, record));
    let runs = runs.collect::<Result<Vec<_>>>()?;
    let style = Value::from_safe_string(format!("{}{STYLE}", palette::css()));
    let script = Value::from_safe_string(SCRIPT.to_owned());
    let differ = several::differences(records);
    let several = several::view(records);
    let judgements = claim::judge(records);
    let claims = claims::views(&judgements, records);
    let tally = claims::tally(&judgements);
    let build_hosts = claim::NEEDS;
    let rust_writer = claim::RUST_WRITER;
    let page = environment.get_template("page.html").context("page.html")?;
    let page = page
        .render(context! { runs, style, script, differ, several, claims, tally, build_hosts, rust_writer })
        .context("page.html")?;
    Ok(lawful(&page))
}

/// `page` without control characters, which no escape makes lawful in HTML.
pub(super) fn lawful(page: &str) -> String {
    let lawful =
        |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
    page.chars().map(lawful).collect()
}

/// All that the template shows of one record; `number` keeps those of several apart.
fn run(number: usize, many: bool, record: &Record) -> Result<Value> {
    let prefix = format!("r{number}");
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
    let scatter = chart::scatter(&table, &prefix)?;
    let decide = decide::view(record, &prefix)?;
    Ok(context! {
        id => prefix,
        of => if many { format!(" of run {number}") } else { String::new() },
        record,
        answer => answer::sentences(&table),
        sections => sections.collect::<Result<Vec<_>>>()?,
        against => AGAINST[usize::from(scatter.is_some()) + 2 * usize::from(decide.has_pinned())],
        fronts => fronts::view(record),
        front_charts => chart::front_charts(record, &prefix)?,
        scatter,
        decide,
        notes,
        references => context! {
            title => references::TITLE,
            method => references::METHOD,
            list => references::views(record),
        },
        command => shell::quoted(&record.command),
        samples => samples(record),
    })
}

fn view(table: &Table, section: &section::Section, prefix: &str) -> Result<SectionView> {
    let charts = match section.axis {
        Some(axis) => chart::charts(table, axis, prefix)?,
        None => Vec::new(),
    };
    let of_memory = section.axis == Some(Axis::Memory);
    let lead = of_memory.then(|| tight_view(table)).flatten();
    let tables = section.parts.iter().map(|part| table_view(table, part));
    let name = section.axis.map_or("other", |axis| axis.id());
    Ok(SectionView {
        id: format!("{prefix}-{name}"),
        title: section.title,
        method: section.method,
        laboratory: of_memory.then(|| memory::laboratory(table.record)).flatten(),
        lead,
        words: if of_memory { held_in_words(table) } else { Vec::new() },
        charts,
        tables: tables.collect(),
    })
}

fn table_view(table: &Table, part: &section::Part) -> TableView {
    let rows = part.rows(table);
    let head = |&index: &usize| {
        let column = &table.columns[index];
        let intervals = rows.iter().any(|row| row.cells[index].interval(column).is_some());
        Head { title: memory::head(column).to_owned(), intervals }
    };
    let heads: Vec<Head> = part.columns.iter().map(head).collect();
    let row = |row: &&Row| {
        let cells = part.columns.iter().zip(&heads);
        let cells =
            cells.map(|(&index, head)| cell(table, &row.cells[index], &table.columns[index], head));
        row_view(row, cells.collect())
    };
    let rows = rows.iter().map(row).collect();
    let counted = counters::rows(table, &part.columns);
    let counters = (!counted.is_empty()).then(|| CountersView {
        heads: COUNTERS.iter().map(|counter| counter.head).collect(),
        rows: counted,
    });
    TableView { title: part.title, heads, rows, counters }
}

/// What each form holds in the end, a sentence for each.
fn held_in_words(table: &Table) -> Vec<String> {
    let rows = memory::tight(table);
    rows.iter().filter_map(|row| memory::held_in_words(table, row)).collect()
}

/// What each form holds in the end; `None` where nothing was measured of it.
fn tight_view(table: &Table) -> Option<TableView> {
    let heads: Vec<Head> = memory::tight_heads()
        .map(|title| Head { title: title.to_owned(), intervals: false })
        .collect();
    let cells = |cells: Vec<memory::Figure>| {
        let cells = cells.into_iter().zip(&heads);
        let view = |(found, head)| match found {
            Some((found, column)) => CellView {
                interval: memory::fewer(table.record, found, column),
                ..cell(table, found, column, head)
            },
            None => nothing(),
        };
        cells.map(view).collect()
    };
    let rows = memory::tight(table).into_iter().map(|(row, found)| row_view(row, cells(found)));
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return None;
    }
    Some(TableView { title: memory::TIGHT_TITLE, heads, rows, counters: None })
}

fn row_view(row: &Row, cells: Vec<CellView>) -> RowView {
    RowView {
        form: row.form.to_owned(),
        about: row.info.map_or_else(String::new, |info| info.about.clone()),
        kernels: row.form == REFERENCE,
        cells,
    }
}

/// A cell that nothing belongs in.
fn nothing() -> CellView {
    let state = State::NotAsked;
    CellView {
        state: state.name(),
        text: state.mark().to_owned(),
        measured: false,
        value: None,
        interval: None,
        observation: None,
        note: None,
    }
}

fn cell(table: &Table, cell: &Cell, column: &Column, head: &Head) -> CellView {
    let text = match cell.median() {
        Some(median) => units::shown(column.unit, column.nature, median),
        // A failure is told in full; the rest stands back, or it would drown the figures.
        None if cell.state == State::Failed => cell.state.name().to_owned(),
        None => cell.state.mark().to_owned(),
    };
    CellView {
        state: cell.state.name(),
        text,
        measured: cell.summary.is_some(),
        value: cell.median(),
        interval: cell
            .interval(column)
            .or_else(|| memory::fewer(table.record, cell, column))
            // Empty beside the intervals of other rows, so that the figures stand in line.
            .or_else(|| head.intervals.then(String::new)),
        observation: cell.observation,
        note: cell.note,
    }
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
