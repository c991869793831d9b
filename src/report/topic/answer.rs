//! The answer: the best form for each kind of device, and the merged one.

use crate::judge::choose::{CRITERIA, Candidate, Constraints, Criterion, choose};
use crate::record::Layout;
use crate::record::figure::Order;
use crate::report::block;
use crate::report::block::{Aside, Block, Column, Kind, Row, Table};
use crate::report::figures::{Figures, REFERENCE};

use super::choice;

/// A device: in words, the criterion that it chooses by, the layout of its forms where it takes but one, and
/// the needs of all that are compared.
type Device = (&'static str, &'static str, Option<Layout>, &'static [&'static str]);

const DEVICES: &[Device] = &[
    ("smallest", "size", None, &[]),
    ("smallest mountable image", "size", Some(Layout::Image), &["files", "no-new-kernel-code"]),
    ("least memory with files", "pinned", None, &["files"]),
    ("fastest header", "one-header", None, &[]),
    ("fastest first compile", "first-compile", None, &[]),
];

const ABOUT: &str = "Merged: in Linux 5.2. Mountable: by an unmodified kernel. Memory: unreclaimable after everything \
     was read.";

/// The columns after the first three, the most important first.
const SHOWN: &[&str] = &["size", "pinned", "first-compile", "one-header", "build"];

/// A row for each device that an answer is known for, after the merged form.
pub(in crate::report) fn block(figures: &Figures) -> Block {
    let candidates = choose(figures.record, &Constraints::default()).candidates;
    let saves = |one: &&Candidate| {
        figures.rows.iter().any(|row| row.form == one.form && figures.saves(row))
    };
    let candidates: Vec<&Candidate> = candidates.iter().filter(saves).collect();
    let shown = SHOWN.iter().filter_map(|id| CRITERIA.iter().find(|one| one.id == *id));
    let any = |by: &&Criterion| candidates.iter().any(|one| one.figure(by).is_some());
    let shown: Vec<&Criterion> = shown.filter(any).collect();
    let row = |title: &str, one: &Candidate, by: &str, remark: Aside| {
        let cells = shown.iter().map(|criterion| {
            let cell = choice::cost(one.cell(criterion), criterion, figures.run);
            let aside = if criterion.id == by { remark.clone() } else { cell.aside };
            block::Cell { strong: criterion.id == by, aside, ..cell }
        });
        let heads = [title, &one.form, one.way.id()].map(block::Cell::new);
        let cells = heads.into_iter().chain(cells).collect();
        Row { id: None, reference: one.form == REFERENCE, cells }
    };
    let files = |one: &&&Candidate| one.meets.contains(&"files");
    let mut merged = candidates.iter().filter(|one| one.form == REFERENCE);
    let merged = merged.clone().find(files).or_else(|| merged.next());
    let merged = merged.map(|one| row("merged, as used", one, "", Aside::Nothing));
    let mut rows: Vec<Row> = merged.into_iter().collect();
    for (title, id, layout, needs) in DEVICES {
        let Some(by) = CRITERIA.iter().find(|criterion| criterion.id == *id) else { continue };
        let of_layout = |one: &Candidate| {
            let form = figures.record.forms.iter().find(|form| form.id == one.form);
            layout.is_none() || form.map(|form| form.layout) == *layout
        };
        // A time once all is extracted is of plain files, whatever the form.
        let own = |one: &Candidate| {
            *id == "pinned" || one.cell(by).is_some_and(|cell| cell.state.is_none())
        };
        let meets = candidates.iter().copied().filter(|one| {
            of_layout(one) && own(one) && needs.iter().all(|need| one.meets.contains(need))
        });
        if let Some((best, remark)) = best(meets.collect(), by) {
            rows.push(row(title, best, id, remark));
        }
    }
    if rows.is_empty() {
        return Block::text(
            "The result has no figure that answers the question. The reasons are below.",
        );
    }
    let access = Column { rank: SHOWN.len() + 1, ..Column::left("access") };
    let heads = [Column::left("answer"), Column::left("form"), access].into_iter();
    let rank =
        |(at, one): (usize, &&Criterion)| Column { rank: at + 1, ..Column::right(one.title) };
    Block::Table(Table {
        title: "The answer".to_owned(),
        about: ABOUT.to_owned(),
        kind: Kind::Figures,
        columns: heads.chain(shown.iter().enumerate().map(rank)).collect(),
        rows,
    })
}

/// The best of `candidates` by one criterion, and how sure that is. Where noise can't distinguish the merged
/// form from the best, that is the answer.
fn best<'c>(candidates: Vec<&'c Candidate>, by: &Criterion) -> Option<(&'c Candidate, Aside)> {
    let figure = |one: &Candidate| Some(one.figure(by)?.estimate);
    let value = |one: &Candidate| figure(one).map_or(0.0, |estimate| estimate.value);
    let known = candidates.into_iter().filter(|one| figure(one).is_some());
    let mut known: Vec<&Candidate> = known.collect();
    known.sort_by(|a, b| value(a).total_cmp(&value(b)));
    let first = *known.first()?;
    let least = figure(first)?;
    let same =
        |one: &&&Candidate| figure(one).is_some_and(|other| other.order(&least) == Order::Same);
    let mut ties: Vec<&Candidate> = known.iter().filter(same).copied().collect();
    let best = ties.iter().find(|one| one.form == REFERENCE).copied().unwrap_or(first);
    ties.retain(|one| one.form != best.form);
    ties.dedup_by(|a, b| a.form == b.form);
    let remark = match (least.range, ties.len()) {
        (None, _) => "one sample each: the order is not established".to_owned(),
        (Some(_), 0) => return Some((best, Aside::Nothing)),
        (Some(_), more) => format!("{more} more within noise"),
    };
    Some((best, Aside::Remark(remark)))
}
