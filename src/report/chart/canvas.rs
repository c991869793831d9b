//! What charts are drawn with: text, lines, boxes and markers, over plotters' SVG backend.

use std::cell::RefCell;

use anyhow::{Result, anyhow};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoFont as _, TextStyle};

use crate::report::markup::escaped;
use crate::report::palette::Color;

/// A point of a canvas, from its upper left corner.
pub(super) type Point = (i32, i32);

/// The size of text.
pub(super) const FONT: i32 = 12;

/// The width of `text`, near enough to leave room for it: no font is measured, and the reader's
/// may be another than the writer's. Letters are as wide as in the wider of the common ones.
pub(super) fn width(text: &str) -> i32 {
    let hundredths = text.chars().map(|c| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | ' ' | '-' | '[' | ']' => {
            36
        }
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '+' => 92,
        c if c.is_ascii_lowercase() => 60,
        _ => 65,
    });
    hundredths.sum::<i32>() * FONT / 100
}

/// Where text is relative to its point; always centred vertically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// It begins there.
    Start,
    /// It is centred on it.
    Middle,
    /// It ends there.
    End,
}

/// The outline of a marker: which family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Triangle,
    Square,
    Diamond,
    Wedge,
}

/// How a marker is filled: which circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    Solid,
    Hollow,
}

/// A picture being drawn.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    named: RefCell<Vec<(Point, String)>>,
}

impl<'a> Canvas<'a> {
    /// Lets `draw` draw a picture of `size`, and gives it as SVG that is named `title` and
    /// described by `description`; `id` must be unique on the page.
    pub(super) fn draw(
        id: &str,
        title: &str,
        description: &str,
        size: (u32, u32),
        draw: impl FnOnce(&Canvas) -> Result<()>,
    ) -> Result<String> {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let canvas = Canvas { area, named: RefCell::default() };
        draw(&canvas)?;
        canvas.area.present()?;
        let named = canvas.named.take();
        drop(canvas);
        let body = svg.split_once('>').and_then(|(_, body)| body.rsplit_once("</svg>"));
        let (body, _) = body.ok_or_else(|| anyhow!("an SVG without head or end"))?;
        // What can be reached inside of an image is no single image any more.
        let role = if named.is_empty() { "img" } else { "group" };
        let points: String = named.iter().map(|(at, words)| point(*at, words)).collect();
        Ok(format!(
            "<svg viewBox=\"0 0 {} {}\" role=\"{role}\" aria-labelledby=\"{id}-title\" \
             aria-describedby=\"{id}-desc\" xmlns=\"http://www.w3.org/2000/svg\">\
             <title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>{body}{points}</svg>",
            size.0,
            size.1,
            escaped(title),
            escaped(description),
        ))
    }

    /// Makes the point at `at` one that can be pointed at, or reached by keyboard, with a name.
    pub(super) fn name(&self, at: Point, words: &str) {
        self.named.borrow_mut().push((at, words.to_owned()));
    }

    pub(super) fn text(&self, at: Point, anchor: Anchor, ink: Color, text: &str) -> Result<()> {
        self.styled(at, anchor, ink, FontStyle::Normal, text)
    }

    pub(super) fn bold(&self, at: Point, anchor: Anchor, ink: Color, text: &str) -> Result<()> {
        self.styled(at, anchor, ink, FontStyle::Bold, text)
    }

    fn styled(
        &self,
        at: Point,
        anchor: Anchor,
        ink: Color,
        style: FontStyle,
        text: &str,
    ) -> Result<()> {
        let across = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // The backend divides by 1.24, the ratio of a line to its letters.
        let font = ("sans-serif", f64::from(FONT) * 1.24, style).into_font();
        let colour = ink.rgb();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(across, VPos::Center));
        // A control character is no XML, however it is escaped.
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.put(&Text::new(text, at, style))
    }

    pub(super) fn line(&self, points: &[Point], ink: Color, width: u32) -> Result<()> {
        self.put(&PathElement::new(points, ink.rgb().stroke_width(width)))
    }

    pub(super) fn area(&self, points: &[Point], ink: Color) -> Result<()> {
        self.put(&Polygon::new(points, ink.rgb().filled()))
    }

    /// A marker `radius` large: `shape` and `ink` for the family, `fill` for the circumstances.
    pub(super) fn marker(
        &self,
        (x, y): Point,
        shape: Shape,
        fill: Fill,
        ink: Color,
        radius: i32,
    ) -> Result<()> {
        let r = radius;
        let outline: &[Point] = match shape {
            Shape::Circle => {
                let inside = if fill == Fill::Solid { ink } else { Color::Paper };
                self.put(&Circle::new((x, y), r, inside.rgb().filled()))?;
                return self.put(&Circle::new((x, y), r, ink.rgb().stroke_width(2)));
            }
            Shape::Triangle => &[(x, y - r), (x + r, y + r), (x - r, y + r)],
            Shape::Square => &[(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)],
            Shape::Diamond => &[(x, y - r - 1), (x + r + 1, y), (x, y + r + 1), (x - r - 1, y)],
            Shape::Wedge => &[(x - r, y - r), (x + r, y - r), (x, y + r)],
        };
        self.area(outline, if fill == Fill::Solid { ink } else { Color::Paper })?;
        let closed: Vec<Point> = outline.iter().chain(&outline[..2]).copied().collect();
        self.line(&closed, ink, 2)
    }

    fn put<E>(&self, element: &E) -> Result<()>
    where
        for<'b> &'b E: PointCollection<'b, Point>,
        E: Drawable<SVGBackend<'a>>,
    {
        Ok(self.area.draw(element)?)
    }
}

/// What can be pointed at: nothing to be seen, named for all.
fn point((x, y): Point, words: &str) -> String {
    let words = escaped(words);
    format!(
        "<g tabindex=\"0\" role=\"img\" aria-label=\"{words}\" data-point=\"{words}\">\
         <circle cx=\"{x}\" cy=\"{y}\" r=\"10\" fill=\"transparent\"/></g>"
    )
}
