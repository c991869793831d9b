//! A folder of records as a history: each form's size and medians from run to run.

use anyhow::Result;

use crate::record::figure::{Estimate, figure};
use crate::record::{Axis, Guest, Metric, Record, metric};
use crate::report::block::{
    Block, Cell, Column, Document, Part, Row, Section, Style, Table, Tone, Words,
};
use crate::report::chart;
use crate::report::render::html;
use crate::report::units;

use super::several::METRICS;

const METHOD: &str = "Each line has a scale of its own, from the least to the most of its form; upright strokes \
     are 95 % CIs. A change counts only beyond them: kheaders-bench compare lists these.";

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
        .then(". Runs, from left to right:");
    let item = |run: &&Record| {
        let quick = if run.settings.quick { ", quick: one sample each" } else { "" };
        let program: String = run.program.chars().take(12).collect();
        format!("{}, {} {program}, {}{quick}", run.started, run.generator, run.machine.kernel)
            .into()
    };
    let mut blocks = vec![Block::small(about), Block::List(runs.iter().map(item).collect())];
    for (at, known) in METRICS.iter().filter_map(|id| metric(id)).enumerate() {
        for (part, guest) in guests(runs, known.axis).into_iter().enumerate() {
            let id = format!("h{number}-{at}-{part}");
            blocks.extend(table(runs, known, guest.as_deref(), &id).map(Block::Table));
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
fn table(runs: &[&Record], of: &Metric, guest: Option<&str>, id: &str) -> Option<Table> {
    let mut forms: Vec<&str> = Vec::new();
    for form in runs.iter().flat_map(|record| &record.forms) {
        if !forms.contains(&form.id.as_str()) {
            forms.push(&form.id);
        }
    }
    let fit = |record: &Record| guest.is_none() || guest == self::guest(record).as_deref();
    let mut rows = Vec::new();
    for (line, form) in forms.iter().enumerate() {
        let found = |record: &&Record| figure(record, form, of.id).ok().filter(|_| fit(record));
        let figures: Vec<Option<Estimate>> =
            runs.iter().map(|record| found(record).map(|figure| figure.estimate)).collect();
        rows.extend(row(runs, form, of, figures, &format!("{id}-{line}")));
    }
    let title = match guest {
        Some(guest) => format!("{}; {guest}", of.title),
        None => of.title.to_owned(),
    };
    let [form, line] = ["form", "from run to run"].map(Column::left);
    let figures = ["first", "last", "change"].map(Column::right);
    let columns = [form, line].into_iter().chain(figures).collect();
    (!rows.is_empty()).then(|| Table { title, columns, rows, ..Table::default() })
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

/// The line of one form; `None` without a figure.
fn row(
    runs: &[&Record],
    form: &str,
    of: &Metric,
    figures: Vec<Option<Estimate>>,
    id: &str,
) -> Option<Row> {
    let mut seen = figures.iter().flatten().copied();
    let first = seen.next()?;
    let count = 1 + seen.clone().count();
    let last = seen.last().unwrap_or(first);
    let text = |estimate: &Estimate| match of.id {
        "size.bytes" => units::exact(of.unit, estimate.value),
        _ => units::short(of.unit, estimate.value),
    };
    let words = runs.iter().zip(&figures).map(|(record, figure)| {
        let figure = figure.as_ref().map_or("none".to_owned(), text);
        format!("{}: {figure}", record.started)
    });
    let words = words.collect::<Vec<_>>().join("; ");
    let change = match count {
        1 => "one run".to_owned(),
        _ => units::difference(last.value, first.value),
    };
    let line = chart::line(id, form, words, figures);
    let line = Cell { chart: Some(Box::new(line)), ..Cell::default() };
    let cells = [text(&first), text(&last), change].map(Cell::new);
    let cells = [Cell::new(form), line].into_iter().chain(cells).collect();
    Some(Row { cells, ..Row::default() })
}
