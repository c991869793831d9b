//! Collects samples, and reasons of missing ones, into a record.

use std::collections::HashMap;

use crate::measure::axis;
use crate::measure::axis::{Figure, PREPARE};
use crate::measure::reference;
use crate::measure::worker::Reply;
use crate::record::{Axis, METRICS, Metric, Nature, Observation, Outcome, Record, metric};

/// Why a figure is absent from a record that is not whole.
const INTERRUPTED: &str = "interrupted before this measurement";

/// A record that grows.
#[derive(Clone)]
pub(crate) struct Collector {
    pub(crate) record: Record,
    axes: Vec<Axis>,
    /// Place of the observation of a form and a metric.
    places: HashMap<(String, &'static str), usize>,
}

impl Collector {
    pub(crate) fn new(record: Record, axes: &[Axis]) -> Self {
        Self { record, axes: axes.to_vec(), places: HashMap::new() }
    }

    /// Whether the run was asked for this metric.
    pub(crate) fn observes(&self, id: &str) -> bool {
        let row = metric(id);
        debug_assert!(row.is_some(), "{id}: not in the table of metrics");
        let beside = !self.record.references.is_empty();
        row.is_some_and(|row| {
            self.axes.contains(&row.axis) && (beside || !crate::record::is_of_command(row.id))
        })
    }

    /// Takes outcomes that need no measurement.
    pub(crate) fn settle(&mut self, form: &str, outcomes: Vec<(&'static str, Outcome)>) {
        self.settle_as(None, form, outcomes);
    }

    /// Takes outcomes that are of another `nature` than their metrics usually are.
    pub(crate) fn settle_as(
        &mut self,
        nature: Option<Nature>,
        form: &str,
        outcomes: Vec<(&'static str, Outcome)>,
    ) {
        for (metric, outcome) in outcomes {
            self.put(form, metric, outcome);
            let place = self.places.get(&(form.to_owned(), metric));
            if let (Some(nature), Some(&place)) = (nature, place) {
                self.record.observations[place].nature = nature;
            }
        }
    }

    /// Takes what a task came to, for each metric it feeds.
    pub(crate) fn note(&mut self, form: &str, feeds: &[(&'static str, Figure)], reply: &Reply) {
        for (metric, figure) in feeds {
            let outcome = match reply {
                Reply::Done(parts) => match figure.of(parts) {
                    Some(sample) => Outcome::Measured { samples: vec![sample] },
                    None => Outcome::Failed { error: "the worker left it out".to_owned() },
                },
                Reply::Skipped(reason) => Outcome::Skipped { reason: reason.clone() },
                Reply::Failed(error) => Outcome::Failed { error: error.clone() },
            };
            self.put(form, metric, outcome);
        }
    }

    /// Gives every metric of a form the same outcome: it was not built.
    pub(crate) fn without(&mut self, form: &str, outcome: &Outcome) {
        for metric in METRICS.iter() {
            self.put(form, metric.id, outcome.clone());
        }
    }

    fn put(&mut self, form: &str, id: &'static str, outcome: Outcome) {
        let Some(row) = metric(id).filter(|_| self.observes(id)) else { return };
        match self.places.get(&(form.to_owned(), id)) {
            None => {
                self.places.insert((form.to_owned(), id), self.record.observations.len());
                self.record.observations.push(observation(form, row, outcome));
            }
            Some(&place) => self.record.observations[place].outcome.add(outcome, row.nature),
        }
    }

    /// The record as an interrupt would leave it: what was not reached yet is marked so.
    pub(crate) fn unfinished(&self) -> Record {
        let mut all = self.clone();
        let forms: Vec<_> = self.record.forms.iter().map(|form| form.id.clone()).collect();
        let of_forms =
            forms.iter().flat_map(|form| METRICS.iter().map(move |m| (form.as_str(), m.id)));
        let of_prepare = axis::build::FEEDS.iter().map(|(metric, _)| (PREPARE, *metric));
        let of_references = self.record.references.iter().flat_map(|reference| {
            let rows = [reference.of.as_str(), reference.id.as_str()];
            rows.into_iter()
                .flat_map(|row| reference::metrics(&reference.of).map(move |m| (row, m)))
        });
        for (form, metric) in of_prepare.chain(of_forms).chain(of_references) {
            if !self.places.contains_key(&(form.to_owned(), metric)) {
                all.put(form, metric, Outcome::Skipped { reason: INTERRUPTED.to_owned() });
            }
        }
        all.finish()
    }

    /// The record, its observations by form and then by metric, both as in their tables.
    pub(crate) fn finish(self) -> Record {
        let mut record = self.record;
        record.sort();
        record
    }
}

fn observation(form: &str, row: &Metric, outcome: Outcome) -> Observation {
    let (form, metric) = (form.to_owned(), row.id.to_owned());
    Observation { form, metric, unit: row.unit, nature: row.nature, outcome }
}
