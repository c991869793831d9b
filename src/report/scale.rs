//! How times grow with the tree: for the terminal, and as a page.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use minijinja::{Environment, Value, context};
use serde::Serialize;

use crate::record::{Record, Unit};
use crate::scale::{ALLOWED, Row, Verdict, rows};

use super::terminal::{clean, laid_out, wrap};
use super::{chart, palette, units};

const PAGE: &str = include_str!("scale.html");
const STYLE: &str = include_str!("style.css");

const LEGEND: &str = "Times as long as the tree itself takes, medians of each round’s own ratio. ▲ more than \
                      1.1 times what is in proportion, beyond noise. △ noise decides, or is not known. \
                      Without a mark: no more, beyond noise.";

/// The times whose growth is drawn, and shown on a terminal.
const SHOWN: &[&str] = &[
    "build.wall",
    "extract.all.warm.wall",
    "extract.one.middle.warm",
    "extract.closure.warm",
    "extract.mount.all",
];

/// The growth of times over `sizes` for a terminal `width` columns wide: the most telling times, and
/// every other that grows too fast.
pub fn terminal(sizes: &[(u64, Record)], width: usize) -> String {
    let mut text = String::new();
    let rows = rows(sizes);
    let shown = |row: &&Row| SHOWN.contains(&row.metric) || exceeds(row);
    let larger = sizes.iter().skip(1).map(|(times, _)| format!("{times}x"));
    let heads = ["form", "time", "1x"].map(str::to_owned).into_iter().chain(larger).collect();
    let lines = rows.iter().filter(shown).map(|row| {
        let name =
            [clean(&row.form), row.title.to_owned(), units::short(Unit::Nanoseconds, row.once)];
        name.into_iter().chain(cells(row)).collect::<Vec<_>>()
    });
    let _ = writeln!(text, "{}", laid_out(heads, lines));
    wrap("", LEGEND, width, &mut text);
    for row in rows.iter().filter(|row| exceeds(row)) {
        let worst = row.steps.iter().filter_map(|step| Some((step.growth()?, step.times)));
        let worst = worst.max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((growth, times)) = worst {
            let said = format!(
                "{}, {}: {growth:.2} times what is in proportion at {times}x",
                row.form, row.metric
            );
            wrap("grows too fast: ", &clean(&said), width, &mut text);
        }
    }
    text
}

fn exceeds(row: &Row) -> bool {
    row.verdict() == Some(Verdict::Exceeds)
}

fn cells(row: &Row) -> impl Iterator<Item = String> {
    row.steps.iter().map(|step| match step.factor() {
        Some(factor) => format!("{factor:.2}{}", mark(step.verdict())),
        None => "–".to_owned(),
    })
}

fn mark(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Exceeds) => " ▲",
        Some(Verdict::WithinNoise) => " △",
        Some(Verdict::Holds) | None => "",
    }
}

/// One time of all forms.
#[derive(Serialize)]
struct TableView {
    title: &'static str,
    metric: &'static str,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    form: String,
    once: String,
    cells: Vec<String>,
    over: bool,
}

/// The growth of times over `sizes` as one self-contained page.
///
/// # Errors
/// A template that does not fit the program: never the fault of a record.
pub fn html(sizes: &[(u64, Record)]) -> Result<String> {
    let rows = rows(sizes);
    let mut tables: Vec<TableView> = Vec::new();
    for row in &rows {
        let view = RowView {
            form: row.form.clone(),
            once: units::short(Unit::Nanoseconds, row.once),
            cells: cells(row).collect(),
            over: exceeds(row),
        };
        match tables.last_mut().filter(|table| table.metric == row.metric) {
            Some(table) => table.rows.push(view),
            None => {
                tables.push(TableView { title: row.title, metric: row.metric, rows: vec![view] })
            }
        }
    }
    let layout = |form: &str| {
        let infos = sizes.first().map_or(&[][..], |(_, record)| &record.forms);
        infos.iter().find(|info| info.id == form).map_or("", |info| info.layout.as_str())
    };
    let mut charts = Vec::new();
    for metric in SHOWN {
        let drawn: Vec<&Row> = rows.iter().filter(|row| row.metric == *metric).collect();
        charts.extend(chart::growth(&drawn, &layout)?);
    }
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_filter("bytes", |bytes: u64| units::exact(Unit::Bytes, bytes as f64));
    environment.add_filter("count", units::count);
    environment.add_template("scale.html", PAGE).context("scale.html")?;
    let page = environment.get_template("scale.html").context("scale.html")?;
    let style = Value::from_safe_string(format!("{}{STYLE}", palette::css()));
    let count = |verdict| rows.iter().filter(|row| row.verdict() == Some(verdict)).count();
    let (over, open) = (count(Verdict::Exceeds), count(Verdict::WithinNoise));
    let (legend, allowed) = (LEGEND, ALLOWED);
    let page = page
        .render(context! { sizes, tables, charts, style, over, open, legend, allowed })
        .context("scale.html")?;
    Ok(super::html::lawful(&page))
}
