//! The charts of a report as SVG: which there are, and what they have in common.

mod canvas;
mod curves;
mod fronts;
mod held;
mod line;
mod pinned;
mod rows;
mod scale;
mod scatter;

use anyhow::Result;

use crate::record::{Axis, Layout};

use super::palette::Color;
use super::table::{Row, Table};
use canvas::{Anchor, Canvas, FONT, Fill, Shape, width};

pub(super) use curves::curves;
pub(super) use fronts::charts as front_charts;
pub(super) use line::line;
pub(super) use pinned::pinned;
pub(super) use scatter::scatter;

/// A chart, ready for the page.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct Chart {
    /// Its title.
    pub title: String,
    /// What to know before reading it.
    pub caption: String,
    /// The pictures: one, or a wide and a narrow one of the same.
    pub svgs: Vec<minijinja::Value>,
    /// What could not be drawn.
    pub dropped: Vec<String>,
}

/// The most letters of a form's name.
const NAME: usize = 24;

/// A chart with a row for each form.
struct Plan {
    axis: Axis,
    id: &'static str,
    title: &'static str,
    /// Bars that start at 0, or dots with intervals.
    bars: bool,
    series: &'static [Series],
}

/// A metric, what tells it from the chart's others, and how its markers are filled.
struct Series {
    metric: &'static str,
    label: &'static str,
    fill: Fill,
}

const fn series(metric: &'static str, label: &'static str, fill: Fill) -> Series {
    Series { metric, label, fill }
}

/// The charts of all axes, in order. The first series sorts the rows and gives their figures.
const PLANS: &[Plan] = &[
    Plan {
        axis: Axis::Size,
        id: "size",
        title: "Bytes stored",
        bars: true,
        series: &[series("size.bytes", "size", Fill::Solid)],
    },
    Plan {
        axis: Axis::Build,
        id: "build-wall",
        title: "Time to build",
        bars: false,
        series: &[series("build.wall", "wall", Fill::Solid)],
    },
    Plan {
        axis: Axis::Build,
        id: "build-memory",
        title: "Peak memory of a build",
        bars: false,
        series: &[series("build.peak_memory", "peak", Fill::Solid)],
    },
    Plan {
        axis: Axis::Extract,
        id: "one",
        title: "One header",
        bars: false,
        series: &[
            series("extract.one.middle.warm", "warm", Fill::Solid),
            series("extract.one.middle.cold", "cold", Fill::Hollow),
            series("extract.mount.one", "mounted", Fill::Cross),
        ],
    },
    Plan {
        axis: Axis::Extract,
        id: "closure",
        title: "The headers of one program",
        bars: false,
        series: &[
            series("extract.closure.warm", "warm", Fill::Solid),
            series("extract.closure.cold", "cold", Fill::Hollow),
            series("extract.mount.closure", "mounted", Fill::Cross),
        ],
    },
    Plan {
        axis: Axis::Extract,
        id: "all",
        title: "All headers",
        bars: false,
        series: &[
            series("extract.all.warm.wall", "warm", Fill::Solid),
            series("extract.all.cold.wall", "cold", Fill::Hollow),
            series("extract.mount.all", "mounted", Fill::Cross),
        ],
    },
    Plan {
        axis: Axis::Extract,
        id: "first-compile",
        title: "First compile",
        bars: false,
        series: &[
            series("extract.first_compile", "extracted", Fill::Solid),
            series("extract.mount.first_compile", "mounted", Fill::Cross),
        ],
    },
];

/// The charts of `axis`; `prefix` keeps the ids of several records apart.
pub(super) fn charts(table: &Table, axis: Axis, prefix: &str) -> Result<Vec<Chart>> {
    if axis == Axis::Memory {
        return held::charts(table, prefix);
    }
    let plans = PLANS.iter().filter(|plan| plan.axis == axis);
    plans.filter_map(|plan| rows::rows(table, plan, prefix).transpose()).collect()
}

/// A layout of forms, and how it is drawn.
struct Family {
    layout: Layout,
    label: &'static str,
    ink: Color,
    shape: Shape,
}

static FAMILIES: &[Family] = &[
    Family { layout: Layout::Stream, label: "archive", ink: Color::Stream, shape: Shape::Circle },
    Family {
        layout: Layout::PerFile,
        label: "per file",
        ink: Color::PerFile,
        shape: Shape::Triangle,
    },
    Family { layout: Layout::Image, label: "image", ink: Color::Image, shape: Shape::Square },
    Family {
        layout: Layout::Folder,
        label: "plain files",
        ink: Color::Folder,
        shape: Shape::Diamond,
    },
];

/// What is of no known layout: the making of the dataset, or a form of a later version.
static OTHER: Family =
    Family { layout: Layout::Other, label: "other", ink: Color::Other, shape: Shape::Wedge };

fn family(row: &Row) -> &'static Family {
    family_of(row.info.map_or(Layout::Other, |info| info.layout))
}

/// The family of forms that are laid out as `layout`.
fn family_of(layout: Layout) -> &'static Family {
    FAMILIES.iter().find(|family| family.layout == layout).unwrap_or(&OTHER)
}

/// Draws which marker is which family, for those of `families`; gives where it ended.
fn legend(
    canvas: &Canvas,
    (mut x, y): canvas::Point,
    families: impl Iterator<Item = &'static Family> + Clone,
) -> Result<i32> {
    for known in FAMILIES.iter().chain([&OTHER]) {
        if families.clone().any(|family| family.layout == known.layout) {
            x = key(canvas, (x, y), known.shape, Fill::Solid, known.ink, known.label)?;
        }
    }
    Ok(x)
}

/// Draws one marker with its meaning; gives where the next may start.
fn key(
    canvas: &Canvas,
    (x, y): canvas::Point,
    shape: Shape,
    fill: Fill,
    ink: Color,
    label: &str,
) -> Result<i32> {
    canvas.marker((x + 5, y), shape, fill, ink, 4)?;
    canvas.text((x + 14, y), Anchor::Start, Color::Muted, label)?;
    Ok(x + 14 + width(label) + FONT)
}

/// `text` in at most `most` characters.
fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// `text` with nothing left that XML would take for markup.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
        safe
    })
}
