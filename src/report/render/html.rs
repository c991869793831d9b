//! Blocks as a page: one self-contained file that says everything without a script.

use std::fmt::Write as _;

use anyhow::Result;

use crate::report::block::{
    Aside, Block, Cell, Column, Details, Document, Kind, Note, Part, Row, Style, Table, Tone, Words,
};
use crate::report::chart::Chart;
use crate::report::markup::escaped;
use crate::report::palette;

use super::look::Look;

const STYLE: &str = include_str!("page.css");
/// What makes it live, where scripts run.
const SCRIPT: &str = include_str!("page.js");

/// `document` as a page.
///
/// # Errors
/// A chart that can't be drawn: never the fault of a record.
pub(in crate::report) fn document(document: &Document) -> Result<String> {
    let title = escaped(&document.title);
    let mut page =
        Page { text: String::new(), part: String::new(), label: String::new(), level: 2 };
    let _ = write!(
        page.text,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{}{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
         <p class=\"question\">{}</p>\n</header>\n<main>\n",
        palette::css(),
        escaped(&document.question),
    );
    page.blocks(&document.lead)?;
    for (number, part) in document.parts.iter().enumerate() {
        page.part(part, number)?;
    }
    let _ = write!(page.text, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    Ok(page.text)
}

struct Page {
    text: String,
    /// The prefix of the part's anchors.
    part: String,
    /// What the names of regions end in, so that those of several parts differ.
    label: String,
    level: usize,
}

impl Page {
    fn part(&mut self, part: &Part, number: usize) -> Result<()> {
        self.part.clone_from(&part.id);
        let _ = writeln!(self.text, "<article id=\"{}\">", escaped(&part.id));
        self.level = 2;
        if !part.title.is_empty() {
            self.label = format!(", part {}", number + 1);
            let _ = writeln!(self.text, "<h2>{}</h2>", escaped(&part.title));
            self.level = 3;
        }
        self.blocks(&part.lead)?;
        if part.sections.len() > 1 {
            let _ = writeln!(self.text, "<nav aria-label=\"Contents{}\">", escaped(&self.label));
            for section in &part.sections {
                let (id, title) = (escaped(&section.id), escaped(&section.title));
                let _ = writeln!(self.text, "<a href=\"#{id}\">{title}</a>");
            }
            self.text.push_str("</nav>\n");
        }
        for section in &part.sections {
            let live = section.blocks.iter().any(|block| matches!(block, Block::Chooser(_)));
            let live = if live { format!(" data-choose=\"{}\"", self.part) } else { String::new() };
            let (id, title, h) = (escaped(&section.id), escaped(&section.title), self.level);
            let _ = writeln!(self.text, "<section{live}>\n<h{h} id=\"{id}\">{title}</h{h}>");
            self.level += 1;
            self.blocks(&section.blocks)?;
            self.level -= 1;
            self.text.push_str("</section>\n");
        }
        self.text.push_str("</article>\n");
        Ok(())
    }

    fn blocks(&mut self, blocks: &[Block]) -> Result<()> {
        let mut charts = false;
        for block in blocks {
            let chart = matches!(block, Block::Chart(_));
            if chart != charts {
                self.text.push_str(if chart { "<div class=\"charts\">\n" } else { "</div>\n" });
                charts = chart;
            }
            self.block(block)?;
        }
        if charts {
            self.text.push_str("</div>\n");
        }
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<()> {
        match block {
            Block::Heading(title) => {
                let _ = writeln!(self.text, "<h{0}>{1}</h{0}>", self.level, escaped(title));
            }
            Block::Text(tone, words) => {
                let class = match tone {
                    Tone::Plain => "",
                    Tone::Small => " class=\"small\"",
                    Tone::Notice => " class=\"notice\"",
                    Tone::Method => " class=\"method\"",
                };
                let _ = writeln!(self.text, "<p{class}>{}</p>", inline(words));
            }
            Block::List(items) if items.is_empty() => {}
            Block::List(items) => {
                let items = items.iter().map(|item| format!("<li>{}</li>\n", inline(item)));
                let _ = writeln!(self.text, "<ul>\n{}</ul>", items.collect::<String>());
            }
            Block::Terms(terms) => {
                let row = |(term, words): &(String, Words)| {
                    format!("<dt>{}</dt><dd>{}</dd>\n", escaped(term), inline(words))
                };
                let _ =
                    writeln!(self.text, "<dl>\n{}</dl>", terms.iter().map(row).collect::<String>());
            }
            Block::Code(code) => {
                let _ =
                    writeln!(self.text, "<pre tabindex=\"0\"><code>{}</code></pre>", escaped(code));
            }
            Block::Table(table) => self.table(table),
            Block::Chart(chart) => self.chart(chart)?,
            Block::Details(details) => self.details(details)?,
            Block::Notes(notes) => self.notes(notes),
            Block::Chooser(data) => {
                // Nothing in it can end the script.
                let data = data.to_string().replace('<', "\\u003c");
                let _ = writeln!(
                    self.text,
                    "<div class=\"live\"></div>\n<script type=\"application/json\">{data}</script>"
                );
            }
        }
        Ok(())
    }

    fn details(&mut self, details: &Details) -> Result<()> {
        let id = details.id.as_ref().map(|id| format!(" class=\"claim\" id=\"{}\"", escaped(id)));
        let (id, summary) = (id.unwrap_or_default(), inline(&details.summary));
        let _ = writeln!(self.text, "<details{id}>\n<summary>{summary}</summary>");
        self.blocks(&details.blocks)?;
        self.text.push_str("</details>\n");
        Ok(())
    }

    fn notes(&mut self, notes: &[Note]) {
        self.text.push_str("<ol class=\"notes\">\n");
        for Note { number, state, text, places } in notes {
            let _ = writeln!(
                self.text,
                "<li id=\"{}-n{number}\"><b class=\"{state}\">{state}</b>: {}\n<small>{}</small></li>",
                self.part,
                escaped(text),
                escaped(places)
            );
        }
        self.text.push_str("</ol>\n");
    }

    fn chart(&mut self, chart: &Chart) -> Result<()> {
        let Chart { title, caption, dropped, .. } = chart;
        let mut caption = escaped(caption);
        if !dropped.is_empty() {
            let _ = write!(caption, " Not drawn: {}.", escaped(&dropped.join(", ")));
        }
        let _ = writeln!(
            self.text,
            "<figure>\n<figcaption><b>{}</b></figcaption>\n<div class=\"picture\">{}</div>\n\
             <p class=\"small\">{caption}</p>\n</figure>",
            escaped(title),
            chart.svg()?
        );
        Ok(())
    }

    fn table(&mut self, table: &Table) {
        if table.rows.is_empty() {
            return;
        }
        let class = match table.kind {
            Kind::Figures | Kind::Sorted => "",
            Kind::Words => " class=\"words\"",
            Kind::Candidates => " class=\"choices\"",
            Kind::Samples => " class=\"words samples\"",
        };
        let sorted = matches!(table.kind, Kind::Sorted | Kind::Candidates);
        let sort = if sorted { " data-sort" } else { "" };
        let name = if table.title.is_empty() { "Table" } else { &table.title };
        let _ = writeln!(
            self.text,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}{}\">\n<table{class}{sort}>",
            escaped(name),
            escaped(&self.label)
        );
        if !table.title.is_empty() {
            let _ = write!(self.text, "<caption>{}", escaped(&table.title));
            if !table.about.is_empty() {
                let about = escaped(&table.about);
                let _ = write!(self.text, "<small class=\"laboratory\">{about}</small>");
            }
            self.text.push_str("</caption>\n");
        }
        let looks: Vec<Look> = (0..table.columns.len()).map(|at| Look::of(table, at)).collect();
        let head = |(column, look): (&Column, &Look)| {
            let class = match (look.ranged, look.left) {
                (true, _) => " class=\"spread\"",
                (false, true) => " class=\"left\"",
                (false, false) => "",
            };
            format!("<th scope=\"col\"{class}>{}</th>", escaped(&column.title))
        };
        let heads: String = table.columns.iter().zip(&looks).map(head).collect();
        let _ = writeln!(self.text, "<thead><tr>{heads}</tr></thead>\n<tbody>");
        for row in &table.rows {
            self.row(row, table.kind, &looks);
        }
        self.text.push_str("</tbody>\n</table>\n</div>\n");
    }

    fn row(&mut self, row: &Row, kind: Kind, looks: &[Look]) {
        let candidates = kind == Kind::Candidates;
        self.text.push_str(if candidates { "<tr data-candidate" } else { "<tr" });
        if let Some(id) = &row.id {
            let _ = write!(self.text, " id=\"{}\"", escaped(id));
        }
        self.text.push_str(if row.reference { " class=\"kernels\">" } else { ">" });
        for (at, (cell, look)) in row.cells.iter().zip(looks).enumerate() {
            let open = match at {
                0 => "th scope=\"row\"",
                2 if candidates => "td data-verdict",
                _ => "td",
            };
            self.cell(cell, open, look);
        }
        self.text.push_str("</tr>\n");
    }

    fn cell(&mut self, cell: &Cell, element: &str, look: &Look) {
        let mut open = element.to_owned();
        let state = if cell.state == "measured" { "" } else { cell.state };
        let class = [state, if look.left { "left" } else { "" }].join(" ");
        if class != " " {
            let _ = write!(open, " class=\"{}\"", class.trim());
        }
        if !cell.hint.is_empty() {
            let _ = write!(open, " title=\"{}\"", escaped(&cell.hint));
        }
        if let Some(value) = cell.value {
            let _ = write!(open, " data-v=\"{value}\"");
            if look.bars {
                let _ = write!(open, " style=\"--w:{:.0}%\"", look.share(value) * 100.0);
            }
        }
        let text = escaped(cell.text.trim_end());
        let text = if cell.strong { format!("<b>{text}</b>") } else { text };
        let mut links = cell.links.iter().map(|link| escaped(link));
        let text = match links.next() {
            Some(link) => format!("<a href=\"#{link}\">{text}</a>"),
            None => text,
        };
        let _ = write!(self.text, "<{open}>{text}");
        for (number, link) in links.enumerate() {
            let source = number + 2;
            let _ = write!(
                self.text,
                " <a href=\"#{link}\" aria-label=\"source {source}\">{source}</a>"
            );
        }
        if let Some(note) = cell.note {
            let (part, state) = (&self.part, cell.state);
            let _ = write!(
                self.text,
                "<sup><a href=\"#{part}-n{note}\" aria-label=\"{state}, note {note}\">{note}</a></sup>"
            );
        }
        let aside = match &cell.aside {
            Aside::Nothing if look.ranged => "<small></small>".to_owned(),
            Aside::Nothing => String::new(),
            Aside::Uncertainty(percent) => format!("<small>± {percent:.0} %</small>"),
            Aside::Range(low, high) => {
                format!("<small>{} – {}</small>", escaped(low), escaped(high))
            }
            Aside::Remark(text) => format!("<small class=\"remark\">{}</small>", escaped(text)),
        };
        self.text.push_str(&aside);
        self.text.push_str(if element.starts_with("th") { "</th>" } else { "</td>" });
    }
}

fn inline(words: &Words) -> String {
    let piece = |(style, text): &(Style, String)| {
        let safe = escaped(text);
        match style {
            Style::Plain => safe,
            Style::Name | Style::Strong => format!("<b>{safe}</b>"),
            Style::Small => format!("<small>{safe}</small>"),
            Style::Code => format!("<code>{safe}</code>"),
            Style::Hash => format!("<span class=\"hash\">{safe}</span>"),
            Style::Verdict => {
                format!("<span class=\"verdict {}\">{safe}</span>", text.replace(' ', "-"))
            }
        }
    };
    words.0.iter().map(piece).collect()
}
