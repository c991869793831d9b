//! Forms as points, size across and a cost up, the Pareto front drawn.

use anyhow::Result;

use super::super::answer::ONE_HEADER;
use super::super::palette::Color;
use super::super::table::Table;
use super::super::units;
use super::canvas::{Anchor, Canvas, FONT, Fill, Point, width};
use super::scale::{Run, Scale};
use super::{Chart, Family, clipped, family, legend};
use crate::judge::pareto::front;
use crate::record::Unit;
use crate::record::figure::Estimate;

const SIZE: &str = "size.bytes";
/// A wide picture, and a tall one for narrow screens.
const SIZES: [(u32, u32); 2] = [(760, 440), (440, 520)];
/// The most letters of a point's name.
const NAME: usize = 34;

/// A form with both figures.
pub(super) struct Dot {
    /// What it is called when it is pointed at.
    pub name: String,
    /// What stands beside it; `None` where there are too many to be named.
    pub label: Option<String>,
    pub family: &'static Family,
    pub bytes: f64,
    pub cost: f64,
    /// The ends of the cost's interval.
    pub low: f64,
    pub high: f64,
    /// Whether it is a form of the program's own list, not a variant.
    pub listed: bool,
    /// Whether it is on the front of its kind.
    pub front: bool,
    /// Of which kind it is, where there is a front for each; empty where there is one of all.
    pub kind: &'static str,
}

/// What is drawn up, and how it is told.
pub(super) struct Plot {
    pub id: &'static str,
    pub title: &'static str,
    pub unit: Unit,
    /// The name of the axis that runs up.
    pub up: &'static str,
    /// What the cost is, as a clause of the caption.
    pub cost: &'static str,
    /// What the fronts are, as a sentence.
    pub fronts: &'static str,
}

/// What the line of a front is.
pub(super) const FRONT: &str = "The line is the Pareto front: for a form on it no other has both medians \
     as low or lower and one of them lower beyond noise.";

const LATENCY: Plot = Plot {
    id: "scatter",
    title: "Size against the time to one header",
    unit: Unit::Nanoseconds,
    up: "time to one header",
    cost: "the time is that of the middle header from a warm cache",
    fronts: FRONT,
};

/// The chart of size against latency; `None` when no form has both figures.
pub(in super::super) fn scatter(table: &Table, prefix: &str) -> Result<Option<Chart>> {
    let mut dropped = Vec::new();
    let mut dots = dots(table, &mut dropped);
    mark_front(&mut dots);
    plotted(&LATENCY, dots, dropped, prefix)
}

/// The chart of `dots`, which know whether they are on a front; `None` without any.
pub(super) fn plotted(
    plot: &Plot,
    mut dots: Vec<Dot>,
    dropped: Vec<String>,
    prefix: &str,
) -> Result<Option<Chart>> {
    if dots.is_empty() {
        return Ok(None);
    }
    dots.sort_by(|a, b| a.bytes.total_cmp(&b.bytes).then(a.cost.total_cmp(&b.cost)));
    let front = |kind: &str| {
        let on = dots.iter().filter(|dot| dot.front && dot.kind == kind);
        let names: Vec<&str> = on.map(|dot| dot.name.as_str()).collect();
        let of = if kind.is_empty() { String::new() } else { format!(" of {kind}") };
        format!("Pareto front{of}, from the smallest: {}.", names.join("; "))
    };
    let description = kinds(&dots).into_iter().map(front).collect::<Vec<_>>().join(" ");
    let svg = |(index, size): (usize, (u32, u32))| {
        let id = format!("{prefix}-{}-{index}", plot.id);
        let svg = Canvas::draw(&id, plot.title, &description, size, |canvas| {
            draw(canvas, plot, size, &dots)
        });
        svg.map(minijinja::Value::from_safe_string)
    };
    Ok(Some(Chart {
        title: plot.title.to_owned(),
        caption: format!(
            "Lower left is better. Both axes are logarithmic; {}{}. {}{} {description}",
            plot.cost,
            if dots.iter().any(|dot| dot.low < dot.high) { ", with its 95 % interval" } else { "" },
            plot.fronts,
            if dots.iter().all(|dot| dot.listed) {
                ""
            } else {
                " Solid markers are forms of the program’s own list, hollow ones variants of them."
            },
        ),
        svgs: SIZES.into_iter().enumerate().map(svg).collect::<Result<_>>()?,
        dropped,
    }))
}

/// The kinds that have a front of their own.
fn kinds(dots: &[Dot]) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for dot in dots.iter().filter(|dot| dot.front) {
        if !kinds.contains(&dot.kind) {
            kinds.push(dot.kind);
        }
    }
    kinds
}

/// Marks those that no other dominates. These are named, and what is
/// of the program's own list: variants behind the front are too many.
pub(super) fn mark_front(dots: &mut [Dot]) {
    dots.sort_by(|a, b| a.bytes.total_cmp(&b.bytes).then(a.cost.total_cmp(&b.cost)));
    let place = |dot: &Dot| {
        let range = (dot.low < dot.high).then_some((dot.low, dot.high));
        (Estimate::exact(dot.bytes), Estimate { value: dot.cost, range })
    };
    let places: Vec<_> = dots.iter().map(place).collect();
    for (dot, front) in dots.iter_mut().zip(front(&places, 0.0)) {
        dot.front = front;
        dot.label = (front || dot.listed).then(|| dot.name.clone());
    }
}

/// The points from the smallest form on, and why other forms are none.
fn dots(table: &Table, dropped: &mut Vec<String>) -> Vec<Dot> {
    let columns = (table.column(SIZE), table.column(ONE_HEADER));
    let mut dots: Vec<Dot> = Vec::new();
    let any_saves = table.rows.iter().any(|row| row.info.is_some() && table.saves(row));
    for row in table.rows.iter().filter(|row| row.info.is_some()) {
        let cell = |column: Option<usize>| column.map(|column| &row.cells[column]);
        let (size, one) = (cell(columns.0), cell(columns.1));
        let bytes = size.and_then(|cell| cell.median());
        let summary = one.and_then(|cell| cell.summary);
        match (bytes, summary) {
            // Many times larger than all others, they would squeeze these into a corner.
            (Some(_), _) if any_saves && !table.saves(row) => {
                dropped.push(format!("{} (saves nothing)", row.form));
            }
            (Some(bytes), Some(seen)) if bytes > 0.0 && seen.median > 0.0 => {
                let (low, high) =
                    seen.interval.map_or((seen.median, seen.median), |i| (i.low, i.high));
                dots.push(Dot {
                    name: row.form.to_owned(),
                    label: None,
                    family: family(row),
                    bytes,
                    cost: seen.median,
                    low,
                    high,
                    listed: !row.info.is_some_and(|info| info.variant),
                    front: false,
                    kind: "",
                });
            }
            (Some(_), Some(_)) => {
                dropped.push(format!("{} (0 has no place on a logarithmic axis)", row.form));
            }
            _ => {
                let absent = [size, one].into_iter().flatten().find(|cell| cell.summary.is_none());
                let state = absent.map_or("not observed", |cell| cell.state.name());
                let note = absent.and_then(|cell| cell.note);
                let note = note.map(|note| format!(" [{note}]")).unwrap_or_default();
                dropped.push(format!("{} ({state}{note})", row.form));
            }
        }
    }
    dots
}

fn draw(canvas: &Canvas, plot: &Plot, size: (u32, u32), dots: &[Dot]) -> Result<()> {
    let (right, bottom) = (size.0 as i32 - 14, size.1 as i32 - 44);
    let (left, top) = (54, 46);
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let sizes = || dots.iter().map(|dot| dot.bytes);
    let x = Scale::log(Unit::Bytes, least(&mut sizes()), most(&mut sizes()), (left, right));
    let y = Scale::log(
        plot.unit,
        // An interval may reach down to 0, which no logarithm has: the median stands in.
        least(&mut dots.iter().map(|dot| if dot.low > 0.0 { dot.low } else { dot.cost })),
        most(&mut dots.iter().map(|dot| dot.high)),
        (bottom, top),
    );

    legend(canvas, (2, 10), dots.iter().map(|dot| dot.family))?;
    for (value, label) in x.ticks(Run::Across) {
        let x = x.place(value);
        canvas.line(&[(x, top), (x, bottom)], Color::Line, 1)?;
        canvas.text((x, bottom + 14), Anchor::Middle, Color::Muted, &label)?;
    }
    for (value, label) in y.ticks(Run::Up) {
        let y = y.place(value);
        canvas.line(&[(left, y), (right, y)], Color::Line, 1)?;
        canvas.text((left - 6, y), Anchor::End, Color::Muted, &label)?;
    }
    canvas.text((right, bottom + 32), Anchor::End, Color::Muted, "size →")?;
    canvas.text((2, 30), Anchor::Start, Color::Muted, &format!("↑ {}", plot.up))?;

    let places: Vec<Point> =
        dots.iter().map(|dot| (x.place(dot.bytes), y.place(dot.cost))).collect();
    for kind in kinds(dots) {
        let on = dots.iter().zip(&places).filter(|(dot, _)| dot.front && dot.kind == kind);
        let front: Vec<Point> = on.map(|(_, place)| *place).collect();
        let steps = steps(&front, (right, top));
        canvas.line(&steps, Color::Muted, 1)?;
        if let Some(&(x, y)) = steps.last() {
            canvas.text((x, y + 9), Anchor::End, Color::Muted, kind)?;
        }
    }
    for (dot, &(at, _)) in dots.iter().zip(&places) {
        let ink = dot.family.ink;
        canvas.line(&[(at, y.place(dot.low)), (at, y.place(dot.high))], ink, 2)?;
    }
    for (dot, &place) in dots.iter().zip(&places) {
        let family = dot.family;
        let fill = if dot.listed { Fill::Solid } else { Fill::Hollow };
        canvas.marker(place, family.shape, fill, family.ink, if dot.listed { 5 } else { 4 })?;
        let (size, cost) =
            (units::short(Unit::Bytes, dot.bytes), units::short(plot.unit, dot.cost));
        let front = match (dot.front, dot.kind) {
            (false, _) => String::new(),
            (true, "") => ", on the front".to_owned(),
            (true, kind) => format!(", on the front of {kind}"),
        };
        canvas.name(place, &format!("{}: {size}, {} {cost}{front}", dot.name, plot.up));
    }
    let named: Vec<(&Dot, Point)> =
        dots.iter().zip(places.iter().copied()).filter(|(dot, _)| dot.label.is_some()).collect();
    let labels_of = named.iter().filter_map(|(dot, _)| dot.label.as_deref());
    let names: Vec<String> = labels_of.map(|label| clipped(label, NAME)).collect();
    let at: Vec<Point> = named.iter().map(|(_, place)| *place).collect();
    let frame = Frame { left, right, top, bottom };
    for ((dot, place), label) in named.iter().zip(labels(&names, &at, &places, frame)) {
        if label.far {
            canvas.line(&[*place, label.nearest(*place)], Color::Muted, 1)?;
        }
        let at = (label.left, label.middle());
        if dot.front {
            canvas.bold(at, Anchor::Start, Color::Text, &label.text)?;
        } else {
            canvas.text(at, Anchor::Start, Color::Muted, &label.text)?;
        }
    }
    Ok(())
}

/// The front as stairs: what lies above and to the right of it is beaten.
fn steps(front: &[Point], (right, top): Point) -> Vec<Point> {
    let mut steps = Vec::new();
    let mut height = top;
    for &(x, y) in front {
        // Of two that noise does not tell apart the larger may be a hair heavier: stairs only go down.
        let lower = y.max(height);
        steps.extend([(x, height), (x, lower)]);
        height = lower;
    }
    steps.push((right, height));
    steps
}

/// The ends of the plot.
#[derive(Clone, Copy)]
struct Frame {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

/// A label and the box it takes.
struct Label {
    text: String,
    left: i32,
    top: i32,
    width: i32,
    /// Whether it stands so far off that a line must lead to it.
    far: bool,
}

impl Label {
    const HEIGHT: i32 = FONT + 2;

    fn middle(&self) -> i32 {
        self.top + Self::HEIGHT / 2
    }

    /// The point of its box that is nearest to `place`.
    fn nearest(&self, (x, y): Point) -> Point {
        (x.clamp(self.left, self.left + self.width), y.clamp(self.top, self.top + Self::HEIGHT))
    }

    /// How much of its box lies over that of another, pixels.
    fn over(&self, left: i32, top: i32, width: i32, height: i32) -> i32 {
        let across = (self.left + self.width).min(left + width) - self.left.max(left);
        let down = (self.top + Self::HEIGHT).min(top + height) - self.top.max(top);
        across.max(0) * down.max(0)
    }
}

/// Places a label beside each of the points `at`, off all `places` and off each other where there is
/// room.
fn labels(names: &[String], at: &[Point], places: &[Point], frame: Frame) -> Vec<Label> {
    let mut placed: Vec<Label> = Vec::new();
    for (name, &(x, y)) in names.iter().zip(at) {
        let wide = width(name) + 4;
        let half = Label::HEIGHT / 2;
        // Beside the point, then ever farther away.
        let spots = (0..7).flat_map(|ring| {
            let away = ring * 12;
            [
                (x + 9, y - half - away),
                (x + 9, y - half + away),
                (x - 9 - wide, y - half - away),
                (x - 9 - wide, y - half + away),
                (x - wide / 2, y - 9 - Label::HEIGHT - away),
                (x - wide / 2, y + 9 + away),
            ]
            .map(|(left, top)| (left, top, ring > 0))
        });
        let spots = spots.map(|(left, top, far)| {
            let label = Label { text: name.clone(), left, top, width: wide, far };
            let outside = (frame.left - left).max(0)
                + (left + wide - frame.right).max(0)
                + (frame.top - top).max(0)
                + (top + Label::HEIGHT - frame.bottom).max(0);
            let points: i32 = places.iter().map(|(x, y)| label.over(x - 6, y - 6, 12, 12)).sum();
            let others: i32 = placed
                .iter()
                .map(|other| label.over(other.left, other.top, other.width, Label::HEIGHT))
                .sum();
            (outside * Label::HEIGHT + points + others, label)
        });
        // The first of the best: nearer spots come first.
        if let Some((_, label)) = spots.min_by_key(|(cost, _)| *cost) {
            placed.push(label);
        }
    }
    placed
}
