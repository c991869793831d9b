//! Size against the memory that a kernel keeps: each form in each delivery a point.

use anyhow::Result;

use super::super::units;
use super::scatter::{Dot, Plot, plotted};
use super::{Chart, family_of};
use crate::choose::{CRITERIA, Candidate, Choice};
use crate::record::{Record, Unit};

const PINNED: Plot = Plot {
    id: "pinned",
    title: "Size against pinned memory",
    unit: Unit::Bytes,
    up: "pinned memory",
    cost: "pinned is what the kernel keeps once all was read and caches are given back",
    better: "lighter",
};

/// The chart; `None` when memory was not measured.
pub(in super::super) fn pinned(
    record: &Record,
    choice: &Choice,
    prefix: &str,
) -> Result<Option<Chart>> {
    let cost = |one: &Candidate, id: &str| {
        let criterion = CRITERIA.iter().find(|criterion| criterion.id == id)?;
        one.figure(criterion).map(|figure| figure.estimate)
    };
    let whole = record.dataset.census.bytes as f64;
    let mut dots: Vec<Dot> = Vec::new();
    let mut dropped = Vec::new();
    for one in &choice.candidates {
        let layout = record.forms.iter().find(|info| info.id == one.form);
        let name = format!("{}, {}", one.form, one.way);
        match (cost(one, "size"), cost(one, "pinned")) {
            // Many times heavier than all others, they would squeeze these into a corner.
            (Some(_), Some(held)) if held.value >= whole => {
                let figure = units::short(Unit::Bytes, held.value);
                dropped.push(format!("{name} ({figure}: it holds the headers uncompressed)"));
            }
            (Some(size), Some(held)) if size.value > 0.0 && held.value > 0.0 => {
                let (low, high) = held.range.unwrap_or((held.value, held.value));
                dots.push(Dot {
                    name,
                    family: family_of(layout.map_or("", |info| info.layout.as_str())),
                    bytes: size.value,
                    cost: held.value,
                    low,
                    high,
                    listed: !layout.is_some_and(|info| info.variant),
                    front: false,
                });
            }
            _ => dropped.push(format!("{name} (not measured)")),
        }
    }
    plotted(&PINNED, dots, dropped, prefix)
}
