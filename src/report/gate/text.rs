//! The gate's findings on a terminal.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::{advice, bloat_forms, bloat_head, bloat_rows, bytes, change, summary, verdict, why};
use crate::gate::Judgement;

/// Headers shown of those that changed.
const MOST: usize = 20;

/// The findings as text.
pub fn text(judgement: &Judgement) -> String {
    let mut text = String::new();
    for note in &judgement.notes {
        let _ = writeln!(text, "{note}");
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
            let _ = writeln!(text, "{} {}: {why}", row.form, row.metric);
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
    grid.set_header(head);
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

/// Without the control characters of a hostile file name.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
