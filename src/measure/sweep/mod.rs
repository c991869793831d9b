//! A sweep: many variants of the forms, over one or several header sets, measured form by form and round
//! by round, so that it can be interrupted, taken up again, and split over machines.

mod cells;
pub mod grid;
mod shard;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

use crate::dataset::{self, Request};
use crate::form::Form;
use crate::measure::run::{Bench, Options};
use crate::record::merge;
use crate::record::merge::Piece;
use crate::record::{Dataset, Part, Record};
use crate::sys::progress::Progress;
use cells::Cells;

pub use shard::Shard;

/// The header sets, forms and rounds of a sweep.
pub struct Plan {
    pub requests: Vec<Request>,
    /// Forms, the listed ones first.
    pub forms: Vec<Arc<dyn Form>>,
    pub rounds: u64,
    pub shard: Shard,
    /// Whether figures of an earlier sweep are left aside.
    pub fresh: bool,
}

/// One header set of a sweep.
struct Set {
    info: Dataset,
    forms: Vec<Arc<dyn Form>>,
    cells: Cells,
    /// Where it is measured; none when nothing is left to measure.
    bench: Option<Bench>,
}

/// The result of a sweep.
pub struct Swept {
    /// A record for each header set of which this shard has forms; of a sweep that was interrupted with
    /// those forms alone of which all rounds were measured, and without an end.
    pub records: Vec<Record>,
    /// How far it came, where it was interrupted.
    pub interrupted: Option<String>,
}

/// Measures what the cache lacks of `plan`. `options` are those of one round of one form.
/// `interrupted` ends it early, and what was measured until then is kept.
///
/// # Errors
/// A set is unavailable; I/O errors.
pub fn sweep(
    plan: &Plan,
    options: &Options,
    progress: &Progress,
    interrupted: &AtomicBool,
) -> Result<Swept> {
    let mut sets = Vec::new();
    for (number, request) in plan.requests.iter().enumerate() {
        if let Some(set) = Set::open(plan, number, request, options, progress)? {
            sets.push(set);
        }
    }
    let left = |set: &Set, round| {
        set.forms.iter().filter(|form| !set.cells.has(form.as_ref(), round)).count()
    };
    let all: usize =
        sets.iter().map(|set| (0..plan.rounds).map(|round| left(set, round)).sum::<usize>()).sum();
    let mut done = 0;
    progress.say("sweep");
    progress.count(all);
    let mut ended = None;
    let rounds = (0..plan.rounds).flat_map(|round| sets.iter().map(move |set| (round, set)));
    'all: for (round, set) in rounds {
        for form in set.forms.iter().filter(|form| !set.cells.has(form.as_ref(), round)) {
            let bench = set.bench.as_ref().context("a set without a bench")?;
            let measured = set.cells.measure(bench, form, round, &progress.part(), interrupted);
            if interrupted.load(Ordering::Relaxed) {
                ended = Some(format!("interrupted after {done} of {all} measurements"));
                break 'all;
            }
            measured?;
            progress.advance();
            done += 1;
        }
    }
    let datasets: Vec<String> = plan.requests.iter().map(Request::name).collect();
    let whole = ended.is_none();
    let of_set = |set: &Set| -> Result<Option<Record>> {
        let Some(mut record) = set.joined(plan.rounds)? else { return Ok(None) };
        record.command.clone_from(&options.command);
        record.finished = record.finished.filter(|_| whole);
        record.part = (!whole || !plan.shard.is_whole()).then(|| Part {
            shards: vec![plan.shard.index],
            of: plan.shard.of,
            forms: plan.forms.iter().map(|form| form.id().to_owned()).collect(),
            datasets: datasets.clone(),
        });
        Ok(Some(record))
    };
    let records = sets.iter().filter_map(|set| of_set(set).transpose()).collect::<Result<_>>()?;
    // What failed is in the records, and is tried again the next time.
    for set in &sets {
        set.cells.forget_failures(&set.forms, plan.rounds)?;
    }
    Ok(Swept { records, interrupted: ended })
}

impl Set {
    /// The part of set `number` that is this shard's; `None` when none is.
    fn open(
        plan: &Plan,
        number: usize,
        request: &Request,
        options: &Options,
        progress: &Progress,
    ) -> Result<Option<Self>> {
        let sets = plan.requests.len();
        let mine = |&(at, _): &(usize, &Arc<dyn Form>)| {
            plan.shard.takes((number, sets), (at, plan.forms.len()))
        };
        let forms: Vec<_> =
            plan.forms.iter().enumerate().filter(mine).map(|(_, form)| Arc::clone(form)).collect();
        if forms.is_empty() {
            return Ok(None);
        }
        let prepared = dataset::prepare(request, &|what| progress.say(what))?;
        let info = prepared.info.clone();
        let cells = Cells::open(&prepared, options)?;
        if plan.fresh {
            cells.forget(&forms)?;
        }
        let missing =
            |form: &Arc<dyn Form>| (0..plan.rounds).any(|round| !cells.has(form.as_ref(), round));
        let bench = forms.iter().any(missing).then(|| Bench::open(prepared, options, progress));
        Ok(Some(Self { info, forms, bench: bench.transpose()?, cells }))
    }

    /// The forms of which all rounds were measured, in one record; `None` when there is none.
    fn joined(&self, rounds: u64) -> Result<Option<Record>> {
        let mut pieces = Vec::new();
        let whole =
            |form: &&Arc<dyn Form>| (0..rounds).all(|round| self.cells.has(form.as_ref(), round));
        for form in self.forms.iter().filter(whole) {
            let all = (0..rounds).map(|round| self.cells.load(form.as_ref(), round));
            let mut all = all.collect::<Result<Vec<_>>>()?.into_iter();
            let first = all.next().context("a sweep without a round")?;
            let record = merge::rounds(first, all.collect());
            pieces.push(Piece { name: form.id().to_owned(), record });
        }
        if pieces.is_empty() {
            return Ok(None);
        }
        let mut record = merge::join(pieces, false)?;
        // The same tree may have had another name in the sweep that a cell is of.
        let Dataset { closure, notes, .. } = record.dataset;
        record.dataset = Dataset { closure, notes, ..self.info.clone() };
        Ok(Some(record))
    }
}
