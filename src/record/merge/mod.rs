//! Several records merged into one: different forms, or rounds of the same forms.
//!
//! Exact figures are merged from any machine. Noisy ones are merged only if they
//! are of one machine, those of memory when they are of one guest, as `compare` has it; the others
//! are skipped, with the reason.

mod rounds;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};

use crate::record::compat::{Difference, differences};
use crate::record::{Nature, Observation, Outcome, PREPARE, Part, Record, Reference, is_of_guest};

pub use rounds::rounds;

/// A record, and what to call it.
#[derive(Debug)]
pub struct Piece {
    pub name: String,
    pub record: Record,
}

/// Joins `pieces`, records of one header set with different forms. `partial` takes parts of a sweep that
/// are not all there, or that were interrupted; what is missing is named in the record's notes.
///
/// # Errors
/// Pieces of other sets, programs, settings or axes; a form that two of them have; a sweep of which
/// parts are missing.
pub fn join(pieces: Vec<Piece>, partial: bool) -> Result<Record> {
    for piece in &pieces {
        alike(pieces.first().context("no result file to merge")?, piece)?;
        let whole = piece.record.finished.is_some();
        ensure!(
            whole || partial,
            "{}: of an interrupted run\nfix: use --partial to merge it",
            piece.name
        );
    }
    overlap(&pieces)?;
    let part = parts(&pieces)?;
    let base = &base(&pieces)?.record;
    // Guests don't depend on the machine: if the base has none, the first one is used.
    let laboratory = pieces.iter().map(|piece| &piece.record).find(|r| r.laboratory.is_some());
    let guest = if base.laboratory.is_some() { base } else { laboratory.unwrap_or(base) };

    let mut joined = Record { forms: Vec::new(), observations: Vec::new(), ..base.clone() };
    joined.laboratory = guest.laboratory.clone();
    if pieces.len() > 1 {
        joined.joined = pieces.iter().map(|piece| piece.record.joined.max(1)).sum();
    }
    let mut left_out = Vec::new();
    let mut unlike = BTreeSet::new();
    // Only references and what is compared with them can be in two: forms are held apart above.
    let mut known: BTreeSet<_> = base.observations.iter().map(cell).collect();
    let mut twice = BTreeSet::new();
    for Piece { record, .. } in &pieces {
        let machines = differences(base, record);
        let guests = differences(guest, record);
        if let (Some(ours), Some(theirs)) = (&mut joined.laboratory, &record.laboratory)
            && guest.laboratory.as_ref() != Some(theirs)
            && !guests.iter().any(|one| one.is_of_guest())
        {
            ours.checks.extend(theirs.checks.clone());
        }
        for seen in &record.observations {
            if !std::ptr::eq(record, base) && !known.insert(cell(seen)) {
                twice.extend((seen.form != PREPARE).then_some(seen.form.as_str()));
                continue;
            }
            let against = if is_of_guest(&seen.metric) { &guests } else { &machines };
            let barred = against.iter().find(|one| one.keeps_apart(&seen.metric, seen.nature));
            joined.observations.push(held_back(seen, barred));
        }
        let apart: Vec<_> =
            machines.iter().filter(|one| one.keeps_apart("", Nature::Noisy)).collect();
        if !apart.is_empty() {
            unlike.extend(apart.iter().map(|one| one.what));
            left_out.extend(record.forms.iter().map(|form| form.id.clone()));
        }
        joined.forms.extend(record.forms.clone());
        let new = |one: &&Reference| joined.references.iter().all(|known| known.id != one.id);
        let references: Vec<_> = record.references.iter().filter(new).cloned().collect();
        joined.references.extend(references);
        joined.started = joined.started.min(record.started.clone());
        joined.finished = match (joined.finished, &record.finished) {
            (Some(ours), Some(theirs)) => Some(ours.max(theirs.clone())),
            _ => None,
        };
        let new = |note: &&String| !joined.dataset.notes.contains(note);
        let notes: Vec<String> = record.dataset.notes.iter().filter(new).cloned().collect();
        joined.dataset.notes.extend(notes);
    }
    let mut note = |note: String| joined.dataset.notes.push(note);
    if !left_out.is_empty() {
        note(format!(
            "merged from runs with different {}: times and memory of processes are of {} \
             only, and left out for {}",
            unlike.into_iter().collect::<Vec<_>>().join(", "),
            base.machine.id,
            left_out.join(", ")
        ));
    }
    if !twice.is_empty() {
        let twice: Vec<_> = twice.into_iter().collect();
        note(format!(
            "in several of the merged result files, one of which is used: {}",
            twice.join(", ")
        ));
    }
    joined.part = match part {
        Some(part) => missing(&mut joined, part, partial)?,
        None => None,
    };
    joined.sort();
    Ok(joined)
}

/// A figure, or why it can't be merged with the base's.
fn held_back(seen: &Observation, barred: Option<&Difference>) -> Observation {
    let outcome = match (barred, &seen.outcome) {
        (Some(Difference { what, base, new, .. }), Outcome::Measured { .. }) => Outcome::Skipped {
            reason: format!("measured, but the {what} differ: {new}, the others have {base}"),
        },
        (_, outcome) => outcome.clone(),
    };
    Observation { outcome, ..seen.clone() }
}

/// Checks that `piece` can be merged with `first`.
fn alike(first: &Piece, piece: &Piece) -> Result<()> {
    let (a, b) = (&first.record, &piece.record);
    let names = format!("{} and {}", first.name, piece.name);
    ensure!(a.schema == b.schema, "{names}: schemas differ: {} and {}", a.schema, b.schema);
    ensure!(
        a.generator == b.generator,
        "{names}: programs differ: {} and {}",
        a.generator,
        b.generator
    );
    if let Some(one) = differences(a, b).into_iter().find(|one| one.refuses) {
        bail!("{names}: {} differ: {} and {}", one.what, one.base, one.new);
    }
    let axes = |record: &Record| record.settings.axes.join(", ");
    ensure!(axes(a) == axes(b), "{names}: axes differ: {} and {}", axes(a), axes(b));
    Ok(())
}

/// What an observation is of.
fn cell(seen: &Observation) -> (&str, &str) {
    (&seen.form, &seen.metric)
}

/// Notes on records of one machine whose times overlap, as those of shards that a scheduler
/// put side by side.
pub fn at_once(pieces: &[Piece]) -> Vec<String> {
    let before = |a: &Record, b: &Record| a.finished.as_ref().is_some_and(|end| *end <= b.started);
    let mut notes = Vec::new();
    for (at, Piece { name, record }) in pieces.iter().enumerate() {
        let others = pieces.iter().skip(at + 1).filter(|other| {
            let other = &other.record;
            record.machine.id == other.machine.id
                && !before(record, other)
                && !before(other, record)
        });
        notes.extend(others.map(|other| {
            format!(
                "{name} and {} ran on one machine at the same time and slowed each other down",
                other.name
            )
        }));
    }
    notes
}

/// Fails where two pieces have one form.
fn overlap(pieces: &[Piece]) -> Result<()> {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for Piece { name, record } in pieces {
        for form in &record.forms {
            if let Some(owner) = owners.insert(&form.id, name) {
                ensure!(owner != name, "{name}: listed twice");
                bail!("{}: in both {owner} and {name}", form.id);
            }
        }
    }
    Ok(())
}

/// The shards that `pieces` are of, joined; `None` when they are of no sweep that was split.
fn parts(pieces: &[Piece]) -> Result<Option<Part>> {
    let mut joined: Option<Part> = None;
    let mut all =
        pieces.iter().filter_map(|piece| Some((&piece.name, piece.record.part.as_ref()?)));
    let Some((first, part)) = all.next() else { return Ok(None) };
    let joined = joined.insert(part.clone());
    for (name, part) in all {
        let alike =
            (part.of, &part.forms, &part.datasets) == (joined.of, &joined.forms, &joined.datasets);
        ensure!(alike, "{first} and {name}: parts of different sweeps");
        joined.shards.extend(&part.shards);
    }
    joined.shards.sort_unstable();
    joined.shards.dedup();
    Ok(Some(joined.clone()))
}

/// What of the sweep is still missing in `joined`: `None` when nothing is.
fn missing(joined: &mut Record, part: Part, partial: bool) -> Result<Option<Part>> {
    let has = |id: &&String| joined.forms.iter().any(|form| form.id == **id);
    let absent: Vec<String> = part.forms.iter().filter(|id| !has(id)).cloned().collect();
    let place = |id: &String| part.forms.iter().position(|form| form == id);
    joined.forms.sort_by_key(|form| place(&form.id).unwrap_or(usize::MAX));
    if absent.is_empty() {
        return Ok(None);
    }
    let (absent, of) = (absent.join(", "), part.of);
    let shards: Vec<String> = (1..=of)
        .filter(|shard| !part.shards.contains(shard))
        .map(|shard| shard.to_string())
        .collect();
    let shards = match shards.join(", ") {
        none if none.is_empty() => none,
        some => format!("; missing: shard {some} of {of}"),
    };
    let said = format!(
        "{}: the result files lack forms of the sweep: {absent}{shards}",
        joined.dataset.name
    );
    ensure!(partial, "{said}\nfix: add the missing parts, or use --partial to merge the rest");
    joined.dataset.notes.push(said);
    Ok(Some(part))
}

/// The first piece of the machine that has most forms.
fn base(pieces: &[Piece]) -> Result<&Piece> {
    let forms = |id: &str| -> usize {
        let same = pieces.iter().filter(|piece| piece.record.machine.id == id);
        same.map(|piece| piece.record.forms.len()).sum()
    };
    let mut best = pieces.first().context("no result file to merge")?;
    for piece in pieces {
        if forms(&piece.record.machine.id) > forms(&best.record.machine.id) {
            best = piece;
        }
    }
    Ok(best)
}

/// The header sets of a sweep of which `records` have none, by name.
pub fn missing_datasets(records: &[Record]) -> Vec<String> {
    let wanted = records.iter().filter_map(|record| record.part.as_ref());
    let mut missing: Vec<String> = Vec::new();
    for name in wanted.flat_map(|part| &part.datasets) {
        let there = records.iter().any(|record| record.dataset.name == *name);
        if !there && !missing.contains(name) {
            missing.push(name.clone());
        }
    }
    missing
}

#[cfg(test)]
mod tests;
