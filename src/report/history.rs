//! A folder of records as a history: each form's size and medians from run to run.

use anyhow::{Context as _, Result};
use minijinja::{Environment, Value, context};
use serde::Serialize;

use crate::record::figure::{Estimate, figure};
use crate::record::{Axis, Guest, Record, Unit, metric};

use super::{chart, palette, units};

const PAGE: &str = include_str!("history.html");
const STYLE: &str = include_str!("style.css");

/// The figures whose history is drawn.
const METRICS: &[&str] = &[
    "size.bytes",
    "build.wall",
    "extract.one.middle.warm",
    "extract.all.warm.wall",
    "extract.first_compile",
    "extract.mount.one",
    "memory.module.read.pinned",
    "memory.blockdev.all.pinned",
    "memory.pseudofs.all.pinned",
];

/// Runs of one dataset on one machine: only theirs are drawn in one line.
#[derive(Serialize)]
struct Group<'r> {
    dataset: &'r str,
    digest: &'r str,
    cpu: &'r str,
    machine: &'r str,
    runs: Vec<&'r Record>,
    tables: Vec<TableView>,
}

#[derive(Serialize)]
struct TableView {
    title: String,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    form: String,
    line: Value,
    first: String,
    last: String,
    change: String,
}

/// The history of `records` as one page, in the order in which they were started.
///
/// # Errors
/// A template that does not fit the program: never the fault of a record.
pub fn history(records: &[Record]) -> Result<String> {
    let mut records: Vec<&Record> = records.iter().collect();
    records.sort_by_key(|record| record.started.as_str());
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for record in &records {
        let kind = kind(record);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let groups = kinds.iter().enumerate().map(|(number, wanted)| {
        let runs = records.iter().copied().filter(|record| kind(record) == *wanted);
        group(number, runs.collect())
    });
    let groups = groups.collect::<Result<Vec<_>>>()?;
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_template("history.html", PAGE).context("history.html")?;
    let page = environment.get_template("history.html").context("history.html")?;
    let style = Value::from_safe_string(format!("{}{STYLE}", palette::css()));
    let page = page.render(context! { groups, style }).context("history.html")?;
    Ok(super::html::lawful(&page))
}

/// What runs must have in common to be drawn in one line.
fn kind(record: &Record) -> (&str, &str) {
    (&record.dataset.digest, &record.machine.id)
}

fn group(number: usize, runs: Vec<&Record>) -> Result<Group<'_>> {
    let newest = runs.last().context("a group without a run")?;
    let mut forms: Vec<&str> = Vec::new();
    for form in runs.iter().flat_map(|record| &record.forms) {
        if !forms.contains(&form.id.as_str()) {
            forms.push(&form.id);
        }
    }
    let mut tables = Vec::new();
    for (at, id) in METRICS.iter().enumerate() {
        let Some(known) = metric(id) else { continue };
        for (part, guest) in guests(&runs, known.axis).into_iter().enumerate() {
            let mut rows = Vec::new();
            for (line, form) in forms.iter().enumerate() {
                let name = format!("h{number}-{at}-{part}-{line}");
                let of_guest = |record: &Record| guest.is_none() || guest == self::guest(record);
                rows.extend(row(&runs, &of_guest, (form, id), known.unit, &name)?);
            }
            let title = match guest {
                Some(guest) => format!("{}; {guest}", known.title),
                None => known.title.to_owned(),
            };
            if !rows.is_empty() {
                tables.push(TableView { title, rows });
            }
        }
    }
    Ok(Group {
        dataset: &newest.dataset.name,
        digest: &newest.dataset.digest,
        cpu: &newest.machine.cpu,
        machine: &newest.machine.id,
        tables,
        runs,
    })
}

fn guest(record: &Record) -> Option<String> {
    record.laboratory.as_ref().map(Guest::guest)
}

/// The guests whose figures of `axis` are not to be mixed; one, of no name, where no guest measures.
fn guests(runs: &[&Record], axis: Axis) -> Vec<Option<String>> {
    if !axis.is_of_guest() {
        return vec![None];
    }
    let mut guests: Vec<_> = runs.iter().filter_map(|record| guest(record)).map(Some).collect();
    guests.sort();
    guests.dedup();
    guests
}

/// The line of one form over the runs that `fit`; `None` when none of these has a figure.
fn row(
    runs: &[&Record],
    fit: &dyn Fn(&Record) -> bool,
    (form, metric): (&str, &str),
    unit: Unit,
    name: &str,
) -> Result<Option<RowView>> {
    let found = |record: &&Record| figure(record, form, metric).ok().filter(|_| fit(record));
    let figures: Vec<Option<Estimate>> =
        runs.iter().map(|record| found(record).map(|figure| figure.estimate)).collect();
    let mut seen = figures.iter().flatten();
    let Some(first) = seen.next() else { return Ok(None) };
    let last = seen.last().unwrap_or(first);
    let text = |estimate: &Estimate| match metric {
        "size.bytes" => units::exact(unit, estimate.value),
        _ => units::short(unit, estimate.value),
    };
    let told = runs.iter().zip(&figures).map(|(record, figure)| {
        let figure = figure.as_ref().map_or("none".to_owned(), text);
        format!("{}: {figure}", record.started)
    });
    let told = told.collect::<Vec<_>>().join("; ");
    Ok(Some(RowView {
        form: form.to_owned(),
        line: Value::from_safe_string(chart::line(name, form, &told, &figures)?),
        first: text(first),
        last: text(last),
        change: match figures.iter().flatten().count() {
            1 => "one run".to_owned(),
            _ => units::difference(last.value, first.value),
        },
    }))
}
