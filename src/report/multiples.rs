//! Each extraction as a multiple of the limit: a raw tar unpacked to the same place.

use std::fmt::Write as _;

use crate::compare::{LIMIT, multiples};
use crate::record::Record;

use super::markdown::escaped;

/// Its heading.
pub(super) const TITLE: &str = "All headers, as a multiple of a raw tar unpacked";

/// The figures that are held against the limit's, each with its head.
pub(super) const FIGURES: &[(&str, &str)] = &[
    ("extract.all.warm.wall", "warm"),
    ("extract.all.warm.cpu", "warm, CPU"),
    ("extract.all.cold.wall", "cold"),
];

/// One multiple, as a report shows it.
#[derive(Debug)]
pub(super) struct Multiple<'r> {
    pub(super) form: &'r str,
    /// For each of [`FIGURES`] the multiple and its interval; `None` where there is no figure.
    pub(super) cells: Vec<Option<(f64, Option<String>)>>,
}

/// The multiples of `record`; none where the limit was not measured.
pub(super) fn of(record: &Record) -> Vec<Multiple<'_>> {
    let figures: Vec<_> = FIGURES.iter().map(|(metric, _)| multiples(record, metric)).collect();
    let forms = record.forms.iter().map(|form| form.id.as_str());
    let rows = forms.filter(|form| *form != LIMIT).map(|form| Multiple {
        form,
        cells: figures
            .iter()
            .map(|figure| {
                let (_, summary) = figure.iter().find(|(known, _)| *known == form)?;
                let end = |ppm: f64| format!("{:.2}", ppm / 1e6);
                let interval = summary.interval;
                let interval = interval.map(|i| format!("{} – {}", end(i.low), end(i.high)));
                Some((summary.median / 1e6, interval))
            })
            .collect(),
    });
    rows.filter(|row| row.cells.iter().any(Option::is_some)).collect()
}

/// The multiples in Markdown; nothing where there are none.
pub(super) fn markdown(record: &Record, text: &mut String) {
    let rows = of(record);
    if rows.is_empty() {
        return;
    }
    let heads = FIGURES.iter().map(|(_, head)| *head).collect::<Vec<_>>().join(" | ");
    let _ = writeln!(text, "### {TITLE}\n\n| form | {heads} |");
    let _ = writeln!(text, "|:--|{}", "--:|".repeat(FIGURES.len()));
    for row in rows {
        let cells = row.cells.iter().map(|cell| match cell {
            Some((multiple, Some(interval))) => format!("{multiple:.2} ({interval})"),
            Some((multiple, None)) => format!("{multiple:.2}"),
            None => "–".to_owned(),
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let _ = writeln!(text, "| {} | {cells} |", escaped(row.form));
    }
    text.push('\n');
}
