//! Where memory turns: from which share of the headers on one way to hold them outweighs another.

use serde::Serialize;

use super::break_even::{Crossing, Difference, apart, cross};
use super::{Cost, ways};
use crate::figure::{Estimate, figure};
use crate::record::{FormInfo, Record};

/// A form as a kernel holds it: what its memory is made of, bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Holding {
    /// The form's id.
    pub form: String,
    /// How it is held: a delivery, or what becomes of an archive.
    pub how: &'static str,
    /// In which state that was measured, where not all was read.
    pub state: Option<&'static str>,
    /// Whatever is used of it.
    pub setup: Estimate,
    /// What is added when all headers are used; of a share of them so much less.
    pub whole: Estimate,
    /// The observations that these come from, from 0.
    pub observations: Vec<usize>,
}

impl Holding {
    /// What is held when `share` of the headers, parts of 1, is used, bytes.
    pub fn total(&self, share: f64) -> f64 {
        self.setup.value + share * self.whole.value
    }

    /// The form with how it is held.
    pub fn name(&self) -> String {
        let state = self.state.map(|state| format!(" ({state})")).unwrap_or_default();
        format!("{}, {}{state}", self.form, self.how)
    }
}

/// Two holdings held together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Turn {
    /// The one.
    pub first: Holding,
    /// The other.
    pub second: Holding,
    /// How they stand; what it calls uses is the share of the headers, parts of 1.
    pub crossing: Crossing,
}

/// An archive of which what is used is extracted.
const LOADED: &str = "extracted, module loaded";
const UNLOADED: &str = "extracted, module unloaded";

/// How `form` can be held so that programs find files. That extracted files hold memory in proportion
/// to their share is a model: headers of middling size.
pub fn holdings(record: &Record, form: &FormInfo) -> Vec<Holding> {
    let holding = |how, state, setup, whole, observations| {
        let form = form.id.clone();
        Holding { form, how, state, setup, whole, observations }
    };
    let nothing = Estimate::exact(0.0);
    if form.layout == "stream" {
        let present = figure(record, "tree", "memory.tmpfs.present.pinned");
        let module = figure(record, &form.id, "memory.module.read.pinned");
        let (Ok(present), Ok(module)) = (present, module) else { return Vec::new() };
        let (whole, files) = (present.estimate, present.observation);
        return vec![
            holding(LOADED, None, module.estimate, whole, vec![module.observation, files]),
            holding(UNLOADED, None, nothing, whole, vec![files]),
        ];
    }
    let ways = ways(record).iter().filter(|way| way.fits(form) && way.files);
    let held = ways.filter_map(|way| Some((way, way.cost(record, form, Cost::Pinned).ok()?)));
    held.map(|(way, held)| {
        let state = way.state(Cost::Pinned, &held);
        holding(way.id, state, held.estimate, nothing, vec![held.observation])
    })
    .collect()
}

/// Every way to hold what is read in place against `archive`, of which what is used is extracted.
pub fn against(record: &Record, archive: &str) -> Vec<Turn> {
    // Files in memory are what an archive is extracted to.
    let in_place = |form: &FormInfo| form.layout != "stream" && form.layout != "folder";
    paired(record, |form| form.id == archive, in_place)
}

/// Every way to hold the form `first` against every way to hold `second`.
pub fn between(record: &Record, first: &str, second: &str) -> Vec<Turn> {
    paired(record, |form| form.id == first, |form| form.id == second)
}

fn paired(
    record: &Record,
    first: impl Fn(&FormInfo) -> bool,
    second: impl Fn(&FormInfo) -> bool,
) -> Vec<Turn> {
    let held = |wanted: &dyn Fn(&FormInfo) -> bool| -> Vec<Holding> {
        let forms = record.forms.iter().filter(|form| wanted(form));
        forms.flat_map(|form| holdings(record, form)).collect()
    };
    let seconds = held(&second);
    let mut turns = Vec::new();
    for one in held(&first) {
        for other in seconds.iter().filter(|other| **other != one) {
            turns.push(Turn {
                crossing: crossing(&one, other),
                first: one.clone(),
                second: other.clone(),
            });
        }
    }
    turns
}

fn crossing(first: &Holding, second: &Holding) -> Crossing {
    // What is extracted of one archive is what is extracted of another.
    let whole = match first.whole == second.whole {
        true => Some(Difference::NONE),
        false => apart(first.whole, second.whole),
    };
    let beyond = |share: Estimate| share.range.is_some_and(|(low, _)| low > 1.0);
    match cross(apart(first.setup, second.setup), whole) {
        // More than all can't be used.
        Crossing::SecondOvertakes { uses } if beyond(uses) => Crossing::FirstLeads,
        Crossing::FirstOvertakes { uses } if beyond(uses) => Crossing::SecondLeads,
        crossing => crossing,
    }
}
