//! A folder of records as a history: each form's size and medians from run to run.

use anyhow::Result;

use crate::record::figure::figure;
use crate::record::units;
use crate::record::{Axis, Guest, Metric, Record, metric};
use crate::report::block::{
    Block, Cell, Column, Document, Kind, Part, Row, Section, Style, Table, Tone, Words,
};
use crate::report::render::html;

use super::several::METRICS;

const METHOD: &str = "Medians, and the change from the first run to the last. kheaders-bench compare lists the \
     changes that are beyond noise.";

/// The history of `records` as one page, in the order in which they were started.
///
/// # Errors
/// A chart that can't be drawn: never the fault of a record.
pub fn history(records: &[Record]) -> Result<String> {
    let mut records: Vec<&Record> = records.iter().collect();
    records.sort_by_key(|record| record.started.as_str());
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for record in &records {
        if !kinds.contains(&kind(record)) {
            kinds.push(kind(record));
        }
    }
    let notice = Words::default()
        .strong(format!("The runs are of {} kinds", kinds.len()))
        .then(": another header set or another machine starts lines of its own.");
    let lead = match kinds.len() {
        0 => vec![Block::text("No record was given.")],
        1 => Vec::new(),
        _ => vec![Block::Text(Tone::Notice, notice)],
    };
    let sections = kinds.iter().enumerate().map(|(number, wanted)| {
        let runs = records.iter().copied().filter(|record| kind(record) == *wanted);
        section(number, &runs.collect::<Vec<_>>())
    });
    html::document(&Document {
        title: "Kernel headers, run by run".to_owned(),
        question: "Each form’s size and medians over the runs of a folder.".to_owned(),
        lead,
        parts: vec![Part {
            id: "runs".to_owned(),
            sections: sections.collect(),
            ..Part::default()
        }],
    })
}

/// What runs must have in common to be drawn in one line.
fn kind(record: &Record) -> (&str, &str) {
    (&record.dataset.digest, &record.machine.id)
}

fn section(number: usize, runs: &[&Record]) -> Section {
    let newest = runs[runs.len() - 1];
    let about = Words::from("Digest ")
        .styled(Style::Hash, &newest.dataset.digest)
        .then(", machine ")
        .styled(Style::Hash, &newest.machine.id)
        .then(". The runs:");
    let item = |run: &&Record| {
        let quick = if run.settings.quick { ", quick: one sample each" } else { "" };
        let program: String = run.program.chars().take(12).collect();
        format!("{}, {} {program}, {}{quick}", run.started, run.generator, run.machine.kernel)
            .into()
    };
    let mut blocks = vec![Block::small(about), Block::List(runs.iter().map(item).collect())];
    for known in METRICS.iter().filter_map(|id| metric(id)) {
        for guest in guests(runs, known.axis) {
            blocks.extend(table(runs, known, guest.as_deref()).map(Block::Table));
        }
    }
    blocks.push(Block::Text(Tone::Method, METHOD.into()));
    Section {
        id: format!("h{number}"),
        title: format!("{} on {}", newest.dataset.name, newest.machine.cpu),
        blocks,
        ..Section::default()
    }
}

/// One metric of the runs, or of those in one guest.
fn table(runs: &[&Record], of: &Metric, guest: Option<&str>) -> Option<Table> {
    let mut forms: Vec<&str> = Vec::new();
    for form in runs.iter().flat_map(|record| &record.forms) {
        if !forms.contains(&form.id.as_str()) {
            forms.push(&form.id);
        }
    }
    let fit = |record: &Record| guest.is_none() || guest == self::guest(record).as_deref();
    let figures = |form: &str| -> Vec<Option<f64>> {
        let found = |record: &&Record| figure(record, form, of.id).ok().filter(|_| fit(record));
        runs.iter().map(|record| Some(found(record)?.estimate.value)).collect()
    };
    let guest = guest.map(|guest| format!("; {guest}")).unwrap_or_default();
    let table = Table {
        title: format!("{}{guest}", of.title),
        kind: Kind::Words,
        columns: ["form", "from run to run", "change"].map(Column::left).into(),
        rows: forms.iter().filter_map(|form| row(form, of, &figures(form))).collect(),
        ..Table::default()
    };
    (!table.rows.is_empty()).then_some(table)
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

/// The figures of one form; `None` without any.
fn row(form: &str, of: &Metric, figures: &[Option<f64>]) -> Option<Row> {
    let seen: Vec<f64> = figures.iter().flatten().copied().collect();
    let (first, last) = (*seen.first()?, *seen.last()?);
    let text = |value: &Option<f64>| match value {
        None => "none".to_owned(),
        Some(value) if of.id == "size.bytes" => units::exact(of.unit, *value),
        Some(value) => units::short(of.unit, *value),
    };
    let each = figures.iter().map(text).collect::<Vec<_>>().join(" → ");
    let change = match seen.len() {
        1 => "one run".to_owned(),
        _ => units::difference(last, first),
    };
    Some(Row { cells: [form, &each, &change].map(Cell::new).into(), ..Row::default() })
}
