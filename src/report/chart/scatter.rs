//! Forms as points, size across and a cost up, the Pareto front drawn.

use anyhow::Result;

use crate::record::Unit;
use crate::record::units;
use crate::report::palette::Color;

use super::canvas::{Anchor, Canvas, FONT, Fill, Point, width};
use super::family::{Family, clipped, legend};
use super::scale::{Run, Scale};

const SIZE: (u32, u32) = (520, 460);
/// The most letters of a point's name.
const NAME: usize = 34;

/// A chart that a page draws.
#[derive(Debug)]
pub(in crate::report) struct Chart {
    /// Unique on the page.
    pub id: String,
    pub title: String,
    /// What to know before reading it.
    pub caption: String,
    /// The front in words, for who does not see it.
    pub description: String,
    /// What could not be drawn.
    pub dropped: Vec<String>,
    /// The name and the unit of the axis that runs up.
    pub(super) up: &'static str,
    pub(super) unit: Unit,
    /// The smallest first.
    pub(super) dots: Vec<Dot>,
}

/// A form with both figures.
#[derive(Debug)]
pub(in crate::report) struct Dot {
    pub name: String,
    /// Whether it has a label.
    pub named: bool,
    pub family: &'static Family,
    pub bytes: f64,
    pub cost: f64,
    /// Whether it is a form of the program's own list, not a variant.
    pub listed: bool,
    pub front: bool,
}

impl Chart {
    /// As SVG.
    ///
    /// # Errors
    /// What the canvas reports.
    pub(in crate::report) fn svg(&self) -> Result<String> {
        Canvas::draw(&self.id, &self.title, &self.description, SIZE, |canvas| self.draw(canvas))
    }

    /// The axes across and up in a frame.
    fn scales(&self, frame: Frame) -> (Scale, Scale) {
        let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        let sizes = || self.dots.iter().map(|dot| dot.bytes);
        let costs = || self.dots.iter().map(|dot| dot.cost);
        let across = (frame.left, frame.right);
        (
            Scale::log(Unit::Bytes, least(&mut sizes()), most(&mut sizes()), across),
            Scale::log(
                self.unit,
                least(&mut costs()),
                most(&mut costs()),
                (frame.bottom, frame.top),
            ),
        )
    }

    fn grid(&self, canvas: &Canvas, (x, y): (&Scale, &Scale), frame: Frame) -> Result<()> {
        let Frame { left, right, top, bottom } = frame;
        legend(canvas, (2, 10), self.dots.iter().map(|dot| dot.family))?;
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
        canvas.text((2, 30), Anchor::Start, Color::Muted, &format!("↑ {}", self.up))
    }

    fn dot(&self, canvas: &Canvas, dot: &Dot, place: Point) -> Result<()> {
        let (fill, radius) = if dot.listed { (Fill::Solid, 5) } else { (Fill::Hollow, 4) };
        canvas.marker(place, dot.family.shape, fill, dot.family.ink, radius)?;
        let front = if dot.front { ", Pareto-optimal" } else { "" };
        let (size, cost) =
            (units::short(Unit::Bytes, dot.bytes), units::short(self.unit, dot.cost));
        canvas.name(place, &format!("{}: {size}, {} {cost}{front}", dot.name, self.up));
        Ok(())
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let (right, bottom) = (SIZE.0 as i32 - 14, SIZE.1 as i32 - 44);
        let frame = Frame { left: 54, right, top: 46, bottom };
        let (x, y) = self.scales(frame);
        self.grid(canvas, (&x, &y), frame)?;
        let place = |dot: &Dot| (x.place(dot.bytes), y.place(dot.cost));
        let places: Vec<Point> = self.dots.iter().map(place).collect();
        let front = self.dots.iter().filter(|dot| dot.front).map(place);
        canvas.line(&steps(front, (right, frame.top)), Color::Muted, 1)?;
        for (dot, &place) in self.dots.iter().zip(&places) {
            self.dot(canvas, dot, place)?;
        }
        let mut labels: Vec<Label> = Vec::new();
        for (dot, &place) in self.dots.iter().zip(&places) {
            if !dot.named {
                continue;
            }
            let text = clipped(&dot.name, NAME);
            let label = Label::near(place, width(&text) + 4, &labels, &places, frame);
            if label.far {
                canvas.line(&[place, label.nearest(place)], Color::Muted, 1)?;
            }
            let at = (label.left, label.top + Label::HEIGHT / 2);
            match dot.front {
                true => canvas.bold(at, Anchor::Start, Color::Text, &text)?,
                false => canvas.text(at, Anchor::Start, Color::Muted, &text)?,
            }
            labels.push(label);
        }
        Ok(())
    }
}

/// The front as stairs: what is above and to the right of it is dominated.
fn steps(front: impl Iterator<Item = Point>, (right, top): Point) -> Vec<Point> {
    let mut steps = Vec::new();
    let mut height = top;
    for (x, y) in front {
        // Of two that noise does not distinguish the larger may cost a hair more: stairs only go down.
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

/// The box of a label.
struct Label {
    left: i32,
    top: i32,
    width: i32,
    /// Whether it is so far off that a line must lead to it.
    far: bool,
}

impl Label {
    const HEIGHT: i32 = FONT + 2;

    /// A box by the point `(x, y)`, off all `places` and off `others` where there is room.
    fn near((x, y): Point, width: i32, others: &[Label], places: &[Point], frame: Frame) -> Self {
        let half = Self::HEIGHT / 2;
        // At the point, then ever farther away.
        let spots = (0..7).flat_map(|ring| {
            let away = ring * 12;
            let spots = [
                (x + 9, y - half - away),
                (x + 9, y - half + away),
                (x - 9 - width, y - half - away),
                (x - 9 - width, y - half + away),
                (x - width / 2, y - 9 - Self::HEIGHT - away),
                (x - width / 2, y + 9 + away),
            ];
            spots.map(|(left, top)| Self { left, top, width, far: ring > 0 })
        });
        let cost = |spot: &Self| {
            let outside = (frame.left - spot.left).max(0)
                + (spot.left + width - frame.right).max(0)
                + (frame.top - spot.top).max(0)
                + (spot.top + Self::HEIGHT - frame.bottom).max(0);
            let points: i32 = places.iter().map(|(x, y)| spot.over(x - 6, y - 6, 12, 12)).sum();
            let boxes =
                others.iter().map(|one| spot.over(one.left, one.top, one.width, Self::HEIGHT));
            outside * Self::HEIGHT + points + boxes.sum::<i32>()
        };
        // The first of the best: nearer spots come first.
        spots.min_by_key(cost).unwrap_or(Self { left: x, top: y, width, far: false })
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
