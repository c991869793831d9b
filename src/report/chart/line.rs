//! A small line from run to run, for a cell of a table.

use anyhow::Result;

use crate::record::figure::Estimate;
use crate::report::palette::Color;

use super::canvas::{Canvas, Fill, Point, Shape};
use super::picture::{Chart, Picture};

const SIZE: (u32, u32) = (200, 36);
const MARGIN: i32 = 7;

#[derive(Debug)]
struct Line(Vec<Option<Estimate>>);

/// `figures` from left to right, with their intervals; a run without a figure leaves a gap. `id` must be
/// unique on the page; `words` has the figures in words.
pub(in crate::report) fn line(
    id: &str,
    title: &str,
    words: String,
    figures: Vec<Option<Estimate>>,
) -> Chart {
    Chart {
        id: id.to_owned(),
        title: title.to_owned(),
        caption: String::new(),
        description: words,
        dropped: Vec::new(),
        picture: Box::new(Line(figures)),
    }
}

impl Picture for Line {
    fn size(&self) -> (u32, u32) {
        SIZE
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let span = |estimate: &Estimate| estimate.range.unwrap_or((estimate.value, estimate.value));
        let seen = || self.0.iter().flatten();
        let low = seen().map(|e| span(e).0.min(e.value)).fold(f64::INFINITY, f64::min);
        let high = seen().map(|e| span(e).1.max(e.value)).fold(f64::NEG_INFINITY, f64::max);
        let (wide, tall) = (SIZE.0 as i32 - 2 * MARGIN, f64::from(SIZE.1 as i32 - 2 * MARGIN));
        let up = |value: f64| {
            // What never changes runs through the middle.
            let share = if high > low { (value - low) / (high - low) } else { 0.5 };
            SIZE.1 as i32 - MARGIN - (share * tall).round() as i32
        };
        let gaps = i32::try_from(self.0.len().saturating_sub(1)).unwrap_or(1).max(1);
        let mut last: Option<Point> = None;
        for (at, figure) in self.0.iter().enumerate() {
            let Some(estimate) = figure else {
                last = None;
                continue;
            };
            let x = MARGIN + wide * i32::try_from(at).unwrap_or(0) / gaps;
            let (low, high) = span(estimate);
            canvas.line(&[(x, up(low)), (x, up(high))], Color::Muted, 1)?;
            let place = (x, up(estimate.value));
            if let Some(last) = last {
                canvas.line(&[last, place], Color::Accent, 2)?;
            }
            canvas.marker(place, Shape::Circle, Fill::Solid, Color::Accent, 3)?;
            last = Some(place);
        }
        Ok(())
    }
}
