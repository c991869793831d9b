//! This program and reference tools: both figures, and their ratio.

use crate::judge::compare::{Pair, Ratio, references};
use crate::record::stats::Summary;
use crate::record::units;
use crate::record::{Absence, Nature, Record};
use crate::report::block::{
    Aside, Block, Cell, Column, Depth, Details, Kind, Row, Section, Table, Words,
};
use crate::report::figures::anchor;

const METHOD: &str = "Both sides are whole commands, timed from before the start of the program to after its \
     end, in one folder on tmpfs that holds the headers as files. The two sides are interleaved in each \
     round. A ratio is the median of the rounds’ own ratios, with its 95 % CI; below 1 this program takes \
     less. “Work alone” divides this program’s work in a process that already runs, with the headers in \
     memory, by the whole command of the reference: a program that has this one as a library would see \
     that. The two are not alike. CPU time is of all processes of a command, peak memory of the largest, \
     and no less than the 6 MB of the process that starts it.";

/// The kinds of work of the table of all references.
const SHOWN: &[&str] = &["size", "build", "all to tmpfs", "one header"];

/// Every reference of `record`; `None` where there is none.
pub(in crate::report) fn section(record: &Record, run: usize) -> Option<Section> {
    let pairs = references(record);
    if pairs.is_empty() {
        return None;
    }
    let note = "Whole commands: the median of each round’s ratio with its 95 % CI. Work alone: without \
                starting this program, headers in memory.";
    let mut blocks = vec![Block::Table(all(&pairs)), Block::small(note)];
    blocks.push(Block::List(remarks(record, &pairs)));
    blocks.extend(pairs.iter().map(|pair| Block::Details(details(record, pair, run))));
    blocks.push(Block::method("How it was measured.", METHOD));
    Some(Section {
        id: format!("r{run}-references"),
        title: "Ours / reference".to_owned(),
        depth: Depth::Brief,
        blocks,
    })
}

/// The ratios of all references.
fn all(pairs: &[Pair]) -> Table {
    let mut rows = Vec::new();
    for pair in pairs {
        let mut row = |name: &str, of: fn(&Ratio) -> Option<&Summary>| {
            let cells = SHOWN.iter().map(|title| {
                let found = pair.ratios.iter().find(|ratio| ratio.work.title == *title);
                found.map_or_else(Cell::empty, |ratio| self::ratio(of(ratio), ratio.nature))
            });
            let cells = [Cell::new(name)].into_iter().chain(cells).collect();
            rows.push(Row { cells, ..Row::default() });
        };
        row(&pair.reference.id, |ratio| ratio.ratio.as_ref().ok());
        if pair.ratios.iter().any(|ratio| ratio.alone.is_some()) {
            row("  work alone", |ratio| ratio.alone.as_ref());
        }
    }
    let heads = SHOWN.iter().map(|title| Column::right(*title));
    Table {
        columns: [Column::left("ours / reference")].into_iter().chain(heads).collect(),
        rows,
        ..Table::default()
    }
}

fn ratio(found: Option<&Summary>, nature: Nature) -> Cell {
    let Some(summary) = found else { return Cell::new("–") };
    let digits = |ppm: f64| match nature {
        Nature::Exact => format!("{:.4}", ppm / 1e6),
        Nature::Noisy => format!("{:.2}", ppm / 1e6),
    };
    let interval = summary.interval.filter(|_| nature == Nature::Noisy);
    let range = interval.map(|ends| Aside::Range(digits(ends.low), digits(ends.high)));
    Cell { strong: true, aside: range.unwrap_or_default(), ..Cell::new(digits(summary.median)) }
}

/// The settings of both sides, why ratios are absent, and what differs all the same, each with the
/// references that it is true of.
fn remarks(record: &Record, pairs: &[Pair]) -> Vec<Words> {
    let mut remarks: Vec<String> = Vec::new();
    for pair in pairs {
        let id = &pair.reference.id;
        let own = format!("{id}: {}, theirs by {}", settings(record, pair), pair.reference.tool);
        let absent = pair.ratios.iter().filter_map(|ratio| ratio.ratio.as_ref().err());
        for remark in [own].into_iter().chain(absent.map(|why| format!("{id}: {why}"))) {
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
    }
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for pair in pairs {
        for note in &pair.reference.notes {
            match notes.iter_mut().find(|(known, _)| known == note) {
                Some((_, of)) => of.push(&pair.reference.id),
                None => notes.push((note, vec![&pair.reference.id])),
            }
        }
    }
    let notes = notes.into_iter().map(|(note, of)| match of.len() == pairs.len() {
        true => format!("All: {note}."),
        false => format!("{}: {note}.", of.join(", ")),
    });
    remarks.into_iter().chain(notes).map(Words::from).collect()
}

/// The settings of both sides and the library of this program's: it may be another than the tool's even
/// where settings are equal.
fn settings(record: &Record, pair: &Pair) -> String {
    let settings = match &pair.unlike {
        Some(difference) => difference.clone(),
        None => format!("on both sides: {}", pair.reference.settings),
    };
    match record.forms.iter().find(|form| form.id == pair.reference.of) {
        Some(form) => format!("{settings}; ours by {}", form.tool),
        None => settings,
    }
}

fn details(record: &Record, pair: &Pair, run: usize) -> Details {
    let one = pair.reference;
    let row = |ratio: &Ratio| {
        let figure = |side: &Result<Summary, Absence>, form: &str| {
            let text = match side {
                Ok(summary) => units::shown(ratio.unit, ratio.nature, summary.median),
                Err(why) => why.to_string(),
            };
            let at = record.place(form, ratio.work.metric);
            Cell { links: at.map(|at| anchor(run, at)).into_iter().collect(), ..Cell::new(text) }
        };
        let alone = match ratio.work.alone {
            Some(_) => self::ratio(ratio.alone.as_ref(), ratio.nature),
            None => Cell::empty(),
        };
        let cells = vec![
            Cell::new(ratio.work.title),
            figure(&ratio.ours, &one.of),
            figure(&ratio.reference, &one.id),
            self::ratio(ratio.ratio.as_ref().ok(), ratio.nature),
            alone,
        ];
        Row { cells, ..Row::default() }
    };
    let heads = ["ours", "reference", "ours / reference", "work alone / reference"];
    let table = Table {
        title: format!("{} / {}", one.of, one.id),
        about: format!("{}: {}; {}", one.about, one.tool, settings(record, pair)),
        kind: Kind::Figures,
        columns: [Column::left("work")].into_iter().chain(heads.map(Column::right)).collect(),
        rows: pair.ratios.iter().map(row).collect(),
    };
    let commands =
        one.works.iter().map(|work| Block::Code(format!("{}\n{}", work.ours, work.reference)));
    let blocks = [Block::Table(table)].into_iter().chain(commands).collect();
    let summary = format!("{} / {}: figures and commands", one.of, one.id).into();
    Details { id: None, summary, blocks }
}
