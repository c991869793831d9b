//! Blocks as Markdown, for an issue, a mail or a README.

use std::fmt::Write as _;

use crate::report::block::{Aside, Block, Cell, Depth, Document, Style, Table, Tone, Words};

/// `document` whole, but for what only a page has.
pub(in crate::report) fn document(document: &Document) -> String {
    let mut text = format!("# {}\n", escaped(&document.title));
    blocks(&document.lead, 2, &mut text);
    for part in &document.parts {
        let mut level = 2;
        if !part.title.is_empty() {
            let _ = writeln!(text, "\n## {}", escaped(&part.title));
            level += 1;
        }
        blocks(&part.lead, level, &mut text);
        for section in part.sections.iter().filter(|section| section.depth != Depth::Page) {
            let _ = writeln!(text, "\n{} {}", "#".repeat(level), escaped(&section.title));
            blocks(&section.blocks, level + 1, &mut text);
        }
    }
    text
}

/// `blocks` below a heading, whose own headings are of `level`.
pub(in crate::report) fn blocks(blocks: &[Block], level: usize, text: &mut String) {
    for block in blocks {
        self::block(block, level, text);
    }
}

fn block(block: &Block, level: usize, text: &mut String) {
    let _ = match block {
        Block::Heading(title) => heading(level, &escaped(title), text),
        Block::Text(Tone::Notice, words) => writeln!(text, "\n> {}", inline(words)),
        Block::Text(_, words) => writeln!(text, "\n{}", inline(words)),
        Block::List(items) if items.is_empty() => Ok(()),
        Block::List(items) => {
            text.push('\n');
            items.iter().try_for_each(|item| writeln!(text, "- {}", inline(item)))
        }
        Block::Terms(terms) => {
            text.push('\n');
            terms.iter().try_for_each(|(term, words)| {
                let lead = if term.is_empty() { "  - " } else { "- " };
                let term = if term.is_empty() { String::new() } else { escaped(term) + ": " };
                writeln!(text, "{lead}{term}{}", inline(words))
            })
        }
        Block::Code(code) => {
            let lines: Vec<String> = code.lines().map(escaped).collect();
            writeln!(text, "\n{}", lines.join("  \n"))
        }
        Block::Table(one) => table(one, level, text),
        Block::Details(details) => {
            let done = heading(level, &inline(&details.summary), text);
            blocks(&details.blocks, level + 1, text);
            done
        }
        Block::Notes(notes) => {
            text.push('\n');
            notes.iter().try_for_each(|note| {
                let (number, state) = (note.number, note.state);
                let words = escaped(&format!("{}; {}", note.text, note.places));
                writeln!(text, "- \\[{number}\\] **{state}**: {words}")
            })
        }
        Block::Chart(_) | Block::Chooser(_) => Ok(()),
    };
}

fn heading(level: usize, title: &str, text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n{} {title}", "#".repeat(level.min(6)))
}

fn table(table: &Table, level: usize, text: &mut String) -> std::fmt::Result {
    if table.rows.is_empty() {
        return Ok(());
    }
    if !table.title.is_empty() {
        heading(level, &escaped(&table.title), text)?;
    }
    if !table.about.is_empty() {
        writeln!(text, "\n{}", escaped(&table.about))?;
    }
    text.push('\n');
    let heads: Vec<String> = table.columns.iter().map(|column| escaped(&column.title)).collect();
    writeln!(text, "| {} |", heads.join(" | "))?;
    let rules = table.columns.iter().map(|column| if column.right { "--:" } else { ":--" });
    writeln!(text, "|{}|", rules.collect::<Vec<_>>().join("|"))?;
    for row in &table.rows {
        let cells: Vec<String> = row.cells.iter().map(cell).collect();
        writeln!(text, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

fn cell(cell: &Cell) -> String {
    let note = cell.note.map(|number| format!("\\[{number}\\]")).unwrap_or_default();
    let aside = match &cell.aside {
        Aside::Nothing => String::new(),
        Aside::Uncertainty(percent) => format!(" ± {percent:.0} %"),
        Aside::Range(low, high) => format!(" ({} – {})", escaped(low), escaped(high)),
        Aside::Remark(text) => format!(" ({})", escaped(text)),
    };
    format!("{}{note}{aside}", escaped(cell.text.trim_end()))
}

fn inline(words: &Words) -> String {
    let piece = |(style, text): &(Style, String)| match style {
        Style::Strong => format!("**{}**", escaped(text)),
        Style::Verdict => format!("{}:", escaped(text)),
        _ => escaped(text),
    };
    words.0.iter().map(piece).collect()
}

/// `text` on one line, with nothing left that Markdown or HTML would take for markup.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            safe.push(' ');
            continue;
        }
        if "\\`*_[]<>|&".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
