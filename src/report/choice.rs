//! The chooser's tables for the terminal: what satisfies, what doesn't and why, and break-even.

use std::fmt::Write as _;

use crate::choose::break_even::{BreakEven, Crossing, Use};
use crate::choose::turn::Turn;
use crate::choose::{Breach, CRITERIA, Candidate, Choice, Criterion};
use crate::figure::Estimate;
use crate::record::Unit;

use super::terminal::{clean, wrap};
use super::units;

/// The choice for a terminal `width` columns wide.
pub fn terminal(choice: &Choice, evens: &[BreakEven], turns: &[Turn], width: usize) -> String {
    let mut text = String::new();
    let (kept, broken): (Vec<_>, Vec<_>) =
        choice.candidates.iter().partition(|candidate| candidate.breaks.is_empty());
    if kept.is_empty() {
        text.push_str("Nothing satisfies.\n");
    } else {
        grid(&kept, &mut text);
        let by = CRITERIA.iter().filter(|criterion| choice.by.contains(&criterion.id));
        let by = by_words(by.map(|criterion| criterion.title).collect());
        let note = format!(
            "* on the Pareto front by {by}: none that satisfies and gives as much (files, random \
             access) is better in one of these beyond noise, with no median above its."
        );
        wrap("", &note, width, &mut text);
    }
    for candidate in broken {
        let lead = format!("✗ {}, {}: ", clean(&candidate.form), candidate.way);
        let breaks: Vec<_> = candidate.breaks.iter().map(breach).collect();
        wrap(&lead, &clean(&breaks.join("; ")), width, &mut text);
    }
    for group in groups(evens) {
        let lead = format!("\nTotal time of a boot: {} is ahead of", clean(&group.first));
        let _ = writeln!(text, "{lead}");
        let widest = group.rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0);
        let mut line = |second: &str, cells: [&str; 2]| {
            let line = format!("  {second:widest$}  {:24}  {}", cells[0], cells[1]);
            let _ = writeln!(text, "{}", line.trim_end());
        };
        line("", Use::ALL.map(Use::name));
        for (second, cells) in &group.rows {
            line(&clean(second), [0, 1].map(|at: usize| cells[at].as_deref().unwrap_or("–")));
        }
    }
    if !turns.is_empty() {
        text.push_str("\nWhere memory turns: share of the headers used\n");
    }
    for turn in turns {
        wrap("  ", &clean(&turn_sentence(turn)), width, &mut text);
    }
    text
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
        let mut row = vec![mark.to_owned(), clean(&one.form), one.way.to_owned()];
        row.extend(shown.iter().map(|criterion| match one.figure(criterion) {
            Some(figure) => units::shown(figure.unit, figure.nature, figure.estimate.value),
            None => "–".to_owned(),
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

/// One plan against others, a cell for each of [`Use::ALL`].
#[derive(Debug, serde::Serialize)]
pub(super) struct Group {
    /// The plan.
    pub first: String,
    /// The others, with when the first is ahead of each.
    pub rows: Vec<(String, [Option<String>; 2])>,
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
            rows.push((second, [None, None]));
            rows.len() - 1
        });
        rows[row].1[usize::from(even.of == Use::ToolStarts)] = Some(ahead(even.crossing));
    }
    groups
}

/// When the first plan is ahead.
fn ahead(crossing: Crossing) -> String {
    match crossing {
        Crossing::FirstOvertakes { uses } => format!("after {}", counted(&uses)),
        Crossing::SecondOvertakes { uses } => format!("until {}", counted(&uses)),
        Crossing::FirstLeads => "at any number".to_owned(),
        Crossing::SecondLeads => "at no number".to_owned(),
        Crossing::NotEstablished => "noise hides it".to_owned(),
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

/// Where memory turns, in words.
fn turn_sentence(turn: &Turn) -> String {
    let share = |share: &Option<Estimate>| match share {
        Some(share) if share.value < 1.0 => units::short(Unit::PartsPerMillion, share.value * 1e6),
        _ => "never".to_owned(),
    };
    format!(
        "{}, {}: holds less than an archive and the extracted files from {} on beside the loaded \
         module, from {} on when it is unloaded",
        turn.form,
        turn.way,
        share(&turn.beside_archive),
        share(&turn.archive_unloaded),
    )
}
