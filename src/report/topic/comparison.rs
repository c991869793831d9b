//! A comparison of two runs.

use crate::judge::compare::{Change, Comparison, Drift, NoAnswer, Row};
use crate::record::figure::Estimate;
use crate::record::units;
use crate::record::{Nature, metric};
use crate::report::block;
use crate::report::block::{Block, Cell, Column, Table, Words};
use crate::report::render;

/// The comparison on a terminal; what did not change is counted, not listed.
pub fn terminal(comparison: &Comparison) -> String {
    render::terminal::blocks(&blocks(comparison), usize::MAX)
}

/// The comparison as Markdown, for a pull request.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = String::new();
    render::markdown::blocks(&blocks(comparison), 3, &mut text);
    text.trim_start().to_owned()
}

fn blocks(comparison: &Comparison) -> Vec<Block> {
    let mut list: Vec<Words> = Vec::new();
    for one in &comparison.differences {
        let label = Words::default();
        let label = if one.refuses { label.strong("ACROSS:").then(" ") } else { label };
        list.push(label.then(format!("{} differ: {} and {}", one.what, one.base, one.new)));
    }
    list.extend(comparison.drift.as_ref().map(|drift| format_drift(drift).into()));
    let rows = comparison
        .rows
        .iter()
        .filter(|row| speaks(row))
        .map(|row| block::Row { cells: cells(row).map(Cell::new).into(), ..block::Row::default() });
    let [form, figure, change] = ["form", "figure", "change"].map(Column::left);
    let table = Table {
        columns: vec![form, figure, Column::right("base"), Column::right("new"), change],
        rows: rows.collect(),
        ..Table::default()
    };
    vec![Block::List(list), Block::Table(table), Block::text(tally(comparison))]
}

/// Whether a row is listed: changes, and figures that one run tried and did not get.
fn speaks(row: &Row) -> bool {
    let tried = || matches!(&row.why, Some(NoAnswer::Absent(why)) if why.was_tried());
    match row.change {
        Change::Less | Change::More => true,
        Change::Gone | Change::Come => tried(),
        Change::Same | Change::WithinNoise | Change::NotCompared => false,
    }
}

fn why(row: &Row) -> Option<String> {
    row.why.as_ref().map(ToString::to_string)
}

/// Form, metric, both figures and the change.
fn cells(row: &Row) -> [String; 5] {
    let title = metric(&row.metric).map_or(row.metric.as_str(), |metric| metric.title);
    let figure = |estimate: Option<Estimate>| {
        estimate.map_or("–".to_owned(), |e| units::shown(row.unit, row.nature, e.value))
    };
    let change = match (row.base, row.new) {
        (Some(base), Some(new)) => {
            let percent = units::difference(new.value, base.value * row.drift.unwrap_or(1.0));
            let bytes = new.value - base.value;
            match row.nature {
                Nature::Exact => {
                    let sign = if bytes > 0.0 { "+" } else { "" };
                    format!("{sign}{} ({percent})", units::exact(row.unit, bytes))
                }
                Nature::Noisy => percent,
            }
        }
        _ => format!("{}: {}", row.change.name(), why(row).unwrap_or_default()),
    };
    [row.form.clone(), title.to_owned(), figure(row.base), figure(row.new), change]
}

/// One line on the machine's drift, and whether it was removed.
fn format_drift(drift: &Drift) -> String {
    let Some(common) = drift.common else {
        let timings = drift.timings;
        return format!("No drift of the machine is removed: {timings} timings are too few.");
    };
    let percent = |factor: f64| (factor - 1.0) * 100.0;
    let [low, value, high] = [common.low, common.value, common.high].map(percent);
    let of = |end: fn(f64, f64) -> f64| {
        drift.metrics.values().map(|factor| percent(factor.value)).reduce(end).unwrap_or(value)
    };
    let (least, most) = (of(f64::min), of(f64::max));
    let found = if low <= 0.0 && high >= 0.0 {
        "The machine shows no drift".to_owned()
    } else {
        let way = if value < 0.0 { "faster" } else { "slower" };
        format!("The machine was {:.0} % {way} in the new run", value.abs())
    };
    let ranges = format!("95 %: {low:+.0} to {high:+.0} %; by metric {least:+.0} to {most:+.0} %");
    let ranges = ranges.replace('-', "−");
    format!("{found} ({ranges}). Changes of times exclude the factor of their metric.")
}

fn tally(comparison: &Comparison) -> String {
    let of = |changes: &'static [Change]| {
        comparison.rows.iter().filter(|row| changes.contains(&row.change))
    };
    let apart = |changes: &'static [Change], name: &str| {
        let mut reasons: Vec<String> = Vec::new();
        for row in of(changes) {
            reasons.extend(why(row).filter(|why| !reasons.contains(why)));
        }
        let reasons =
            if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
        format!("{} {name}{reasons}", of(changes).count())
    };
    format!(
        "{} changed, {} the same to the byte, {} within noise or 1 %, {}, {}.",
        of(&[Change::Less, Change::More]).count(),
        of(&[Change::Same]).count(),
        of(&[Change::WithinNoise]).count(),
        apart(&[Change::Gone, Change::Come], "in one record only"),
        apart(&[Change::NotCompared], "not compared"),
    )
}
