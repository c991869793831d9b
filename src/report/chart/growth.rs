//! How one time of all forms grows with the tree, against what is in proportion.

use anyhow::Result;

use super::super::palette::Ink;
use super::canvas::{Anchor, Canvas, FONT, Fill, Point};
use super::scale::Scale;
use super::{Chart, family_of, legend};
use crate::record::Unit;
use crate::scale::{ALLOWED, Row};

const SIZE: (u32, u32) = (560, 320);
/// The least that the picture reaches up to, in proportion.
const HEIGHT: f64 = 1.3;

/// The growth of `rows`, which are of one metric; `layout` tells that of a form. `None` of nothing.
pub(in super::super) fn growth<'l>(
    rows: &[&Row],
    layout: &dyn Fn(&str) -> &'l str,
) -> Result<Option<Chart>> {
    let Some(first) = rows.first().filter(|row| !row.steps.is_empty()) else { return Ok(None) };
    let all = || rows.iter().flat_map(|row| row.steps.iter().filter_map(|step| step.growth()));
    let high = all().fold(HEIGHT, f64::max);
    let (title, metric) = (first.title, first.metric);
    let worst = all().fold(0.0, f64::max);
    let description = format!("The fastest growth is {worst:.2} times what is in proportion.");
    let svg = Canvas::draw(&format!("growth-{metric}"), title, &description, SIZE, |canvas| {
        draw(canvas, rows, high, layout)
    })?;
    Ok(Some(Chart {
        title: title.to_owned(),
        caption: format!(
            "Across, how many times as large the tree is; up, how many times as long it takes, divided \
             by that. 1 is in proportion; the line at {ALLOWED} is what is allowed. {description}"
        ),
        svgs: vec![minijinja::Value::from_safe_string(svg)],
        dropped: Vec::new(),
    }))
}

fn draw<'l>(
    canvas: &Canvas,
    rows: &[&Row],
    high: f64,
    layout: &dyn Fn(&str) -> &'l str,
) -> Result<()> {
    let (left, right, top, bottom) = (40, SIZE.0 as i32 - 20, 34, SIZE.1 as i32 - 40);
    let most =
        rows.iter().flat_map(|row| row.steps.iter().map(|step| step.times)).max().unwrap_or(1);
    // Units of the scales are not shown: what is drawn are plain numbers.
    let x = Scale::log(Unit::PartsPerMillion, 1.0, most as f64, (left, right));
    let y = Scale::linear(Unit::PartsPerMillion, high, (bottom, top));
    let families = rows.iter().map(|row| family_of(layout(&row.form)));
    legend(canvas, (2, 10), families.collect::<Vec<_>>().into_iter())?;
    for growth in [0.0, 0.5, 1.0] {
        let at = y.place(growth);
        canvas.line(&[(left, at), (right, at)], Ink::Line, 1)?;
        canvas.text((left - 6, at), Anchor::End, Ink::Muted, &format!("{growth}"))?;
    }
    let limit = y.place(ALLOWED);
    canvas.line(&[(left, limit), (right, limit)], Ink::Alarm, 1)?;
    canvas.text((left - 6, limit), Anchor::End, Ink::Alarm, &format!("{ALLOWED}"))?;
    let sizes = rows.first().map_or(&[][..], |row| &row.steps);
    for times in std::iter::once(1).chain(sizes.iter().map(|step| step.times)) {
        let at = x.place(times as f64);
        canvas.text((at, bottom + FONT + 4), Anchor::Middle, Ink::Muted, &format!("{times}x"))?;
    }
    for row in rows {
        let family = family_of(layout(&row.form));
        let places: Vec<(Point, f64)> = std::iter::once((1, 1.0))
            .chain(row.steps.iter().filter_map(|step| Some((step.times, step.growth()?))))
            .map(|(times, growth)| ((x.place(times as f64), y.place(growth)), growth))
            .collect();
        let line: Vec<Point> = places.iter().map(|(place, _)| *place).collect();
        canvas.line(&line, family.ink, 1)?;
        for (place, growth) in places.iter().skip(1) {
            canvas.marker(*place, family.shape, Fill::Solid, family.ink, 3)?;
            canvas.name(*place, &format!("{}: {growth:.2} times what is in proportion", row.form));
            if *growth > ALLOWED {
                let at = (place.0 - 8, place.1);
                canvas.text(at, Anchor::End, Ink::Text, &row.form)?;
            }
        }
    }
    Ok(())
}
