//! A chart of one delivery: for each form, what a kernel holds in each state, pinned and
//! reclaimable side by side and never one on top of the other.

use anyhow::Result;

use super::super::memory;
use super::super::palette::Color;
use super::super::table::{Cell, Row, State, Table};
use super::super::units;
use super::canvas::{Anchor, Canvas};
use super::scale::{Run, Scale};
use super::{Chart, NAME, family};
use crate::record::{Delivery, Unit, guest_metric};

const WIDTH: i32 = 460;
const LINE: i32 = 15;
/// Room for the name of a state, and for the two figures.
const LEFT: i32 = 122;
const RIGHT: i32 = WIDTH - 144;
const PINNED: i32 = WIDTH - 76;
const RECLAIMABLE: i32 = WIDTH - 2;
const TOP: i32 = 26;

/// A state, and where its two figures stand in a row.
struct Step {
    title: &'static str,
    pinned: usize,
    reclaimable: Option<usize>,
}

/// The charts of all deliveries, on one axis: that they compare is their point.
pub(super) fn charts(table: &Table, prefix: &str) -> Result<Vec<Chart>> {
    let of_memory = |id: &str| guest_metric(id).is_some_and(|metric| metric.is_of_state());
    let columns = (0..table.columns.len()).filter(|&c| of_memory(table.columns[c].id));
    let columns: Vec<_> = columns.collect();
    let held = table.rows.iter().flat_map(|row| columns.iter().filter_map(|&c| row.median(c)));
    let scale = Scale::linear(Unit::Bytes, held.fold(0.0, f64::max), (LEFT, RIGHT));
    let charts = Delivery::ALL.iter().map(|delivery| chart(table, *delivery, &scale, prefix));
    charts.filter_map(Result::transpose).collect()
}

fn chart(table: &Table, delivery: Delivery, scale: &Scale, prefix: &str) -> Result<Option<Chart>> {
    let steps = steps(table, delivery);
    let any = |row: &&Row| steps.iter().any(|step| memory::fits(&row.cells[step.pinned]));
    let rows: Vec<_> = table.rows.iter().filter(any).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let lines = i32::try_from(rows.len() * (steps.len() + 1)).unwrap_or(0);
    let bottom = TOP + lines * LINE;
    let size = (WIDTH as u32, u32::try_from(bottom + 26).unwrap_or(0));
    let id = format!("{prefix}-held-{delivery}");
    let description = described(table, delivery, &rows);
    let svg = Canvas::draw(&id, delivery.row().title, &description, size, |canvas| {
        axis(canvas, scale, bottom)?;
        let mut y = TOP;
        for row in &rows {
            canvas.marker(
                (6, y + LINE / 2),
                family(row).shape,
                super::Fill::Solid,
                family(row).ink,
                4,
            )?;
            let name = super::clipped(row.form, NAME);
            canvas.bold((16, y + LINE / 2), Anchor::Start, Color::Text, &name)?;
            for step in &steps {
                y += LINE;
                state(canvas, row, step, scale, y + LINE / 2)?;
            }
            y += LINE;
        }
        Ok(())
    })?;
    let caption = "Filled: pinned; outlined: reclaimable; never to be added up. The mark at a bar’s end \
                   reaches over what several boots held; without it the figure is of one boot. All \
                   charts of this section have one axis.";
    Ok(Some(Chart {
        title: delivery.row().title.to_owned(),
        caption: caption.to_owned(),
        svgs: vec![minijinja::Value::from_safe_string(svg)],
        dropped: Vec::new(),
    }))
}

fn steps(table: &Table, delivery: Delivery) -> Vec<Step> {
    let pinned = delivery.row().states.iter().filter_map(|&state| {
        let pinned = table.column(&delivery.pinned(state).to_string())?;
        let reclaimable = table.column(&delivery.reclaimable(state).to_string());
        Some(Step { title: delivery.state_title(state), pinned, reclaimable })
    });
    pinned.collect()
}

fn described(table: &Table, delivery: Delivery, rows: &[&Row]) -> String {
    let metric = delivery.pinned_in_use().to_string();
    let Some(index) = table.column(&metric) else { return delivery.row().title.to_owned() };
    let column = &table.columns[index];
    let each = rows.iter().map(|row| format!("{}: {}", row.form, row.cells[index].text(column)));
    format!("{}. {}", memory::head(column), each.collect::<Vec<_>>().join("; "))
}

fn axis(canvas: &Canvas, scale: &Scale, bottom: i32) -> Result<()> {
    canvas.text((PINNED, 10), Anchor::End, Color::Text, "pinned")?;
    canvas.text((RECLAIMABLE, 10), Anchor::End, Color::Muted, "reclaimable")?;
    for (value, label) in scale.ticks(Run::Across) {
        let x = scale.place(value);
        canvas.line(&[(x, TOP), (x, bottom)], Color::Line, 1)?;
        canvas.text((x, bottom + 13), Anchor::Middle, Color::Muted, &label)?;
    }
    Ok(())
}

fn state(canvas: &Canvas, row: &Row, step: &Step, scale: &Scale, y: i32) -> Result<()> {
    canvas.text((LEFT - 8, y), Anchor::End, Color::Muted, step.title)?;
    let ink = family(row).ink;
    let pinned = &row.cells[step.pinned];
    let Some(bytes) = pinned.median() else {
        let note = pinned.note.map(|note| format!(" [{note}]")).unwrap_or_default();
        let ink = if pinned.state == State::Failed { Color::Alarm } else { Color::Muted };
        let text = format!("{}{note}", pinned.state.name());
        return canvas.text((LEFT + 4, y), Anchor::Start, ink, &text);
    };
    canvas.bar([(scale.place(0.0), y - 5), (scale.place(bytes), y)], ink)?;
    range(canvas, scale, pinned, (y - 5, y))?;
    canvas.text((PINNED, y), Anchor::End, Color::Text, &units::short(Unit::Bytes, bytes))?;
    let end = (scale.place(bytes), y - 3);
    let held = units::short(Unit::Bytes, bytes);
    let mut words = format!("{}, {}: {held} pinned", row.form, step.title);
    let reclaimable = step.reclaimable.and_then(|index| row.cells.get(index));
    if let Some((cell, bytes)) = reclaimable.and_then(|cell| Some((cell, cell.median()?))) {
        let (left, right) = (scale.place(0.0), scale.place(bytes));
        let outline = [(left, y + 1), (right, y + 1), (right, y + 5), (left, y + 5), (left, y + 1)];
        canvas.line(&outline, ink, 1)?;
        range(canvas, scale, cell, (y + 1, y + 5))?;
        let figure = units::short(Unit::Bytes, bytes);
        canvas.text((RECLAIMABLE, y), Anchor::End, Color::Muted, &figure)?;
        words += &format!(", {figure} reclaimable");
    }
    canvas.name(end, &words);
    Ok(())
}

/// From the least to the most that several boots held, across a bar between two heights.
fn range(canvas: &Canvas, scale: &Scale, cell: &Cell, (top, bottom): (i32, i32)) -> Result<()> {
    let Some(boots) = cell.summary.filter(|summary| summary.count > 1) else { return Ok(()) };
    let (least, most) = (scale.place(boots.min as f64), scale.place(boots.max as f64));
    let middle = (top + bottom) / 2;
    canvas.line(&[(least, middle), (most, middle)], Color::Text, 1)?;
    for end in [least, most] {
        canvas.line(&[(end, top - 1), (end, bottom + 1)], Color::Text, 1)?;
    }
    Ok(())
}
