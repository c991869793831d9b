//! The gate's findings on a terminal.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::{advice, bloat_forms, bloat_head, bloat_rows, bytes, change, summary, verdict, why};
use crate::judge::gate::Judgement;
use crate::report::terminal::clean;

/// Headers shown of those that changed.
const MOST: usize = 20;

/// The findings as text.
pub fn text(judgement: &Judgement) -> String {
    let mut text = String::new();
    for note in &judgement.notes {
        let _ = writeln!(text, "{}", clean(note));
    }
    let rows = judgement.rows.iter().map(|row| {
        [row.form.clone(), row.metric.clone(), bytes(row.old), bytes(row.new), change(row)]
            .into_iter()
            .chain([verdict(row).to_owned()])
            .collect()
    });
    let head = ["form", "metric", "accepted", "now", "change", "verdict"];
    grid(&head, rows.collect(), 2..5, &mut text);
    for row in &judgement.rows {
        if let Some(why) = why(row) {
            let line = format!("{} {}: {why}", row.form, row.metric);
            let _ = writeln!(text, "{}", clean(&line));
        }
    }
    if !judgement.changes.is_empty() {
        let _ = writeln!(text, "\n{}", bloat_head(judgement));
        let forms = bloat_forms(judgement);
        let costs: Vec<_> = forms.iter().map(|form| format!("in {form}")).collect();
        let mut head = vec!["header", "old", "new", "delta"];
        head.extend(costs.iter().map(String::as_str));
        grid(&head, bloat_rows(judgement, MOST), 1..head.len(), &mut text);
        let more = judgement.changes.len().saturating_sub(MOST);
        if more > 0 {
            let _ = writeln!(text, "and {more} more");
        }
    }
    if judgement.exit_code() == 0 {
        // Otherwise it is the error that the program ends with.
        let _ = writeln!(text, "{}", summary(judgement));
    }
    if let Some(advice) = advice(judgement) {
        let _ = writeln!(text, "{advice}");
    }
    text
}

/// A table without lines, the columns `numbers` to the right.
fn grid(head: &[&str], rows: Vec<Vec<String>>, numbers: std::ops::Range<usize>, text: &mut String) {
    let mut grid = Table::new();
    grid.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    grid.set_header(head.iter().map(|cell| clean(cell)));
    for row in rows {
        grid.add_row(row.iter().map(|cell| clean(cell)));
    }
    for (index, column) in grid.column_iter_mut().enumerate() {
        column.set_padding((if index == 0 { 0 } else { 2 }, 0));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let _ = writeln!(text, "{}", grid.trim_fmt());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::gate::{Row, State};

    #[test]
    fn words_of_a_foreign_record_drive_neither_the_terminal_nor_github() {
        const EVIL: &str = "x\u{1b}[2J\n::error::forged";
        let row = Row {
            form: EVIL.into(),
            metric: EVIL.into(),
            old: None,
            new: None,
            state: State::Unchecked { reason: EVIL.into() },
            cause: None,
        };
        let judgement = Judgement {
            dataset: EVIL.into(),
            other_content: false,
            by_ratio: false,
            notes: vec![EVIL.into()],
            rows: vec![row],
            changes: Vec::new(),
            marginals: Vec::new(),
        };
        let said = text(&judgement) + &summary(&judgement);
        assert!(!said.contains('\u{1b}') && said.contains("forged"), "{said:?}");
        assert!(!said.lines().any(|line| line.trim_start().starts_with("::")), "{said:?}");
    }
}
