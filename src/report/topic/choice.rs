//! What satisfies constraints, what does not and why, and what is Pareto-optimal.

use serde_json::json;

use crate::judge::choose::break_even::BreakEven;
use crate::judge::choose::{
    Access, Breach, CRITERIA, Candidate, Cell, Choice, Constraints, Criterion, NEEDS, Need, choose,
};
use crate::record::units;
use crate::record::{Nature, Record, Unit, is_of_guest};
use crate::report::block;
use crate::report::block::{Aside, Block, Column, Kind, Row, Section, Table, joined};
use crate::report::figures::{REFERENCE, anchor};
use crate::report::render::terminal;

use super::break_even;

/// What the times of a choice are of.
const TIMES: &str = "Times to headers are those of this program’s reader, or the kernel’s through a mount \
     that is there already. Of an extracted form they are those of plain files, once all is extracted. \
     The first compile starts from the artifact.";

/// The choice for a terminal `width` columns wide.
pub fn terminal(choice: &Choice, evens: &[BreakEven], width: usize) -> String {
    let mut blocks = blocks(choice, 1);
    blocks.extend(break_even::tables(evens, 1));
    terminal::blocks(&blocks, width)
}

/// Every form with every access method; `None` where there is no form.
pub(in crate::report) fn section(record: &Record, run: usize) -> Option<Section> {
    let choice = choose(record, &Constraints::default());
    let mut blocks = blocks(&choice, run);
    let about = |need: &Need| format!("{}: {}", need.id, need.about);
    let access = Access::all(record).into_iter();
    let meanings = access.map(|access| format!("{}: {}", access.id(), access.about()));
    let meanings = meanings.chain(NEEDS.iter().map(about)).collect::<Vec<_>>().join("; ");
    blocks.push(Block::small(format!("{meanings}.")));
    blocks.insert(0, Block::Chooser(data(&choice)));
    (!choice.candidates.is_empty()).then(|| Section {
        id: format!("r{run}-choose"),
        title: "What to choose".to_owned(),
        blocks,
        ..Section::default()
    })
}

fn blocks(choice: &Choice, run: usize) -> Vec<Block> {
    let (kept, broken): (Vec<_>, Vec<_>) =
        choice.candidates.iter().partition(|candidate| candidate.breaks.is_empty());
    let mut blocks = Vec::new();
    if kept.is_empty() {
        blocks.push(Block::text("Nothing satisfies."));
    } else {
        let by = CRITERIA.iter().filter(|criterion| choice.by.contains(&criterion.id));
        let by = joined(by.map(|criterion| criterion.title).collect());
        let front = match kept.iter().any(|candidate| candidate.front) {
            true => format!(
                "★ Pareto-optimal by {by}: no form that satisfies and gives as much (files, random access) \
                 is better in one of these beyond noise with no median above its (of memory: by more than \
                 32 KiB)."
            ),
            false => format!("No Pareto front: no form has figures for all of {by}."),
        };
        blocks.push(Block::Table(table(&kept, run)));
        blocks.push(Block::small(format!("{front} {TIMES}")));
    }
    let broken = broken.iter().map(|candidate| {
        let breaks: Vec<_> = candidate.breaks.iter().map(breach).collect();
        format!("✗ {}, {}: {}", candidate.form, candidate.way, breaks.join("; ")).into()
    });
    blocks.push(Block::List(broken.collect()));
    blocks
}

fn table(candidates: &[&Candidate], run: usize) -> Table {
    let any = |criterion: &&Criterion| candidates.iter().any(|one| one.figure(criterion).is_some());
    let shown: Vec<&Criterion> = CRITERIA.iter().filter(any).collect();
    let row = |one: &&Candidate| {
        let front = if one.front { "★ front" } else { "" };
        let mut cells = vec![
            block::Cell::new(&one.form),
            block::Cell::new(one.way.id()),
            block::Cell { strong: one.front, ..block::Cell::new(front) },
        ];
        cells.extend(shown.iter().map(|criterion| cost(one.cell(criterion), criterion, run)));
        let met = |need: &Need| if one.meets.contains(&need.id) { "yes" } else { "no" };
        cells.extend(NEEDS.iter().map(|need| block::Cell::new(met(need))));
        Row { id: None, reference: one.form == REFERENCE, cells }
    };
    let rank = |(at, title)| Column { rank: at + 1, ..Column::right(title) };
    let titles = shown.iter().map(|one| one.title).chain(NEEDS.iter().map(|need| need.id));
    let columns = ["form", "access", "front"].map(Column::left).into_iter();
    Table {
        title: "Costs and properties".to_owned(),
        kind: Kind::Candidates,
        columns: columns.chain(titles.enumerate().map(rank)).collect(),
        rows: candidates.iter().map(row).collect(),
        ..Table::default()
    }
}

/// What a cell of a choice shows.
pub(in crate::report) fn cost(
    cell: Option<&Cell>,
    criterion: &Criterion,
    run: usize,
) -> block::Cell {
    let Some(figure) = cell.and_then(|cell| cell.figure.as_ref()) else {
        let why = cell.and_then(|cell| cell.absent.as_ref()).map(|absent| absent.why.to_string());
        return block::Cell { hint: why.unwrap_or_default(), ..block::Cell::new("–") };
    };
    let nature = if is_of_guest(&figure.metric) { Nature::Noisy } else { figure.nature };
    let text = units::shown(figure.unit, nature, figure.estimate.value);
    // The state that a time is of follows from the access method, as the words below the table have it.
    let state = cell.and_then(|cell| cell.state).filter(|_| criterion.unit == Unit::Bytes);
    let aside = state.map_or(Aside::Nothing, |state| Aside::Remark(state.to_owned()));
    let link = anchor(run, figure.observation);
    block::Cell { aside, ..block::Cell::figure(text, figure.estimate.value, link) }
}

/// Criteria, needs and costs, for the chooser that a script makes of them.
fn data(choice: &Choice) -> serde_json::Value {
    let criterion = |one: &Criterion| json!({ "id": one.id, "title": one.title, "unit": one.unit });
    let candidate = |one: &Candidate| {
        let costs = one.costs.iter().map(|cell| Some(cell.figure.as_ref()?.estimate.value));
        json!({
            "name": one.name(),
            "costs": costs.collect::<Vec<_>>(),
            "states": one.costs.iter().map(|cell| cell.state).collect::<Vec<_>>(),
            "meets": one.meets,
            "rivals": one.rivals,
        })
    };
    let need = |one: &Need| json!({ "id": one.id, "about": one.about });
    json!({
        "criteria": CRITERIA.iter().map(criterion).collect::<Vec<_>>(),
        "needs": NEEDS.iter().map(need).collect::<Vec<_>>(),
        "by": choice.by,
        "candidates": choice.candidates.iter().map(candidate).collect::<Vec<_>>(),
    })
}

/// A breach in words, with its figure.
fn breach(breach: &Breach) -> String {
    let known = CRITERIA.iter().find(|criterion| criterion.id == breach.wish);
    let Some((criterion, most)) = known.zip(breach.most) else {
        return format!("not {}", breach.wish);
    };
    let most = units::short(criterion.unit, most);
    match breach.figure {
        None => format!("{} unknown, limit {most}: {}", criterion.title, breach.unknown),
        Some(figure) => {
            let noise = if breach.within_noise { ", within noise of it" } else { "" };
            let figure = units::short(criterion.unit, figure);
            format!("{} {figure}, limit {most}{noise}", criterion.title)
        }
    }
}
