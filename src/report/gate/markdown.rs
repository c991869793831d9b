//! The gate's findings for a pull request's comment or a job's summary.

use std::fmt::Write as _;

use super::{advice, bloat_forms, bloat_head, bloat_rows, bytes, change, summary, verdict, why};
use crate::judge::gate::Judgement;
use crate::report::markdown::escaped;

/// The most characters that are written: GitHub refuses comments of more than 65,536 (its job
/// summaries take 1 MiB), and a heading of somebody's own may come on top.
const LIMIT: usize = 65_000;

/// The findings as Markdown, cut to what a comment takes.
pub fn markdown(judgement: &Judgement) -> String {
    let mut most = judgement.changes.len().min(200);
    loop {
        let text = whole(judgement, most);
        if text.chars().count() <= LIMIT {
            return text;
        }
        if most == 0 {
            let cut: String = text.chars().take(LIMIT - 40).collect();
            return format!("{cut}\n\n(cut to fit a comment)\n");
        }
        most /= 2;
    }
}

fn whole(judgement: &Judgement, most: usize) -> String {
    let mut text = format!("### {}\n\n", escaped(&summary(judgement)));
    for note in &judgement.notes {
        let _ = writeln!(text, "> {}\n", escaped(note));
    }
    line(&["form", "metric", "accepted", "now", "change", "verdict"].map(str::to_owned), &mut text);
    text.push_str("|:--|:--|--:|--:|--:|:--|\n");
    for row in &judgement.rows {
        let cells = [row.form.clone(), row.metric.clone(), bytes(row.old), bytes(row.new)];
        let [form, metric, old, new] = cells.map(|cell| escaped(&cell));
        line(&[form, metric, old, new, change(row), verdict(row).to_owned()], &mut text);
    }
    text.push('\n');
    for row in &judgement.rows {
        if let Some(why) = why(row) {
            let _ =
                writeln!(text, "- **{} {}**: {}", escaped(&row.form), row.metric, escaped(&why));
        }
    }
    if !judgement.changes.is_empty() {
        let _ = writeln!(text, "\n#### What changed in the tree\n\n{}\n", bloat_head(judgement));
        let mut head = ["header", "old", "new", "delta"].map(str::to_owned).to_vec();
        head.extend(bloat_forms(judgement).iter().map(|form| format!("in {}", escaped(form))));
        line(&head, &mut text);
        let _ = writeln!(text, "|:--|{}", "--:|".repeat(head.len() - 1));
        for row in bloat_rows(judgement, most) {
            line(&row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>(), &mut text);
        }
        let more = judgement.changes.len() - most.min(judgement.changes.len());
        if more > 0 {
            let _ = writeln!(text, "\nand {more} more");
        }
    }
    if let Some(advice) = advice(judgement) {
        let _ = writeln!(text, "\n{advice}");
    }
    text
}

fn line(cells: &[String], text: &mut String) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::gate::{Change, Kind};

    #[test]
    fn a_comment_is_never_too_long() {
        let change = |number: u64| Change {
            path: format!("include/{}/{number}.h", "long".repeat(50)),
            kind: Kind::Added,
            old: 0,
            new: number,
        };
        let judgement = |notes: Vec<String>| Judgement {
            dataset: "tree".into(),
            other_content: true,
            by_ratio: false,
            notes,
            rows: Vec::new(),
            changes: (1..5000).map(change).collect(),
            marginals: Vec::new(),
        };
        let text = markdown(&judgement(Vec::new()));
        assert!(text.len() < LIMIT && text.len() > LIMIT / 4, "{}", text.len());
        assert!(text.contains("add/remove: 4999/0") && text.contains(" more\n"));
        let text = markdown(&judgement(vec!["x".repeat(100_000)]));
        assert!(text.chars().count() <= LIMIT && text.contains("cut to fit"));
    }
}
