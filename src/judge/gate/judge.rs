//! The judgement: each accepted figure compared with the current one.

use super::baseline::{Accepted, Baseline};
use super::cause::Cause;
use super::figures::{Figures, Found};
use super::files::FileTable;
use super::judgement::{Breach, Judgement, Row, State};
use super::limits::{Ceiling, Limits};
use crate::record::is_of_guest;
use crate::record::units::Bytes;

/// Which figures are compared with a baseline, and how far it may be from them.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// Whether the figure of a form and a metric is.
    pub wanted: &'a dyn Fn(&str, &str) -> bool,
    /// Whether a figure that nothing was ever accepted of is one that could not be checked: the
    /// forms were asked for by name.
    pub strict: bool,
    /// Whether another content of a pinned dataset may be compared, by its ratio to the raw tree.
    pub across: bool,
}

/// Compares `now` with `baseline`.
pub fn judge(baseline: &Baseline, now: &Figures, limits: &Limits, scope: Scope) -> Judgement {
    let Scope { wanted, strict, across } = scope;
    let other_content = baseline.digest != now.digest;
    let mut notes = Vec::new();
    let how = Comparison::choose(baseline, now, across, &mut notes);
    let mut rows = Vec::new();
    for old in baseline.figures.iter().filter(|old| wanted(&old.form, &old.metric)) {
        rows.push(how.row(old, baseline, now, limits));
    }
    let fresh = |found: &&Found| {
        wanted(&found.form, &found.metric) && baseline.get(&found.form, &found.metric).is_none()
    };
    for found in now.found.iter().filter(fresh).filter(|found| found.value().is_ok()) {
        let mut row = unknown(&found.form, &found.metric, now);
        if strict {
            row.state = State::Unchecked { reason: "no accepted figure".to_owned() };
        }
        rows.push(row);
    }
    for ceiling in &limits.ceiling {
        let known = |row: &Row| row.form == ceiling.form && row.metric == ceiling.metric;
        if !wanted(&ceiling.form, &ceiling.metric) {
            continue;
        }
        match rows.iter_mut().find(|row| known(row)) {
            Some(row) => hold(row, ceiling),
            None => {
                let mut row = unknown(&ceiling.form, &ceiling.metric, now);
                hold(&mut row, ceiling);
                rows.push(row);
            }
        }
    }
    let changes = match tables(baseline, now) {
        _ if !other_content => Vec::new(),
        Ok((old, new)) => old.changes(new),
        Err(lacking) => {
            notes.push(format!("the changes of the tree are unknown: {lacking}"));
            Vec::new()
        }
    };
    Judgement {
        dataset: now.dataset.clone(),
        other_content,
        by_ratio: matches!(how, Comparison::Ratio),
        notes,
        rows,
        changes,
        marginals: Vec::new(),
    }
}

/// The files of both trees, or why there are no two tables.
fn tables<'a>(
    baseline: &'a Baseline,
    now: &'a Figures,
) -> Result<(&'a FileTable, &'a FileTable), &'static str> {
    let new = now.files.as_ref().ok_or("a result file has no file table")?;
    match baseline.files.is_empty() {
        true => Err("the baseline has no file table: it was accepted from a result file"),
        false => Ok((&baseline.files, new)),
    }
}

/// How two figures are compared.
enum Comparison {
    Bytes,
    Ratio,
    /// Not at all, with the reason.
    None(String),
}

impl Comparison {
    fn choose(
        baseline: &Baseline,
        now: &Figures,
        across: bool,
        notes: &mut Vec<String>,
    ) -> Comparison {
        if baseline.pinned != now.pinned || (now.pinned && baseline.dataset != now.dataset) {
            let reason = format!(
                "the baseline is of {}, the figures are of {}",
                baseline.dataset, now.dataset
            );
            notes.push(reason.clone());
            return Comparison::None(reason);
        }
        if !now.pinned || baseline.digest == now.digest {
            return Comparison::Bytes;
        }
        let reason = format!(
            "the header set changed: the accepted digest of {} is {:.12}, the current one {:.12}",
            now.dataset, baseline.digest, now.digest
        );
        notes.push(reason.clone());
        if across {
            notes.push("compared by size / raw tree (--allow-dataset-change)".into());
            Comparison::Ratio
        } else {
            Comparison::None(format!(
                "{reason}; use --allow-dataset-change to compare size / raw tree"
            ))
        }
    }

    fn row(&self, old: &Accepted, baseline: &Baseline, now: &Figures, limits: &Limits) -> Row {
        let mut row = unknown(&old.form, &old.metric, now);
        row.old = Some(old.bytes);
        let Some(new) = row.new else { return row };
        if new != old.bytes {
            row.cause = Some(Cause::of(old, baseline, now));
        }
        let tool = now.tool_of(&old.form, &old.metric);
        row.state = if is_of_guest(&old.metric) && tool != old.tool {
            let reason = format!("another guest: accepted with {}, current {tool}", old.tool);
            State::Unchecked { reason }
        } else {
            match self {
                Comparison::None(reason) => State::Unchecked { reason: reason.clone() },
                Comparison::Ratio => by_ratio(old, new, baseline, now, limits),
                Comparison::Bytes => judged(limits.breaches(old, new)),
            }
        };
        row
    }
}

/// The row of a figure that nothing is accepted of.
fn unknown(form: &str, metric: &str, now: &Figures) -> Row {
    let value = match now.get(form, metric) {
        Some(found) => found.value(),
        None => Err("no current figure".to_owned()),
    };
    let (new, state) = match value {
        Ok(value) => (Some(value), State::Fine),
        Err(reason) => (None, State::Unchecked { reason }),
    };
    Row { form: form.to_owned(), metric: metric.to_owned(), old: None, new, state, cause: None }
}

fn judged(breaches: Vec<Breach>) -> State {
    if breaches.is_empty() { State::Fine } else { State::Breached { breaches } }
}

fn by_ratio(
    old: &Accepted,
    new: u64,
    baseline: &Baseline,
    now: &Figures,
    limits: &Limits,
) -> State {
    // What the accepted ratio gives for the tree of now.
    let raw = u128::from(now.census.bytes);
    let expected = u128::from(old.bytes) * raw / u128::from(baseline.census.bytes.max(1));
    let expected = u64::try_from(expected).unwrap_or(u64::MAX);
    let grown = Limits::exceeded(expected, new, limits.max_ratio_growth, Bytes(0));
    let breach = Breach::Ratio { limit: limits.max_ratio_growth.to_string() };
    judged(grown.then_some(breach).into_iter().collect())
}

/// Checks a row against a ceiling.
fn hold(row: &mut Row, ceiling: &Ceiling) {
    if row.new.is_none_or(|new| new <= ceiling.max.0) {
        return;
    }
    let breach = Breach::Ceiling { max: ceiling.max.0, why: ceiling.why.clone() };
    match &mut row.state {
        State::Breached { breaches } => breaches.push(breach),
        state => *state = State::Breached { breaches: vec![breach] },
    }
}
