//! The page: one self-contained HTML file.

use anyhow::{Context as _, Result};
use minijinja::{Environment, context};
use serde::Serialize;

use crate::record::Record;

use super::answer;
use super::section;
use super::table::Table;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

#[derive(Serialize)]
struct Section {
    title: &'static str,
    method: &'static str,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    title: &'static str,
    heads: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

/// `records` as one page, each in its own section.
///
/// # Errors
/// A template that does not fit the program: never the fault of a record.
pub fn html(records: &[Record]) -> Result<String> {
    let mut environment = Environment::new();
    environment.add_template("page.html", PAGE).context("page.html")?;
    let runs: Vec<_> = records.iter().map(run).collect();
    let page = environment.get_template("page.html").context("page.html")?;
    let style = minijinja::Value::from_safe_string(STYLE.to_owned());
    Ok(page.render(context! { runs, style })?)
}

fn run(record: &Record) -> minijinja::Value {
    let table = Table::new(record);
    let sections: Vec<_> = section::sections(&table).iter().map(|s| part(&table, s)).collect();
    let notes: Vec<_> = table
        .notes
        .list
        .iter()
        .map(|n| context! { number => n.number, state => n.state.name(), text => n.text })
        .collect();
    context! { record, sections, notes, answer => answer::sentences(&table) }
}

fn part(table: &Table, section: &section::Section) -> Section {
    let parts = section.parts.iter().map(|part| Part {
        title: part.title,
        heads: part.columns.iter().map(|&c| table.columns[c].title.to_owned()).collect(),
        rows: table
            .rows_with(&part.columns)
            .iter()
            .map(|row| {
                let cells = part.columns.iter().map(|&c| row.cells[c].text(&table.columns[c]));
                (row.form.to_owned(), cells.collect())
            })
            .collect(),
    });
    Section { title: section.title, method: section.method, parts: parts.collect() }
}
