//! This program beside reference tools: both figures, and what one is of the other.

use std::fmt::Write as _;

use serde::Serialize;

use crate::judge::compare::{Pair, Ratio, references};
use crate::record::stats::Summary;
use crate::record::{Absence, Nature, Record, Reference};

use super::markdown::escaped;
use super::terminal::{clean, laid_out, wrap};
use super::units;

/// Its heading.
pub(super) const TITLE: &str = "Ours / reference";

/// How it was measured.
pub(super) const METHOD: &str = "Both sides are whole commands, timed from before the start of the program \
     to after its end, in one folder on tmpfs that holds the headers as files, one side right after the \
     other in each round. A ratio is the median of the rounds’ own ratios, with its 95 % interval; below 1 \
     this program takes less. “Work alone” divides this program’s work in a process that already runs, \
     with the headers in memory, by the whole command of the reference: that is what a program that has \
     this one as a library would see, not like against like. CPU time is of all processes of a command, \
     peak memory of the largest, and no less than the 6 MB of the process that starts it.";

/// A reference as the page shows it.
#[derive(Serialize)]
pub(super) struct View {
    /// The row, its reference and what that is.
    of: String,
    id: String,
    about: String,
    tool: String,
    /// Whether settings that change bytes differ.
    unlike: bool,
    settings: String,
    notes: Vec<String>,
    works: Vec<WorkView>,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct WorkView {
    ours: String,
    reference: String,
}

#[derive(Serialize)]
struct RowView {
    work: &'static str,
    ours: String,
    reference: String,
    /// Where both stand among the observations.
    ours_at: Option<usize>,
    reference_at: Option<usize>,
    ratio: String,
    interval: String,
    alone: String,
    alone_interval: String,
}

/// What the page shows of `record`'s references.
pub(super) fn views(record: &Record) -> Vec<View> {
    references(record).iter().map(|pair| view(record, pair)).collect()
}

fn view(record: &Record, pair: &Pair) -> View {
    let one = pair.reference;
    View {
        of: one.of.clone(),
        id: one.id.clone(),
        about: one.about.clone(),
        tool: one.tool.clone(),
        unlike: pair.unlike.is_some(),
        settings: settings(record, pair),
        notes: one.notes.clone(),
        works: one
            .works
            .iter()
            .map(|work| WorkView { ours: work.ours.clone(), reference: work.reference.clone() })
            .collect(),
        rows: pair.ratios.iter().map(|ratio| row(record, one, ratio)).collect(),
    }
}

/// The settings of both sides, and what this program's is made by: another library or version than the
/// tool's, even where settings are equal.
fn settings(record: &Record, pair: &Pair) -> String {
    let settings = match &pair.unlike {
        Some(difference) => difference.clone(),
        None => format!("on both sides: {}", pair.reference.settings),
    };
    match record.forms.iter().find(|form| form.id == pair.reference.of) {
        Some(form) => format!("{settings}; ours by {}", form.tool),
        None => settings,
    }
}

fn row(record: &Record, one: &Reference, ratio: &Ratio) -> RowView {
    let figure = |side: &Result<Summary, Absence>| match side {
        Ok(summary) => units::shown(ratio.unit, ratio.nature, summary.median),
        Err(why) => why.to_string(),
    };
    let held = |found: Option<&Summary>| match found {
        Some(summary) => {
            (digits(summary.median, ratio.nature), interval(summary, ratio).unwrap_or_default())
        }
        None => ("–".to_owned(), String::new()),
    };
    let (text, between) = held(ratio.ratio.as_ref().ok());
    let (alone, alone_interval) = match ratio.work.alone {
        Some(_) => held(ratio.alone.as_ref()),
        None => Default::default(),
    };
    RowView {
        work: ratio.work.title,
        ours_at: record.place(&one.of, ratio.work.metric),
        reference_at: record.place(&one.id, ratio.work.metric),
        ours: figure(&ratio.ours),
        reference: figure(&ratio.reference),
        ratio: text,
        interval: between,
        alone,
        alone_interval,
    }
}

/// A ratio that is given in parts per million.
fn digits(ppm: f64, nature: Nature) -> String {
    match nature {
        Nature::Exact => format!("{:.4}", ppm / 1e6),
        Nature::Noisy => format!("{:.2}", ppm / 1e6),
    }
}

fn interval(summary: &Summary, ratio: &Ratio) -> Option<String> {
    let interval = summary.interval.filter(|_| ratio.nature == Nature::Noisy)?;
    let end = |ppm| digits(ppm, ratio.nature);
    Some(format!("{} – {}", end(interval.low), end(interval.high)))
}

/// The references in Markdown; nothing where there are none.
pub(super) fn markdown(record: &Record, text: &mut String) {
    let views = views(record);
    if views.is_empty() {
        return;
    }
    let _ = writeln!(text, "## {TITLE}\n");
    for view in &views {
        let (of, id) = (escaped(&view.of), escaped(&view.id));
        let _ = writeln!(
            text,
            "### {of} / {id}\n\n{}: {}\n",
            escaped(&view.about),
            escaped(&view.tool)
        );
        let _ = writeln!(text, "{}\n", escaped(&view.settings));
        text.push_str("| | ours | reference | ours / reference | work alone / reference |\n");
        text.push_str("|:--|--:|--:|--:|--:|\n");
        for row in &view.rows {
            let ratio = bracketed(&row.ratio, &row.interval);
            let alone = bracketed(&row.alone, &row.alone_interval);
            let cells = [row.work, &row.ours, &row.reference, &ratio, &alone].map(escaped);
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text.push('\n');
        for note in &view.notes {
            let _ = writeln!(text, "- {}", escaped(note));
        }
        for work in &view.works {
            let _ = writeln!(text, "- `{}` / `{}`", code(&work.ours), code(&work.reference));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{METHOD}\n");
}

/// What stands between back quotes.
fn code(text: &str) -> String {
    clean(text).replace('`', "'")
}

fn bracketed(ratio: &str, interval: &str) -> String {
    if interval.is_empty() { ratio.to_owned() } else { format!("{ratio} ({interval})") }
}

/// The columns of the terminal's table.
const SHOWN: &[&str] = &["size", "build", "all to tmpfs", "one header"];

/// The ratios for a terminal `width` columns wide; nothing where there are no references.
pub(super) fn terminal(record: &Record, width: usize, text: &mut String) {
    let pairs = references(record);
    if pairs.is_empty() {
        return;
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for pair in &pairs {
        let found = |title: &str| pair.ratios.iter().find(|ratio| ratio.work.title == title);
        let cell = |summary: Option<&Summary>, ratio: &Ratio| match summary {
            Some(summary) => {
                let between = interval(summary, ratio).unwrap_or_default().replace(" – ", "–");
                bracketed(&digits(summary.median, ratio.nature), &between)
            }
            None => "–".to_owned(),
        };
        let line = |name: String, of: &dyn Fn(&Ratio) -> Option<Summary>| {
            let cells = SHOWN.iter().map(|title| match found(title) {
                Some(ratio) => cell(of(ratio).as_ref(), ratio),
                None => "·".to_owned(),
            });
            [name].into_iter().chain(cells).collect::<Vec<_>>()
        };
        rows.push(line(clean(&pair.reference.id), &|ratio| ratio.ratio.clone().ok()));
        let Reference { id, tool, .. } = pair.reference;
        reasons.push(format!("{id}: {}, theirs by {tool}", settings(record, pair)));
        if pair.ratios.iter().any(|ratio| ratio.alone.is_some()) {
            rows.push(line("  work alone".to_owned(), &|ratio| ratio.alone));
        }
        for ratio in &pair.ratios {
            let why = ratio.ratio.as_ref().err();
            let reason = why.map(|why| format!("{}: {why}", pair.reference.id));
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
    }
    let heads = ["ours / reference"].iter().chain(SHOWN).map(|head| (*head).to_owned());
    let _ = writeln!(text, "\n{}", laid_out(heads.collect(), rows.into_iter()));
    let note = "Whole commands, medians of each round’s ratio (95 % interval); work alone: without \
                starting this program, headers in memory.";
    wrap("", note, width, text);
    reasons.extend(notes(&pairs));
    for reason in reasons {
        wrap("", &clean(&reason), width, text);
    }
}

/// What is not alike on both sides all the same, each with the references that it is said of.
fn notes(pairs: &[Pair]) -> Vec<String> {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for Reference { id, notes: own, .. } in pairs.iter().map(|pair| pair.reference) {
        for note in own {
            match notes.iter_mut().find(|(known, _)| known == note) {
                Some((_, of)) => of.push(id),
                None => notes.push((note, vec![id])),
            }
        }
    }
    let told = |(note, of): (&str, Vec<&str>)| match of.len() == pairs.len() {
        true => format!("Of all: {note}."),
        false => format!("Of {}: {note}.", of.join(", ")),
    };
    notes.into_iter().map(told).collect()
}
