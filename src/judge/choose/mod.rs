//! The forms that meet the limits of a device, and their Pareto front.
//!
//! There are no weights and no score: a limit is met or not, and a form on the Pareto front
//! has no alternative that is better in one respect and worse in none.

mod access;
pub mod break_even;

use serde::Serialize;

use crate::judge::claim::needs;
use crate::judge::pareto;
use crate::record::figure::{Absent, Figure, resolution};
use crate::record::{FormInfo, Layout, Record, Unit};

pub use access::{Access, Cost};

/// A respect in which candidates differ.
#[derive(Debug)]
pub struct Criterion {
    /// Its name; `max-` in front of it is its limit's.
    pub id: &'static str,
    pub title: &'static str,
    pub unit: Unit,
    pub cost: Cost,
    /// Whether it is a default criterion of the front.
    pub usual: bool,
}

/// Every respect, in the order of reports.
pub const CRITERIA: &[Criterion] = &[
    criterion("size", "size", Unit::Bytes, Cost::Size, true),
    criterion("build", "build", Unit::Nanoseconds, Cost::Build, true),
    criterion("one-header", "one header", Unit::Nanoseconds, Cost::OneHeader, true),
    criterion("closure", "a program’s headers", Unit::Nanoseconds, Cost::Closure, false),
    criterion("first-compile", "first compile", Unit::Nanoseconds, Cost::FirstCompile, false),
    criterion("pinned", "unreclaimable memory", Unit::Bytes, Cost::Pinned, true),
];

const fn criterion(
    id: &'static str,
    title: &'static str,
    unit: Unit,
    cost: Cost,
    usual: bool,
) -> Criterion {
    Criterion { id, title, unit, cost, usual }
}

/// Something that a candidate has or lacks.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    pub id: &'static str,
    pub about: &'static str,
    /// Whether who reads headers gains by it: a candidate that has it is not beaten by one without.
    pub gives: bool,
    met: fn(&FormInfo, Access) -> bool,
}

/// Every need.
pub const NEEDS: &[Need] = &[
    Need {
        id: "random-access",
        about: "a header can be read without reading the data before it",
        gives: true,
        met: |form, way| form.layout != Layout::Stream || way.row().files,
    },
    Need {
        id: "no-extra-tools",
        about: "a kernel build creates it with the programs that it uses today",
        gives: false,
        met: |form, _| needs(&form.id).is_some_and(|needs| !needs.extra),
    },
    Need {
        id: "files",
        about: "any program finds the headers as files",
        gives: true,
        met: |form, way| form.layout == Layout::Folder || way.row().files,
    },
    Need {
        id: "no-new-kernel-code",
        about: "usable with an unmodified kernel",
        gives: false,
        met: |_, way| !way.row().new_code,
    },
];

/// A limit, in the criterion's base unit.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub criterion: &'static Criterion,
    pub most: f64,
}

/// The requirements of a device.
#[derive(Debug, Default)]
pub struct Constraints {
    pub limits: Vec<Limit>,
    pub needs: Vec<Need>,
    /// Criteria of the front; the default ones if empty.
    pub by: Vec<&'static Criterion>,
}

/// A form with one access method.
#[derive(Debug, Serialize)]
pub struct Candidate {
    pub form: String,
    /// How its headers are had.
    pub way: Access,
    /// Its costs, one for each criterion.
    pub costs: Vec<Cell>,
    pub meets: Vec<&'static str>,
    /// Limits and needs that it does not meet; empty if it meets all.
    pub breaks: Vec<Breach>,
    /// Whether it satisfies, was measured by all criteria, and none that satisfies beats it.
    pub front: bool,
    pub beaten_by: Option<String>,
    /// Which candidates beat it, from 0, whatever these break: it is on the front of those that satisfy
    /// when none of them does.
    #[serde(skip)]
    pub rivals: Vec<usize>,
}

/// A cost, or why there is none.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    pub criterion: &'static str,
    pub figure: Option<Figure>,
    /// In which state the figure was taken, if it differs from the criterion's: a time that begins
    /// once all is extracted or mounted, memory before all was read.
    pub state: Option<&'static str>,
    pub absent: Option<Absent>,
}

/// A wish that is not fulfilled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breach {
    pub wish: &'static str,
    /// The limit, in base units; `None` for a need.
    pub most: Option<f64>,
    /// The figure that exceeds it; `None` for a need, or when it was not measured.
    pub figure: Option<f64>,
    /// Whether noise could bring it within the limit.
    pub within_noise: bool,
    /// Why it is unknown; empty if it is known.
    pub unknown: String,
}

/// All candidates of a record, judged.
#[derive(Debug, Serialize)]
pub struct Choice {
    pub by: Vec<&'static str>,
    /// Every candidate, in the order of the record's forms.
    pub candidates: Vec<Candidate>,
}

/// Judges every form of `record` with every access method.
pub fn choose(record: &Record, wishes: &Constraints) -> Choice {
    let by: Vec<&Criterion> = match wishes.by.as_slice() {
        [] => usual(record),
        by => by.to_vec(),
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    for form in &record.forms {
        for way in Access::all(record).into_iter().filter(|way| way.fits(form)) {
            candidates.push(candidate(record, form, way, wishes));
        }
    }
    let rivals = |one: &Candidate| -> Vec<usize> {
        let better = |at: &usize| beats(&candidates[*at], one, &by);
        (0..candidates.len()).filter(better).collect()
    };
    let rivals: Vec<_> = candidates.iter().map(rivals).collect();
    for (at, rivals) in rivals.into_iter().enumerate() {
        let better = rivals.iter().map(|&rival| &candidates[rival]);
        let beaten_by = better.filter(|one| one.breaks.is_empty()).map(Candidate::name).next();
        let candidate = &mut candidates[at];
        let placed = by.iter().all(|criterion| candidate.figure(criterion).is_some());
        candidate.front = placed && candidate.breaks.is_empty() && beaten_by.is_none();
        candidate.beaten_by = beaten_by.filter(|_| candidate.breaks.is_empty());
        candidate.rivals = rivals;
    }
    Choice { by: by.iter().map(|criterion| criterion.id).collect(), candidates }
}

/// The usual criteria; memory is one only where it was measured.
fn usual(record: &Record) -> Vec<&'static Criterion> {
    let memory = access::delivered(record);
    let asked =
        |criterion: &&Criterion| criterion.usual && (memory || criterion.cost != Cost::Pinned);
    CRITERIA.iter().filter(asked).collect()
}

fn candidate(record: &Record, form: &FormInfo, way: Access, wishes: &Constraints) -> Candidate {
    let costs = CRITERIA.iter().map(|criterion| {
        let cost = way.cost(record, form, criterion.cost);
        let (figure, absent) = match cost {
            Ok(figure) => (Some(figure), None),
            Err(absent) => (None, Some(absent)),
        };
        let state = figure.as_ref().and_then(|figure| way.state(criterion.cost, figure));
        Cell { criterion: criterion.id, figure, state, absent }
    });
    let costs: Vec<Cell> = costs.collect();
    let mut breaks: Vec<Breach> =
        wishes.limits.iter().filter_map(|limit| exceeded(limit, &costs)).collect();
    for need in wishes.needs.iter().filter(|need| !(need.met)(form, way)) {
        breaks.push(Breach {
            wish: need.id,
            most: None,
            figure: None,
            within_noise: false,
            unknown: String::new(),
        });
    }
    let meets = NEEDS.iter().filter(|need| (need.met)(form, way)).map(|need| need.id);
    Candidate {
        form: form.id.clone(),
        way,
        meets: meets.collect(),
        costs,
        breaks,
        front: false,
        beaten_by: None,
        rivals: Vec::new(),
    }
}

fn exceeded(limit: &Limit, costs: &[Cell]) -> Option<Breach> {
    let Limit { criterion, most } = limit;
    let cell = costs.iter().find(|cell| cell.criterion == criterion.id)?;
    let breach = |figure, within_noise, unknown| Breach {
        wish: criterion.id,
        most: Some(*most),
        figure,
        within_noise,
        unknown,
    };
    let Some(figure) = &cell.figure else {
        let why = cell.absent.as_ref().map(|absent| absent.why.to_string());
        return Some(breach(None, false, why.unwrap_or_default()));
    };
    let found = figure.estimate;
    let within = found.range.is_some_and(|(low, _)| low <= *most);
    (found.value > *most).then(|| breach(Some(found.value), within, String::new()))
}

/// Whether `a` gives all that `b` gives, and dominates it.
fn beats(a: &Candidate, b: &Candidate, by: &[&Criterion]) -> bool {
    let lacks = |need: &Need| need.gives && b.meets(need) && !a.meets(need);
    if NEEDS.iter().any(lacks) {
        return false;
    }
    let pair = |criterion: &&Criterion| {
        let (own, other) = (a.figure(criterion)?, b.figure(criterion)?);
        let pair = (own.estimate, other.estimate, resolution(&own.metric));
        a.comparable(b, criterion).then_some(pair)
    };
    by.iter().map(pair).collect::<Option<Vec<_>>>().is_some_and(pareto::dominates)
}

impl Candidate {
    /// The form with its access method.
    pub fn name(&self) -> String {
        format!("{}, {}", self.form, self.way)
    }

    /// Its cell of `criterion`.
    pub fn cell(&self, criterion: &Criterion) -> Option<&Cell> {
        self.costs.iter().find(|cell| cell.criterion == criterion.id)
    }

    /// Its cost by `criterion`, if it was measured.
    pub fn figure(&self, criterion: &Criterion) -> Option<&Figure> {
        self.cell(criterion)?.figure.as_ref()
    }

    /// Whether its figure can be called no more than the other's: memory before all was read is the least
    /// that it takes, which is comparable only within the same state.
    fn comparable(&self, other: &Self, criterion: &Criterion) -> bool {
        let state = |one: &Self| one.cell(criterion).and_then(|cell| cell.state);
        let own = state(self);
        criterion.cost != Cost::Pinned || own.is_none() || own == state(other)
    }

    /// Whether it has what `need` asks for.
    pub fn meets(&self, need: &Need) -> bool {
        self.meets.contains(&need.id)
    }
}
