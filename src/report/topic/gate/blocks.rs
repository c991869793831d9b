//! The findings of a gate as blocks.

use serde_json::json;

use crate::judge::gate::{Breach, Change, Judgement, State, sums};
use crate::report::block::{Block, Cell, Column, Row, Table, Tone, Words};
use crate::report::render::{markdown, terminal};

use super::row::{bytes, change, verdict, why};

/// The most characters of a comment: GitHub refuses more than 65,536 (its job summaries take 1 MiB), and a
/// heading of the user's own may be added.
const LIMIT: usize = 65_000;

/// The judgement for programs, with the exit code and the sums of what changed.
pub fn json(judgement: &Judgement) -> String {
    let whole = json!({
        "exit_code": judgement.exit_code(),
        "sums": sums(&judgement.changes),
        "judgement": judgement,
    });
    format!("{whole:#}\n")
}

/// The findings on a terminal. A gate that does not pass ends with its summary as the error.
pub fn text(judgement: &Judgement) -> String {
    let mut blocks = blocks(judgement, 20);
    let summary = blocks.remove(0);
    if judgement.exit_code() == 0 {
        blocks.push(summary);
    }
    terminal::blocks(&blocks, usize::MAX)
}

/// The findings as Markdown, cut to what a comment takes.
pub fn markdown(judgement: &Judgement) -> String {
    let mut most = judgement.changes.len().min(200);
    loop {
        let mut text = String::new();
        markdown::blocks(&blocks(judgement, most), 3, &mut text);
        let text = text.trim_start();
        if text.chars().count() <= LIMIT {
            return text.to_owned();
        }
        if most == 0 {
            let cut: String = text.chars().take(LIMIT - 40).collect();
            return format!("{cut}\n\n(cut to fit a comment)\n");
        }
        most /= 2;
    }
}

/// All findings, the summary first, with at most so many changed headers.
fn blocks(judgement: &Judgement, most: usize) -> Vec<Block> {
    let mut blocks = vec![Block::text(Words::default().strong(summary(judgement)))];
    let notes = judgement.notes.iter();
    blocks.extend(notes.map(|note| Block::Text(Tone::Notice, note.as_str().into())));
    let rows = judgement.rows.iter().map(|row| {
        let [form, metric] = [&row.form, &row.metric].map(String::clone);
        let cells =
            [form, metric, bytes(row.old), bytes(row.new), change(row), verdict(row).to_owned()];
        Row { cells: cells.map(Cell::new).into(), ..Row::default() }
    });
    let [form, metric, result] = ["form", "metric", "verdict"].map(Column::left);
    let [old, new, growth] = ["accepted", "now", "change"].map(Column::right);
    blocks.push(Block::Table(Table {
        columns: vec![form, metric, old, new, growth, result],
        rows: rows.collect(),
        ..Table::default()
    }));
    let reasons = judgement.rows.iter().filter_map(|row| {
        let lead = Words::default().strong(format!("{} {}", row.form, row.metric));
        Some(lead.then(format!(": {}", why(row)?)))
    });
    blocks.push(Block::List(reasons.collect()));
    if !judgement.changes.is_empty() {
        blocks.push(Block::Heading("Changed headers".to_owned()));
        blocks.push(Block::text(bloat_head(judgement)));
        blocks.push(Block::Table(bloat(judgement, most)));
        let more = judgement.changes.len().saturating_sub(most);
        if more > 0 {
            blocks.push(Block::text(format!("and {more} more")));
        }
    }
    blocks.extend(advice(judgement).map(Block::text));
    blocks
}

/// The result in one line.
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
        terminal::clean(&judgement.dataset)
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
            "--accept does not change a ceiling: raise it in the file of limits. Accept the rest by the \
             same command with --accept --why \"...\".",
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

/// bloat-o-meter's table, and what each header costs in each of the forms that were built without it.
fn bloat(judgement: &Judgement, most: usize) -> Table {
    let mut forms: Vec<&str> = Vec::new();
    for cost in &judgement.marginals {
        if !forms.contains(&cost.form.as_str()) {
            forms.push(&cost.form);
        }
    }
    let size = |value: u64| if value == 0 { "-".to_owned() } else { value.to_string() };
    let row = |change: &Change| {
        let delta = format!("{:+}", change.delta());
        let cells = [change.path.clone(), size(change.old), size(change.new), delta];
        let costs = forms.iter().map(|form| {
            let mut marginals = judgement.marginals.iter();
            let found = marginals.find(|cost| cost.form == *form && cost.path == change.path);
            found.map_or_else(String::new, |cost| format!("{:+}", cost.bytes))
        });
        Row { cells: cells.into_iter().chain(costs).map(Cell::new).collect(), ..Row::default() }
    };
    let heads = ["old", "new", "delta"].map(str::to_owned).into_iter();
    let heads = heads.chain(forms.iter().map(|form| format!("in {form}"))).map(Column::right);
    Table {
        columns: [Column::left("header")].into_iter().chain(heads).collect(),
        rows: judgement.changes.iter().take(most).map(row).collect(),
        ..Table::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::gate::{self, Kind};

    fn judgement(notes: Vec<String>, rows: Vec<gate::Row>, changes: Vec<Change>) -> Judgement {
        Judgement {
            dataset: notes.first().cloned().unwrap_or_default(),
            other_content: true,
            by_ratio: false,
            notes,
            rows,
            changes,
            marginals: Vec::new(),
        }
    }

    #[test]
    fn a_comment_is_never_too_long() {
        let change = |number: u64| Change {
            path: format!("include/{}/{number}.h", "long".repeat(50)),
            kind: Kind::Added,
            old: 0,
            new: number,
        };
        let judged = |notes| judgement(notes, Vec::new(), (1..5000).map(change).collect());
        let text = markdown(&judged(Vec::new()));
        assert!(text.len() < LIMIT && text.len() > LIMIT / 4, "{}", text.len());
        assert!(text.contains("add/remove: 4999/0") && text.contains(" more\n"));
        let text = markdown(&judged(vec!["x".repeat(100_000)]));
        assert!(text.chars().count() <= LIMIT && text.contains("cut to fit"));
    }

    #[test]
    fn words_of_a_foreign_record_drive_neither_the_terminal_nor_github() {
        const EVIL: &str = "x\u{1b}[2J\n::error::forged";
        let row = gate::Row {
            form: EVIL.into(),
            metric: EVIL.into(),
            old: None,
            new: None,
            state: State::Unchecked { reason: EVIL.into() },
            cause: None,
        };
        let judgement = judgement(vec![EVIL.into()], vec![row], Vec::new());
        let said = text(&judgement) + &summary(&judgement);
        assert!(!said.contains('\u{1b}') && said.contains("forged"), "{said:?}");
        assert!(!said.lines().any(|line| line.trim_start().starts_with("::")), "{said:?}");
    }
}
