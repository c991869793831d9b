//! What a report shows, computed once: form by metric, each cell a figure or why there is none.

use crate::record::figure;
use crate::record::stats::Summary;
use crate::record::{
    self, Absence, FormInfo, Nature, Observation, Outcome, Record, Unit, is_of_guest,
};

use super::block;
use super::block::Aside;
use super::guest;
use super::notes::Notes;
use super::state::State;
use crate::record::units;
use crate::record::units::Scale;

/// The form that the others are compared with: what the kernel itself does.
pub(super) const REFERENCE: &str = record::ARCHIVE;

/// The figures of a record.
#[derive(Debug)]
pub(super) struct Figures<'r> {
    pub record: &'r Record,
    /// Its number among several, from 1.
    pub run: usize,
    /// The metrics it has, in the order of reports; those unknown to this version last. Those of whole
    /// commands are shown with references alone.
    pub columns: Vec<Column<'r>>,
    /// Its forms in their order, then whatever else was observed (`prepare`).
    pub rows: Vec<Row<'r>>,
    pub notes: Notes<'r>,
}

/// One metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column<'r> {
    pub id: &'r str,
    pub title: &'r str,
    pub unit: Unit,
    pub nature: Nature,
}

/// One form.
#[derive(Debug)]
pub(super) struct Row<'r> {
    pub form: &'r str,
    /// What the record says of it; `None` for what is no form.
    pub info: Option<&'r FormInfo>,
    /// One cell for each column.
    pub cells: Vec<Cell>,
}

/// One figure of one form, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub state: State,
    /// `None` without samples.
    pub summary: Option<Summary>,
    /// Its place in the record's observations.
    pub observation: Option<usize>,
    /// The number of the note that says more.
    pub note: Option<usize>,
}

impl<'r> Figures<'r> {
    /// The figures of `record`, number `run` of several.
    pub(super) fn new(record: &'r Record, run: usize) -> Self {
        let columns = columns(record);
        let mut notes = Notes::default();
        let rows = forms(record)
            .into_iter()
            .map(|(form, info)| {
                let cells = columns.iter().map(|column| cell(record, form, column, &mut notes));
                Row { form, info, cells: cells.collect() }
            })
            .collect();
        Self { record, run, columns, rows, notes }
    }

    pub(super) fn column(&self, metric: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.id == metric)
    }

    /// The rows that a table of `columns` shows: every form, and what else has a figure there.
    pub(super) fn rows_with(&self, columns: &[usize]) -> Vec<&Row<'r>> {
        let seen = |row: &Row| columns.iter().any(|&c| row.cells[c].observation.is_some());
        self.rows.iter().filter(|row| row.info.is_some() || seen(row)).collect()
    }

    /// Whether storing a tree in this form saves anything: baselines do not.
    pub(super) fn saves(&self, row: &Row) -> bool {
        let bytes = self.column("size.bytes").and_then(|column| row.median(column));
        bytes.is_none_or(|bytes| bytes < self.record.dataset.census.bytes as f64)
    }
}

impl Row<'_> {
    pub(super) fn median(&self, column: usize) -> Option<f64> {
        self.cells.get(column)?.median()
    }
}

impl Cell {
    /// Whether a delivery fits its form, as far as the record has it.
    pub(super) fn fits(&self) -> bool {
        !matches!(self.state, State::Skipped | State::NotAsked)
    }

    /// The middle of its samples; always finite.
    pub(super) fn median(&self) -> Option<f64> {
        self.summary.map(|summary| summary.median)
    }

    /// The figure, or the mark of its absence.
    pub(super) fn text(&self, column: &Column) -> String {
        let nature = if is_of_guest(column.id) { Nature::Noisy } else { column.nature };
        let figure = self.median().map(|median| units::shown(column.unit, nature, median));
        format!("{}{}", self.state.mark(), figure.unwrap_or_default())
    }

    /// The ends of its interval in the unit of its median: `90.2` and `97.4`.
    fn interval(&self, column: &Column) -> Option<(String, String)> {
        let summary = self.summary?;
        let (low, high) = match (column.nature, summary.interval) {
            // Orders of the deliveries: their whole spread.
            (Nature::Exact, _) if summary.min < summary.max => {
                (summary.min as f64, summary.max as f64)
            }
            (Nature::Noisy, Some(interval)) => (interval.low, interval.high),
            _ => return None,
        };
        let scale = Scale::of(column.unit, summary.median);
        Some((scale.digits(low), scale.digits(high)))
    }

    /// The larger side of its interval, in percent of the median.
    fn uncertainty(&self, column: &Column) -> Option<f64> {
        let summary = self.summary?;
        let interval = summary.interval.filter(|_| column.nature == Nature::Noisy)?;
        let far = (interval.high - summary.median).max(summary.median - interval.low);
        Some(far / summary.median * 100.0).filter(|percent| percent.is_finite())
    }
}

impl Figures<'_> {
    /// The anchor of an observation.
    pub(super) fn anchor(&self, observation: usize) -> String {
        anchor(self.run, observation)
    }

    /// The cell as a report shows it, with its interval.
    pub(super) fn shown(&self, cell: &Cell, column: &Column) -> block::Cell {
        let interval = cell.interval(column).map(|(low, high)| Aside::Range(low, high));
        let aside = interval.unwrap_or_else(|| self.boots(cell, column));
        block::Cell { aside, ..self.bare(cell, column) }
    }

    /// The cell with the larger side of its interval.
    pub(super) fn brief(&self, cell: &Cell, column: &Column) -> block::Cell {
        let aside = cell.uncertainty(column).map_or(Aside::Nothing, Aside::Uncertainty);
        block::Cell { aside, ..self.bare(cell, column) }
    }

    /// The cell without its interval, but with the boots it is of where these are fewer than others'.
    pub(super) fn held(&self, cell: &Cell, column: &Column) -> block::Cell {
        block::Cell { aside: self.boots(cell, column), ..self.bare(cell, column) }
    }

    fn boots(&self, cell: &Cell, column: &Column) -> Aside {
        let count = cell.summary.map_or(0, |summary| summary.count);
        guest::fewer_boots(self.record, column.id, count).map_or(Aside::Nothing, Aside::Remark)
    }

    fn bare(&self, cell: &Cell, column: &Column) -> block::Cell {
        if cell.state == State::NotAsked {
            return block::Cell::empty();
        }
        let measured = cell.summary.and(cell.observation);
        block::Cell {
            text: cell.text(column),
            state: cell.state.name(),
            value: cell.median(),
            links: measured.map(|at| self.anchor(at)).into_iter().collect(),
            note: cell.note,
            ..block::Cell::default()
        }
    }

    /// The row of `row` with `cells`.
    pub(super) fn line(&self, row: &Row, cells: Vec<block::Cell>) -> block::Row {
        let hint = row.info.map_or_else(String::new, |info| info.about.clone());
        let head = block::Cell { hint, ..block::Cell::new(row.form) };
        let reference = row.form == REFERENCE;
        block::Row { id: None, reference, cells: [head].into_iter().chain(cells).collect() }
    }
}

/// The anchor of an observation of the record number `run`, from 1.
pub(super) fn anchor(run: usize, observation: usize) -> String {
    format!("r{run}-o{observation}")
}

/// The metrics that the record speaks of.
fn columns(record: &Record) -> Vec<Column<'_>> {
    let seen = |id: &str| record.observations.iter().any(|seen| seen.metric == id);
    let mut columns: Vec<_> = record::METRICS
        .iter()
        .filter(|metric| seen(metric.id) && !record::is_of_command(metric.id))
        .map(|m| Column { id: m.id, title: m.title, unit: m.unit, nature: nature(record, m) })
        .collect();
    for seen in record.observations.iter().filter(|seen| !record::is_of_command(&seen.metric)) {
        if !columns.iter().any(|column| column.id == seen.metric) {
            let Observation { metric, unit, nature, .. } = seen;
            columns.push(Column { id: metric, title: metric, unit: *unit, nature: *nature });
        }
    }
    columns
}

/// Kernel memory is exact in some records and noisy in others.
fn nature(record: &Record, metric: &record::Metric) -> Nature {
    let seen = record.observations.iter().find(|seen| seen.metric == metric.id);
    seen.map_or(metric.nature, |seen| seen.nature)
}

fn forms(record: &Record) -> Vec<(&str, Option<&FormInfo>)> {
    let mut forms: Vec<(&str, Option<&FormInfo>)> = Vec::new();
    let listed = record.forms.iter().map(|info| (info.id.as_str(), Some(info)));
    let observed = record.observations.iter().map(|seen| (seen.form.as_str(), None));
    for (form, info) in listed.chain(observed) {
        if !forms.iter().any(|(known, _)| *known == form) {
            forms.push((form, info));
        }
    }
    forms
}

fn cell<'r>(record: &'r Record, form: &'r str, column: &Column<'r>, notes: &mut Notes<'r>) -> Cell {
    let sought = |seen: &Observation| seen.form == form && seen.metric == column.id;
    let observation = record.observations.iter().position(sought);
    let outcome = observation.map(|index| &record.observations[index].outcome);
    let (state, why) = match outcome {
        // Samples are promised, but an old or foreign record may break the promise.
        Some(Outcome::Measured { samples }) if samples.is_empty() => {
            (State::Missing, Some("the record has no sample of it"))
        }
        Some(Outcome::Measured { .. }) => (State::Measured, None),
        Some(Outcome::Modelled { model, .. }) => (State::Modelled, Some(model.as_str())),
        Some(Outcome::Skipped { reason }) => (State::Skipped, Some(reason.as_str())),
        Some(Outcome::Failed { error }) => (State::Failed, Some(error.as_str())),
        None if !record.forms.iter().any(|info| info.id == form) => (State::NotAsked, None),
        None if record.finished.is_none() => (State::Missing, Some(Absence::INTERRUPTED)),
        None => (State::Missing, Some(Absence::NOT_RECORDED)),
    };
    let note = why.map(|why| notes.add(state, why, form, column.id));
    let summary = observation.and_then(|at| figure::summary(record, &record.observations[at]));
    Cell { state, summary, observation, note }
}
