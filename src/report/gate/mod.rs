//! What the gate found, for terminals, pull requests, CI systems and programs.

mod github;
mod junit;
mod markdown;
mod text;

use serde_json::json;

use super::terminal::clean;
use super::units;
use crate::judge::gate::{Breach, Judgement, Row, State, sums};
use crate::record::Unit;

pub use github::annotations;
pub use junit::junit;
pub use markdown::markdown;
pub use text::text;

/// The judgement for programs, with the exit code and the sums of what changed.
pub fn json(judgement: &Judgement) -> String {
    let whole = json!({
        "exit_code": judgement.exit_code(),
        "sums": sums(&judgement.changes),
        "judgement": judgement,
    });
    format!("{whole:#}\n")
}

/// One word for a state.
fn verdict(row: &Row) -> &'static str {
    match &row.state {
        State::Breached { .. } => "BREACHED",
        State::Unchecked { .. } => "NOT CHECKED",
        State::Fine if row.old.is_none() => "new",
        State::Fine => match row.growth() {
            Some(growth) if growth < 0 => "smaller",
            Some(0) => "same",
            _ => "within limits",
        },
    }
}

fn bytes(value: Option<u64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| units::exact(Unit::Bytes, value as f64))
}

/// Growth in bytes and as a share of what was accepted.
fn change(row: &Row) -> String {
    let Some(growth) = row.growth() else { return "–".to_owned() };
    match row.old {
        Some(old) if old > 0 && growth != 0 => {
            format!("{growth:+} ({:+.3} %)", growth as f64 * 100.0 / old as f64)
        }
        _ => format!("{growth:+}"),
    }
}

/// What is to be said of a row beside its numbers: limits, reasons and causes.
fn why(row: &Row) -> Option<String> {
    let mut said = Vec::new();
    match &row.state {
        State::Fine => {}
        State::Unchecked { reason } => said.push(reason.clone()),
        State::Breached { breaches } => said.extend(breaches.iter().map(breach)),
    }
    if let Some(cause) = &row.cause {
        said.push(format!("cause: {}", cause.words()));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

fn breach(breach: &Breach) -> String {
    match breach {
        Breach::Growth { limit } => format!("grew by more than {limit}"),
        Breach::Drift { anchor, limit } => format!(
            "drifted by more than {limit} from {} at the anchor",
            units::exact(Unit::Bytes, *anchor as f64)
        ),
        Breach::Ceiling { max, why } => {
            format!("above its ceiling of {} ({why})", units::exact(Unit::Bytes, *max as f64))
        }
        Breach::Ratio { limit } => {
            format!("its ratio to the raw tree grew by more than {limit}")
        }
    }
}

/// One line that says it all.
pub fn summary(judgement: &Judgement) -> String {
    let breached = judgement.breached().count();
    let unchecked = judgement.unchecked().count();
    let fine = judgement.rows.len() - breached - unchecked;
    let word = match judgement.exit_code() {
        0 => "passed",
        2 => "breached",
        _ => "could not be checked",
    };
    format!(
        "gate of {}: {word}; {breached} beyond a limit, {unchecked} not checked, {fine} fine",
        clean(&judgement.dataset)
    )
}

/// What to do next, where there is something.
fn advice(judgement: &Judgement) -> Option<&'static str> {
    let smaller = judgement.rows.iter().any(|row| row.growth().is_some_and(|growth| growth < 0));
    let above = |breach: &Breach| matches!(breach, Breach::Ceiling { .. });
    let ceiling = judgement.rows.iter().any(|row| match &row.state {
        State::Breached { breaches } => breaches.iter().any(above),
        _ => false,
    });
    match judgement.exit_code() {
        2 if ceiling => Some(
            "A ceiling holds whatever is accepted: it is raised where it stands, in the file of limits. \
             The rest is accepted by the same command with --accept --why \"...\".",
        ),
        2 => Some("To accept: the same command with --accept --why \"...\"."),
        0 if smaller && !judgement.by_ratio => {
            Some("To keep what became smaller: the same command with --lock-in --why \"...\".")
        }
        _ => None,
    }
}

/// The sums in bloat-o-meter's own words.
fn bloat_head(judgement: &Judgement) -> String {
    let sums = sums(&judgement.changes);
    let altered = match sums.altered {
        0 => String::new(),
        altered => format!(" altered: {altered}"),
    };
    format!(
        "add/remove: {}/{} grow/shrink: {}/{} up/down: {}/{} ({}){altered}",
        sums.added,
        sums.removed,
        sums.grew,
        sums.shrank,
        sums.up,
        sums.down,
        sums.up + sums.down
    )
}

/// The rows of bloat-o-meter's table: header, old, new, delta, and what the header costs in each
/// of the forms that were built without it.
fn bloat_rows(judgement: &Judgement, most: usize) -> Vec<Vec<String>> {
    let forms = bloat_forms(judgement);
    let size = |value: u64| if value == 0 { "-".to_owned() } else { value.to_string() };
    let row = |change: &crate::judge::gate::Change| {
        let mut cells = vec![
            change.path.clone(),
            size(change.old),
            size(change.new),
            format!("{:+}", change.delta()),
        ];
        for form in &forms {
            let mut marginals = judgement.marginals.iter();
            let found = marginals.find(|cost| cost.form == *form && cost.path == change.path);
            cells.push(found.map_or_else(|| "".to_owned(), |cost| format!("{:+}", cost.bytes)));
        }
        cells
    };
    judgement.changes.iter().take(most).map(row).collect()
}

fn bloat_forms(judgement: &Judgement) -> Vec<&str> {
    let mut forms: Vec<&str> = Vec::new();
    for cost in &judgement.marginals {
        if !forms.contains(&cost.form.as_str()) {
            forms.push(&cost.form);
        }
    }
    forms
}
