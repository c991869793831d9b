//! The chooser's tables for the terminal: what satisfies, what doesn't and why, and break-even.

use std::fmt::Write as _;

use crate::judge::choose::break_even::{BreakEven, Crossing, Use};
use crate::judge::choose::{Breach, CRITERIA, Candidate, Cell, Choice, Criterion};
use crate::record::Unit;
use crate::record::figure::{Estimate, Figure};

use super::terminal::{clean, wrap};
use super::units;

/// What the times of a choice are of.
pub(super) const TIMES: &str = "Times to headers are those of this program’s reader, or the kernel’s through \
     a mount that is there already; of what is extracted they are those of plain files, once all is \
     extracted. The first compile is from the artifact on.";

/// The choice for a terminal `width` columns wide.
pub fn terminal(choice: &Choice, evens: &[BreakEven], width: usize) -> String {
    let mut text = String::new();
    let (kept, broken): (Vec<_>, Vec<_>) =
        choice.candidates.iter().partition(|candidate| candidate.breaks.is_empty());
    if kept.is_empty() {
        text.push_str("Nothing satisfies.\n");
    } else {
        grid(&kept, &mut text);
        let by = CRITERIA.iter().filter(|criterion| choice.by.contains(&criterion.id));
        let by = by_words(by.map(|criterion| criterion.title).collect());
        let front = match kept.iter().any(|candidate| candidate.front) {
            true => format!(
                "* on the Pareto front by {by}: none that satisfies and gives as much (files, random \
                 access) is better in one of these beyond noise, with no median above its (of memory: \
                 by more than 32 KiB)."
            ),
            false => format!("No Pareto front: none has figures for all of {by}."),
        };
        let note = format!("{front} {TIMES}");
        wrap("", &note, width, &mut text);
    }
    for candidate in broken {
        let lead = format!("✗ {}, {}: ", clean(&candidate.form), candidate.way);
        let breaks: Vec<_> = candidate.breaks.iter().map(breach).collect();
        wrap(&lead, &clean(&breaks.join("; ")), width, &mut text);
    }
    for group in groups(evens) {
        told(&group, &mut text);
    }
    text
}

/// A group as a table.
fn told(group: &Group, text: &mut String) {
    let lead = format!("Total time of a boot: {} is ahead of", group.first);
    let _ = writeln!(text, "\n{}", clean(&lead));
    let widest = group.rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0);
    let mut line = |name: &str, cells: Vec<&str>| {
        let cells: Vec<_> = cells.into_iter().map(|cell| format!("{cell:24}")).collect();
        let line = format!("  {name:widest$}  {}", cells.join("  "));
        let _ = writeln!(text, "{}", line.trim_end());
    };
    line("", Use::ALL.map(Use::name).to_vec());
    for (name, cells) in &group.rows {
        line(
            &clean(name),
            cells.iter().map(|cell| cell.as_ref().map_or("–", |told| &told.text)).collect(),
        );
    }
}

pub(super) fn by_words(mut words: Vec<&str>) -> String {
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last.to_owned(),
        Some(last) => format!("{} and {last}", words.join(", ")),
    }
}

fn grid(candidates: &[&Candidate], text: &mut String) {
    let shown: Vec<&Criterion> = CRITERIA
        .iter()
        .filter(|criterion| candidates.iter().any(|one| one.figure(criterion).is_some()))
        .collect();
    let mut rows: Vec<Vec<String>> = vec![
        ["", "form", "way"]
            .iter()
            .map(ToString::to_string)
            .chain(shown.iter().map(|criterion| criterion.title.to_owned()))
            .collect(),
    ];
    for one in candidates {
        let mark = if one.front { "*" } else { " " };
        let mut row = vec![mark.to_owned(), clean(&one.form), one.way.to_string()];
        row.extend(shown.iter().map(|criterion| match one.cell(criterion).map(told_cell) {
            Some((Some(figure), None)) => figure,
            // Of which state a time is follows from the way, as the words below the table say.
            Some((Some(figure), Some(state))) if criterion.unit == Unit::Bytes => {
                format!("{figure} ({state})")
            }
            Some((Some(figure), Some(_))) => figure,
            _ => "–".to_owned(),
        }));
        rows.push(row);
    }
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, &width))| {
            if at < 3 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// The figure of a cell, and the state in which it was taken where that must be said.
pub(super) fn told_cell(cell: &Cell) -> (Option<String>, Option<&'static str>) {
    let text = |f: &Figure| units::shown(f.unit, f.nature, f.estimate.value);
    (cell.figure.as_ref().map(text), cell.state)
}

/// A breach in words, with its figure.
fn breach(breach: &Breach) -> String {
    let known = CRITERIA.iter().find(|criterion| criterion.id == breach.wish);
    let Some((criterion, most)) = known.zip(breach.most) else {
        return format!("not {}", breach.wish);
    };
    let most = units::short(criterion.unit, most);
    match breach.figure {
        None => format!("{} unknown, limit {most}: {}", criterion.title, breach.unknown),
        Some(figure) => {
            let noise = if breach.within_noise { ", within noise of it" } else { "" };
            let figure = units::short(criterion.unit, figure);
            format!("{} {figure}, limit {most}{noise}", criterion.title)
        }
    }
}

/// When one is ahead of the other, and the observations that this was computed from.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct Told {
    /// In words.
    pub text: String,
    /// From 0.
    pub observations: Vec<usize>,
}

impl Told {
    fn new(text: String, observations: [&[usize]; 2]) -> Self {
        let mut observations = observations.concat();
        observations.sort_unstable();
        observations.dedup();
        Self { text, observations }
    }
}

/// What one is held against, with when the one is ahead of it: a cell for each of [`Use::ALL`].
type Row = (String, Vec<Option<Told>>);

/// One against others.
#[derive(Debug, serde::Serialize)]
pub(super) struct Group {
    /// The one.
    pub first: String,
    /// The others.
    pub rows: Vec<Row>,
}

/// `evens` by their first plan, then by their second.
pub(super) fn groups(evens: &[BreakEven]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for even in evens {
        let (first, second) = (even.first.name(), even.second.name());
        let at = groups.iter().position(|group| group.first == first).unwrap_or_else(|| {
            groups.push(Group { first, rows: Vec::new() });
            groups.len() - 1
        });
        let rows = &mut groups[at].rows;
        let row = rows.iter().position(|(name, _)| *name == second).unwrap_or_else(|| {
            rows.push((second, vec![None; Use::ALL.len()]));
            rows.len() - 1
        });
        let used = [even.first.observations.as_slice(), &even.second.observations];
        let told = Told::new(number(even.crossing), used);
        rows[row].1[usize::from(even.of == Use::ToolStarts)] = Some(told);
    }
    groups
}

/// When the first is ahead, in a number of uses. There is no less than one: who is overtaken before that
/// never leads.
pub(super) fn number(crossing: Crossing) -> String {
    let at_once = |uses: Estimate| uses.range.is_some_and(|(_, high)| high < 1.0);
    match crossing {
        Crossing::FirstOvertakes { uses } if at_once(uses) => "from the first use on".to_owned(),
        Crossing::SecondOvertakes { uses } if at_once(uses) => {
            "never, from the first use".to_owned()
        }
        Crossing::FirstOvertakes { uses } => format!("after {}", counted(&uses)),
        Crossing::SecondOvertakes { uses } => format!("until {}", counted(&uses)),
        Crossing::FirstLeads => "at any number".to_owned(),
        Crossing::SecondLeads => "at no number".to_owned(),
        Crossing::NotEstablished => "noise hides it".to_owned(),
    }
}

/// [`number`] with what is counted.
pub(super) fn number_of(crossing: Crossing, of: Use) -> String {
    match number(crossing) {
        text if text.contains("first use") => text,
        text if text.ends_with("number") => format!("{text} of {}", of.name()),
        text => format!("{text} {}", of.name()),
    }
}

/// A number of uses with its range: `3.2 (2.8 – 3.9)`.
fn counted(uses: &Estimate) -> String {
    let number = |value: f64| match value {
        v if v < 9.95 => format!("{v:.1}"),
        v => units::count(v.round() as u64),
    };
    match uses.range {
        Some((low, high)) if low < high => {
            format!("{} ({} – {})", number(uses.value), number(low), number(high))
        }
        _ => number(uses.value),
    }
}
