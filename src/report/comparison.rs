//! A comparison for the terminal and in Markdown.

use std::fmt::Write as _;

use crate::judge::compare::{Change, Comparison, Drift, NoAnswer, Row};
use crate::record::{Nature, metric};

use super::markdown::escaped;
use super::terminal::clean;
use super::units;

/// The comparison in lines; what did not change is counted, not listed.
pub fn terminal(comparison: &Comparison) -> String {
    let mut text = String::new();
    for difference in &comparison.differences {
        let label = if difference.refuses { "ACROSS: " } else { "" };
        let line = format!(
            "{label}{} differ: {} and {}",
            difference.what, difference.base, difference.new
        );
        let _ = writeln!(text, "{}", clean(&line));
    }
    if let Some(drift) = &comparison.drift {
        let _ = writeln!(text, "{}", format_drift(drift));
    }
    let rows = told(comparison);
    let cells: Vec<[String; 5]> = rows.iter().map(|row| cells(row)).collect();
    let width = |at: usize| cells.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let (form, title, base, new) = (width(0), width(1), width(2), width(3));
    for [a, b, c, d, e] in &cells {
        let (a, b) = (clean(a), clean(b));
        let line = format!("{a:form$}  {b:title$}  {c:>base$}  {d:>new$}  {}", clean(e));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "{}", tally(comparison));
    text
}

/// The comparison as Markdown, for a pull request.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = String::new();
    for difference in &comparison.differences {
        let label = if difference.refuses { "**Across:** " } else { "" };
        let (base, new) = (escaped(&difference.base), escaped(&difference.new));
        let _ = writeln!(text, "- {label}{} differ: {base} and {new}", difference.what);
    }
    if let Some(drift) = &comparison.drift {
        let _ = writeln!(text, "- {}", format_drift(drift));
    }
    let rows = told(comparison);
    if !rows.is_empty() {
        text.push_str("\n| form | figure | base | new | change |\n|:--|:--|--:|--:|:--|\n");
    }
    for row in rows {
        let cells = cells(row).map(|cell| escaped(&cell));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    let _ = writeln!(text, "\n{}", escaped(&tally(comparison)));
    text
}

/// The rows that have something to say: changes, and figures that one run tried and did not get.
fn told(comparison: &Comparison) -> Vec<&Row> {
    let tried = |row: &Row| matches!(&row.why, Some(NoAnswer::Absent(why)) if why.was_tried());
    let tells = |row: &&Row| match row.change {
        Change::Less | Change::More => true,
        Change::Gone | Change::Come => tried(row),
        Change::Same | Change::WithinNoise | Change::NotCompared => false,
    };
    comparison.rows.iter().filter(tells).collect()
}

/// Form, metric, both figures and the change.
fn cells(row: &Row) -> [String; 5] {
    let title = metric(&row.metric).map_or(row.metric.as_str(), |metric| metric.title);
    let figure = |estimate: Option<crate::record::figure::Estimate>| {
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
        _ => {
            let why = row.why.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{}: {why}", row.change.name())
        }
    };
    [row.form.clone(), title.to_owned(), figure(row.base), figure(row.new), change]
}

/// One line on the machine's drift, and whether it was taken out.
fn format_drift(drift: &Drift) -> String {
    let Some(common) = drift.common else {
        let timings = drift.timings;
        return format!("No drift of the machine is taken out: {timings} timings are too few.");
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
    let count = |changes: &[Change]| {
        comparison.rows.iter().filter(|row| changes.contains(&row.change)).count()
    };
    let mut text = format!(
        "{} changed, {} the same to the byte, {} within noise or 1 %",
        count(&[Change::Less, Change::More]),
        count(&[Change::Same]),
        count(&[Change::WithinNoise]),
    );
    let apart: [(&[Change], &str); 2] = [
        (&[Change::Gone, Change::Come], "in one record only"),
        (&[Change::NotCompared], "not compared"),
    ];
    for (changes, name) in apart {
        let _ = write!(text, ", {} {name}", count(changes));
        let mut reasons: Vec<String> = Vec::new();
        for row in comparison.rows.iter().filter(|row| changes.contains(&row.change)) {
            let why = row.why.as_ref().map(ToString::to_string);
            reasons.extend(why.filter(|why| !reasons.contains(why)));
        }
        if !reasons.is_empty() {
            let _ = write!(text, " ({})", clean(&reasons.join("; ")));
        }
    }
    text.push('.');
    text
}
