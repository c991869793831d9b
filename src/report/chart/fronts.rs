//! Size against each cost, with the Pareto front: the charts of a sweep.

use anyhow::Result;

use super::scatter::{Dot, Plot, plotted};
use super::{Chart, family_of};
use crate::judge::pareto::{Front, fronts};
use crate::record::{Layout, Record, Unit};

/// How each cost is drawn, by its name in [`crate::judge::pareto::COSTS`].
const PLOTS: &[(&str, Plot)] = &[
    (
        "build",
        Plot {
            id: "front-build",
            title: "Size against build time",
            unit: Unit::Nanoseconds,
            up: "time to build",
            cost: "the time is wall time, on as many processors as the form builds with",
            fronts: "The line is the Pareto front by medians: of the forms on it, none is both smaller and sooner built.",
        },
    ),
    (
        "all",
        Plot {
            id: "front-all",
            title: "Size against the time to all headers",
            unit: Unit::Nanoseconds,
            up: "time to all headers",
            cost: "the time is that of extracting all to memory, from a warm cache",
            fronts: "The line is the Pareto front by medians: of the forms on it, none is both smaller and sooner extracted.",
        },
    ),
    (
        "one",
        Plot {
            id: "front-one",
            title: "Size against the time to one header",
            unit: Unit::Nanoseconds,
            up: "time to one header",
            cost: "the time is that of the middle header from a warm cache",
            fronts: "The line is the Pareto front by medians: of the forms on it, none is both smaller and faster.",
        },
    ),
    (
        "pinned",
        Plot {
            id: "front-pinned",
            title: "Size against pinned memory",
            unit: Unit::Bytes,
            up: "pinned memory",
            cost: "pinned is what the kernel keeps once all was read and caches are given back",
            fronts: "The line is the Pareto front by medians: of the forms on it, none is both smaller and lighter.",
        },
    ),
];

/// A chart for each cost of which `record` has figures.
pub(in super::super) fn charts(record: &Record, prefix: &str) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for front in fronts(record) {
        if let Some((_, plot)) = PLOTS.iter().find(|(cost, _)| *cost == front.cost) {
            charts.extend(chart(record, &front, plot, prefix)?);
        }
    }
    Ok(charts)
}

fn chart(record: &Record, front: &Front, plot: &Plot, prefix: &str) -> Result<Option<Chart>> {
    let layout = |form: &str| {
        let info = record.forms.iter().find(|info| info.id == form);
        info.map_or(Layout::Other, |info| info.layout)
    };
    let dots = front.points.iter().map(|point| Dot {
        name: point.form.clone(),
        // Variants behind the front are too many to be named.
        label: (point.front || point.listed).then(|| point.form.clone()),
        family: family_of(layout(&point.form)),
        bytes: point.bytes,
        cost: point.value,
        low: point.value,
        high: point.value,
        listed: point.listed,
        front: point.front,
        kind: "",
    });
    let dropped = front.absent.iter().map(|(form, why)| format!("{form} ({why})"));
    let mut chart = plotted(plot, dots.collect(), dropped.collect(), prefix)?;
    if let Some(chart) = &mut chart
        && front.points.iter().any(|point| point.modelled)
    {
        chart.title += " (modelled)";
        chart.caption += " The memory is modelled, not measured.";
    }
    Ok(chart)
}
