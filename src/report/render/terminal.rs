//! Blocks on a terminal: lines of its width, figures in columns, nothing that would drive it.

use crate::report::block::{Aside, Block, Cell, Depth, Document, Style, Table, Tone, Words};

/// The width assumed where there is no terminal to ask.
pub const WIDTH: usize = 120;

/// What is between two columns.
const GAP: usize = 2;

/// The marks of remarks that cells share.
const MARKS: [char; 4] = ['¹', '²', '³', '⁴'];

/// What a run ends with: the brief sections of `document`.
pub(in crate::report) fn document(document: &Document, width: usize) -> String {
    let mut page = Page { width, ..Page::default() };
    page.blocks(&document.lead);
    for part in &document.parts {
        page.blocks(&part.lead);
        for section in part.sections.iter().filter(|section| section.depth == Depth::Brief) {
            page.gap();
            page.blocks(&section.blocks);
        }
    }
    page.text.truncate(page.text.trim_end().len());
    page.text + "\n"
}

/// `blocks` as the whole answer of a command: what a page folds is shown.
pub(in crate::report) fn blocks(blocks: &[Block], width: usize) -> String {
    let mut page = Page { width, open: true, ..Page::default() };
    page.blocks(blocks);
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
    width: usize,
    /// Whether folded blocks are shown.
    open: bool,
    indent: usize,
    /// The numbers of the notes that a printed cell refers to.
    noted: Vec<usize>,
}

impl Page {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    /// An empty line, unless there is one or nothing above.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(title) => {
                self.gap();
                self.wrap(title);
            }
            Block::Text(Tone::Method, _) => {}
            Block::Text(_, words) => self.wrap(&plain(words)),
            Block::List(items) => items.iter().for_each(|item| self.wrap(&plain(item))),
            Block::Terms(terms) => {
                terms
                    .iter()
                    .for_each(|(term, words)| self.wrap(&format!("{term}: {}", plain(words))));
            }
            Block::Code(text) => self.wrap(text),
            Block::Table(table) => self.table(table),
            Block::Details(details) if self.open => {
                self.gap();
                self.wrap(&plain(&details.summary));
                self.indent += 4;
                self.blocks(&details.blocks);
                self.indent -= 4;
            }
            Block::Notes(notes) => {
                for note in notes {
                    // What is hidden for want of room is in the record; a failure is always listed.
                    if self.noted.contains(&note.number) || note.state == "failed" {
                        let (number, state) = (note.number, note.state);
                        self.wrap(&format!("[{number}] {state}: {} ({})", note.text, note.places));
                    }
                }
            }
            Block::Details(_) | Block::Chart(_) | Block::Chooser(_) => {}
        }
    }

    /// `body` in lines of at most the width, the later ones indented.
    fn wrap(&mut self, body: &str) {
        let body = clean(body);
        let mut used = self.indent;
        self.text.extend(std::iter::repeat_n(' ', self.indent));
        for (number, word) in body.split(' ').enumerate() {
            let need = chars(word) + usize::from(number > 0);
            if number > 0 && used + need > self.width {
                self.text.push('\n');
                self.text.extend(std::iter::repeat_n(' ', self.indent + 4));
                used = self.indent + 4 + chars(word);
            } else {
                if number > 0 {
                    self.text.push(' ');
                }
                used += need;
            }
            self.text.push_str(word);
        }
        self.text.push('\n');
    }

    fn table(&mut self, table: &Table) {
        let marks = Marks::of(table);
        let texts: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| {
                row.cells.iter().enumerate().map(|(at, cell)| marks.text(at, cell)).collect()
            })
            .collect();
        let heads: Vec<String> = table
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{}{}", clean(&column.title), marks.room(at)))
            .collect();
        let breadth = |at: usize| {
            let cells = texts.iter().filter_map(|row| row.get(at)).map(|text| chars(text));
            cells.chain([chars(&heads[at])]).max().unwrap_or(0)
        };
        let breadths: Vec<usize> = (0..heads.len()).map(breadth).collect();
        let shown = chosen(table, &breadths, self.width.saturating_sub(self.indent));
        if shown.len() < 2 && table.columns.len() > 1 || table.rows.is_empty() {
            return;
        }
        if !table.title.is_empty() {
            self.gap();
            self.wrap(&format!("{}:", table.title));
        }
        let mut line = |cells: &[String]| {
            let mut text = " ".repeat(self.indent);
            for (place, &at) in shown.iter().enumerate() {
                let (cell, wide) = (cells.get(at).map_or("", String::as_str), breadths[at]);
                let pad = " ".repeat(wide - chars(cell));
                text += if place > 0 { "  " } else { "" };
                text += &if table.columns[at].right { pad + cell } else { cell.to_owned() + &pad };
            }
            self.text.push_str(text.trim_end());
            self.text.push('\n');
        };
        if heads.iter().any(|head| !head.trim().is_empty()) {
            line(&heads);
        }
        for (row, texts) in table.rows.iter().zip(&texts) {
            let mut cells = shown.iter().skip(1).filter_map(|&at| row.cells.get(at));
            if shown.len() == 1 || !cells.clone().all(|cell| cell.empty) {
                line(texts);
                let notes = cells.by_ref().filter_map(|cell| cell.note);
                self.noted.extend(notes);
            }
        }
        for (mark, remark) in MARKS.iter().zip(&marks.remarks) {
            let of = |cell: &Cell| cell.aside == Aside::Remark(remark.clone());
            let seen = |at: &usize| table.rows.iter().any(|row| row.cells.get(*at).is_some_and(of));
            if shown.iter().any(seen) {
                self.wrap(&format!("{mark} {remark}"));
            }
        }
        if !table.about.is_empty() {
            self.wrap(&table.about);
        }
    }
}

/// The columns that there is room for, the most important first to be kept.
fn chosen(table: &Table, breadths: &[usize], width: usize) -> Vec<usize> {
    let ranked = |at: &usize| table.columns[*at].rank > 0;
    let (mut rest, mut shown): (Vec<usize>, Vec<usize>) = (0..breadths.len()).partition(ranked);
    let mut room = width.saturating_sub(shown.iter().map(|&at| breadths[at] + GAP).sum::<usize>());
    room += GAP;
    rest.sort_by_key(|&at| table.columns[at].rank);
    for at in rest {
        let cost = GAP + breadths[at];
        // One figure is always there: a table without any says nothing.
        if cost <= room || shown.len() < 2 {
            room = room.saturating_sub(cost);
            shown.push(at);
        }
    }
    shown.sort_unstable();
    shown
}

/// The remarks of a table's cells, each with one mark.
struct Marks {
    remarks: Vec<String>,
    /// The columns that have one, whose other figures keep its room.
    columns: Vec<usize>,
}

impl Marks {
    fn of(table: &Table) -> Self {
        let (mut remarks, mut columns) = (Vec::new(), Vec::new());
        for (at, cell) in table.rows.iter().flat_map(|row| row.cells.iter().enumerate()) {
            if let Aside::Remark(text) = &cell.aside {
                columns.push(at);
                if !remarks.contains(text) {
                    remarks.push(text.clone());
                }
            }
        }
        Self { remarks, columns }
    }

    fn room(&self, column: usize) -> &'static str {
        if self.columns.contains(&column) { " " } else { "" }
    }

    fn text(&self, column: usize, cell: &Cell) -> String {
        let note = cell.note.map(|number| format!("[{number}]")).unwrap_or_default();
        let aside = match &cell.aside {
            Aside::Nothing => self.room(column).to_owned(),
            Aside::Uncertainty(percent) => format!(" ±{percent:>2.0} %"),
            Aside::Range(low, high) => format!(" ({low}–{high})"),
            Aside::Remark(text) => {
                let at = self.remarks.iter().position(|remark| remark == text);
                at.and_then(|at| MARKS.get(at)).map(char::to_string).unwrap_or_default()
            }
        };
        clean(&format!("{}{note}{aside}", cell.text))
    }
}

fn plain(words: &Words) -> String {
    let piece = |(style, text): &(Style, String)| match style {
        Style::Verdict => format!("{}:", text.to_uppercase()),
        _ => text.clone(),
    };
    words.0.iter().map(piece).collect()
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// On one line, and without the control characters that would drive the terminal.
pub(in crate::report) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
