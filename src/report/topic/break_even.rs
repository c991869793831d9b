//! From how many uses on one form's total time is below another's.

use crate::judge::choose::break_even;
use crate::judge::choose::break_even::{BreakEven, Crossing, Use};
use crate::record::Record;
use crate::record::figure::Estimate;
use crate::record::units;
use crate::report::block::{Block, Cell, Column, Kind, Row, Section, Table};
use crate::report::figures::{REFERENCE, anchor};

const METHOD: &str = "Total time is modelled from the figures of this report: a time once a boot, and a time \
     for each use. In brackets is the range when every figure is at an end of its interval. A tool’s start \
     reads the headers of one program. Reads of a mount are measured on a fresh mount, so that later ones \
     take less than this.";

/// Tables against the merged form; `None` where no two plans were measured.
pub(in crate::report) fn section(record: &Record, run: usize) -> Option<Section> {
    let mut blocks = tables(&break_even::against(record, REFERENCE), run);
    if blocks.is_empty() {
        return None;
    }
    blocks.push(Block::method("How it was computed.", METHOD));
    let (id, title) = (format!("r{run}-even"), "Break-even".to_owned());
    Some(Section { id, title, blocks, ..Section::default() })
}

/// `evens` as a table for each first plan, with a row for each second.
pub(in crate::report) fn tables(evens: &[BreakEven], run: usize) -> Vec<Block> {
    let mut firsts: Vec<String> = Vec::new();
    for even in evens {
        if !firsts.contains(&even.first.name()) {
            firsts.push(even.first.name());
        }
    }
    let uses = || Use::ALL.map(|of| Column::left(of.name()));
    let table = |first: &String| {
        let of_first: Vec<_> = evens.iter().filter(|even| even.first.name() == *first).collect();
        let mut rows: Vec<Row> = Vec::new();
        for even in &of_first {
            let second = even.second.name();
            if rows.iter().any(|row| row.cells[0].text == second) {
                continue;
            }
            let cells = Use::ALL.map(|of| {
                let found = of_first.iter().find(|one| one.of == of && one.second.name() == second);
                found.map_or_else(|| Cell::new("–"), |even| cell(even, run))
            });
            let cells = [Cell::new(&second)].into_iter().chain(cells).collect();
            rows.push(Row { cells, ..Row::default() });
        }
        Block::Table(Table {
            title: format!("Total time of a boot: when {first} is faster"),
            kind: Kind::Words,
            columns: [Column::left("than")].into_iter().chain(uses()).collect(),
            rows,
            ..Table::default()
        })
    };
    firsts.iter().map(table).collect()
}

fn cell(even: &BreakEven, run: usize) -> Cell {
    let mut observations = [even.first.observations.as_slice(), &even.second.observations].concat();
    observations.sort_unstable();
    observations.dedup();
    let links = observations.into_iter().map(|at| anchor(run, at)).collect();
    Cell { links, ..Cell::new(number(even.crossing)) }
}

/// When the first is ahead, in a number of uses. There is no less than one: a plan that is overtaken before
/// that is never ahead.
fn number(crossing: Crossing) -> String {
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
        Crossing::NotEstablished => "not established: within noise".to_owned(),
    }
}

/// [`number`] with what is counted.
pub(in crate::report) fn number_of(crossing: Crossing, of: Use) -> String {
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
