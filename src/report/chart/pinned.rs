//! Size against the memory that a kernel keeps: each form in each delivery a point.

use anyhow::Result;

use super::scatter::{Dot, Plot, plotted};
use super::{Chart, family_of};
use crate::judge::choose::{CRITERIA, Candidate, Constraints, NEEDS, choose};
use crate::record::{Layout, Record, Unit};

const PINNED: Plot = Plot {
    id: "pinned",
    title: "Size against pinned memory",
    unit: Unit::Bytes,
    up: "pinned memory",
    cost: "pinned is what the kernel keeps once all was read and caches are given back",
    fronts: "* marks what was taken before all was read; pointing at it tells when. A line is a \
             Pareto front, of files or of blobs that a program reads, by the rules of the chooser: none \
             that gives as much is better in one of the two beyond noise and in none worse.",
};

/// The kinds that have a front each: what any program finds as files, and what a program must read.
const KINDS: [&str; 2] = ["blobs", "files"];

/// The chart; `None` when memory was not measured.
pub(in super::super) fn pinned(record: &Record, prefix: &str) -> Result<Option<Chart>> {
    let criterion = |id: &str| CRITERIA.iter().find(|criterion| criterion.id == id);
    let (Some(by_size), Some(by_memory)) = (criterion("size"), criterion("pinned")) else {
        return Ok(None);
    };
    let wishes = Constraints { by: vec![by_size, by_memory], ..Constraints::default() };
    let choice = choose(record, &wishes);
    let whole = record.dataset.census.bytes as f64;
    let files = NEEDS.iter().find(|need| need.id == "files");
    let gives_files = |one: &Candidate| files.is_some_and(|need| one.meets(need));
    let mut dots: Vec<Dot> = Vec::new();
    let mut dropped = Vec::new();
    let mut heavy = Vec::new();
    for one in &choice.candidates {
        let layout = record.forms.iter().find(|info| info.id == one.form);
        let held = one.cell(by_memory).and_then(|cell| Some((cell.figure.as_ref()?, cell.state)));
        let state = held.and_then(|(_, state)| state);
        let label = if state.is_some() { one.name() + " *" } else { one.name() };
        let name = match state {
            Some(state) => format!("{} ({state})", one.name()),
            None => one.name(),
        };
        let kind = KINDS[usize::from(gives_files(one))];
        let held = held.map(|(figure, _)| figure.estimate);
        match (one.figure(by_size).map(|figure| figure.estimate), held) {
            // Many times heavier than all others, they would squeeze these into a corner.
            (Some(_), Some(held)) if held.value >= whole => {
                let front = if one.front { " (on the front all the same)" } else { "" };
                heavy.push(format!("{name}{front}"));
            }
            (Some(size), Some(held)) if size.value > 0.0 && held.value > 0.0 => {
                let (low, high) = held.range.unwrap_or((held.value, held.value));
                dots.push(Dot {
                    name,
                    label: Some(label).filter(|_| one.front),
                    family: family_of(layout.map_or(Layout::Other, |info| info.layout)),
                    bytes: size.value,
                    cost: held.value,
                    low,
                    high,
                    listed: !layout.is_some_and(|info| info.variant),
                    front: one.front,
                    kind,
                });
            }
            _ => dropped.push(format!("{name} (not measured)")),
        }
    }
    if !heavy.is_empty() {
        let names = heavy.join("; ");
        dropped
            .push(format!("what holds the headers uncompressed, at their size or more: {names}"));
    }
    plotted(&PINNED, dots, dropped, prefix)
}
