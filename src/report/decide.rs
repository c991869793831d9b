//! The parts of the page that help to decide: the front by memory, break-even, the chooser.

use anyhow::Result;
use minijinja::Value;
use serde::Serialize;
use serde_json::json;

use crate::judge::choose;
use crate::judge::choose::break_even;
use crate::judge::choose::break_even::Use;
use crate::judge::choose::{CRITERIA, Candidate, Choice, Constraints, Criterion, NEEDS, Need};
use crate::record::Record;

use super::chart;
use super::chart::Chart;
use super::choice;
use super::choice::Group;
use super::table::REFERENCE;
use super::units;

/// What the template shows of one record.
#[derive(Serialize)]
pub(super) struct Decide {
    pinned: Option<Chart>,
    curves: Vec<Chart>,
    evens: Vec<Group>,
    /// What the times of the choices are of.
    times: &'static str,
    /// By what the front is drawn, in words.
    by: String,
    heads: Vec<&'static str>,
    choices: Vec<RowView>,
    /// The choices as JSON, for the chooser that a script makes of them.
    live: Value,
}

#[derive(Serialize)]
struct RowView {
    form: String,
    way: &'static str,
    about: &'static str,
    front: bool,
    kernels: bool,
    cells: Vec<CellView>,
    meets: Vec<bool>,
}

#[derive(Serialize)]
struct CellView {
    /// The figure, or why there is none.
    text: String,
    /// In which state it was taken, where that must be said.
    state: Option<&'static str>,
    /// The figure in base units.
    value: Option<f64>,
    /// Where it stands; `None` when there is none.
    observation: Option<usize>,
}

impl Decide {
    /// Whether size is drawn against memory.
    pub(super) fn has_pinned(&self) -> bool {
        self.pinned.is_some()
    }
}

/// The parts for `record`, whose ids on the page start with `prefix`.
///
/// # Errors
/// A chart that can't be drawn.
pub(super) fn view(record: &Record, prefix: &str) -> Result<Decide> {
    let choice = choose::choose(record, &Constraints::default());
    let curve = |of: Use| {
        let plans = break_even::plans(record, of);
        chart::curves(record, &plans, of, REFERENCE, prefix).transpose()
    };
    let curves = Use::ALL.into_iter().filter_map(curve);
    let titles = CRITERIA.iter().filter(|criterion| choice.by.contains(&criterion.id));
    let heads = CRITERIA.iter().map(|criterion| criterion.title);
    Ok(Decide {
        pinned: chart::pinned(record, prefix)?,
        curves: curves.collect::<Result<_>>()?,
        evens: choice::groups(&break_even::against(record, REFERENCE)),
        times: choice::TIMES,
        by: choice::by_words(titles.map(|criterion| criterion.title).collect()),
        heads: heads.chain(NEEDS.iter().map(|need| need.id)).collect(),
        choices: rows(&choice),
        live: live(&choice),
    })
}

/// Criteria, needs and costs. Nothing in it can end the script that it stands in.
fn live(choice: &Choice) -> Value {
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
    let data = json!({
        "criteria": CRITERIA.iter().map(criterion).collect::<Vec<_>>(),
        "needs": NEEDS.iter().map(need).collect::<Vec<_>>(),
        "by": choice.by,
        "candidates": choice.candidates.iter().map(candidate).collect::<Vec<_>>(),
    });
    Value::from_safe_string(data.to_string().replace('<', "\\u003c"))
}

fn rows(choice: &Choice) -> Vec<RowView> {
    let row = |one: &Candidate| RowView {
        form: one.form.clone(),
        way: one.way.id(),
        about: one.way.about(),
        front: one.front,
        kernels: one.form == REFERENCE,
        cells: one
            .costs
            .iter()
            .map(|cell| CellView {
                text: match (&cell.figure, &cell.absent) {
                    (Some(f), _) => units::shown(f.unit, f.nature, f.estimate.value),
                    (None, Some(absent)) => absent.why.clone(),
                    (None, None) => String::new(),
                },
                state: cell.state,
                value: cell.figure.as_ref().map(|figure| figure.estimate.value),
                observation: cell.figure.as_ref().map(|figure| figure.observation),
            })
            .collect(),
        meets: NEEDS.iter().map(|need| one.meets.contains(&need.id)).collect(),
    };
    choice.candidates.iter().map(row).collect()
}
