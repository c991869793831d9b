//! A chart with a row for each form: bars from 0, or dots with their 95 % intervals.

use anyhow::Result;

use super::super::palette::Color;
use super::super::table::{Cell, Column, REFERENCE, Row, State, Table};
use super::super::units;
use super::canvas::{Anchor, Canvas, FONT, Fill, width};
use super::scale::{Run, Scale};
use super::{Chart, NAME, Plan, Series, clipped, family, key, legend};

const WIDTH: i32 = 460;
const ROW: i32 = 23;
/// Beyond this ratio between the ends, a linear axis would hide the small.
const LOG_BEYOND: f64 = 30.0;

/// A series that the record has, and its column.
type Line<'p, 't> = (&'p Series, usize, &'t Column<'t>);

/// Everything that has a place on the chart.
struct Layout<'p, 't> {
    lines: Vec<Line<'p, 't>>,
    rows: Vec<&'t Row<'t>>,
    scale: Scale,
    /// Where the plot begins and ends.
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

/// The chart of `plan`; `None` when the record has no figure for it.
pub(super) fn rows(table: &Table, plan: &Plan, prefix: &str) -> Result<Option<Chart>> {
    let lines: Vec<Line> = plan
        .series
        .iter()
        .filter_map(|series| {
            let index = table.column(series.metric)?;
            Some((series, index, &table.columns[index]))
        })
        .filter(|(_, index, _)| table.rows.iter().any(|row| row.median(*index).is_some()))
        .collect();
    let Some(&(first, index, column)) = lines.first() else {
        return Ok(None);
    };
    let columns: Vec<usize> = lines.iter().map(|(_, index, _)| *index).collect();
    let mut rows = table.rows_with(&columns);
    let value = |row: &Row| row.median(index).unwrap_or(f64::INFINITY);
    rows.sort_by(|a, b| value(a).total_cmp(&value(b)));

    let names = rows.iter().map(|row| width(&clipped(row.form, NAME))).max().unwrap_or(0);
    let left = names + if plan.bars { 26 } else { 14 };
    let right = WIDTH - if plan.bars { 122 } else { 64 };
    let top = if lines.len() > 1 { 54 } else { 34 };
    let height = i32::try_from(rows.len()).unwrap_or(0) * ROW;
    let bottom = top + height + 4;
    let (scale, dropped) = scale(table, plan, &lines, &rows, (left, right));
    let layout = Layout { lines, rows, scale, left, right, top, bottom };

    let described =
        layout.rows.iter().map(|row| format!("{}: {}", row.form, row.cells[index].text(column)));
    let description = format!("{}. {}.", first.label, described.collect::<Vec<_>>().join("; "));
    let size = (WIDTH as u32, u32::try_from(bottom + 26).unwrap_or(0));
    let id = format!("{prefix}-{}", plan.id);
    let svg = Canvas::draw(&id, plan.title, &description, size, |canvas| {
        draw(canvas, table, plan, &layout)
    })?;
    Ok(Some(Chart {
        title: plan.title.to_owned(),
        caption: caption(plan, &layout),
        svgs: vec![minijinja::Value::from_safe_string(svg)],
        dropped,
    }))
}

/// The axis that holds all rows that it should, and which it can't hold.
fn scale(
    table: &Table,
    plan: &Plan,
    lines: &[Line],
    rows: &[&Row],
    ends: (i32, i32),
) -> (Scale, Vec<String>) {
    let unit = lines[0].2.unit;
    let cells =
        || rows.iter().flat_map(|row| lines.iter().map(|(_, index, _)| (*row, &row.cells[*index])));
    if plan.bars {
        // The uncompressed are many times larger: their bars are cut, or the rest would be
        // stubs of one length.
        let saving =
            cells().filter(|(row, _)| table.saves(row)).filter_map(|(_, cell)| cell.median());
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        let high = match most(&mut saving.into_iter()) {
            0.0 => most(&mut cells().filter_map(|(_, cell)| cell.median())),
            high => high,
        };
        return (Scale::linear(unit, high, ends), Vec::new());
    }
    // An interval may reach down to 0, which no logarithm has: the median stands in.
    let ends_of = |(_, cell): (&Row, &Cell)| {
        let ((low, high), median) = (span(cell)?, cell.median()?);
        Some((if low > 0.0 { low } else { median }, high))
    };
    let lows = cells().filter_map(ends_of).map(|(low, _)| low).filter(|low| *low > 0.0);
    let low = lows.fold(f64::INFINITY, f64::min);
    let high = cells().filter_map(ends_of).map(|(_, high)| high).fold(0.0, f64::max);
    if low.is_finite() && high / low > LOG_BEYOND {
        let zero = |(row, cell): (&Row, &Cell)| {
            let zero = cell.median().is_some_and(|median| median <= 0.0);
            zero.then(|| format!("{} (0 has no place on a logarithmic axis)", row.form))
        };
        return (Scale::log(unit, low, high, ends), cells().filter_map(zero).collect());
    }
    (Scale::linear(unit, high * 1.04, ends), Vec::new())
}

/// From where to where a cell reaches: its interval, or its median alone.
fn span(cell: &Cell) -> Option<(f64, f64)> {
    let summary = cell.summary?;
    Some(summary.interval.map_or((summary.median, summary.median), |i| (i.low, i.high)))
}

fn caption(plan: &Plan, layout: &Layout) -> String {
    let mut caption = String::new();
    if plan.bars {
        let mut cells = layout.rows.iter().map(|row| &row.cells[layout.lines[0].1]);
        let cut = |cell: &Cell| cell.median().is_some_and(|bytes| layout.scale.exceeded_by(bytes));
        caption.push_str(if cells.any(cut) {
            "Bars start at 0; those with a slash are cut, their figure is beside them."
        } else {
            "Bars start at 0."
        });
        if layout.rows.iter().any(|row| row.form == REFERENCE) {
            caption.push_str(" The percentages and the upright line hold all against ");
            caption.push_str(REFERENCE);
            caption.push('.');
        }
        return caption;
    }
    let intervals = layout.rows.iter().any(|row| {
        layout.lines.iter().any(|(_, index, column)| row.cells[*index].interval(column).is_some())
    });
    caption.push_str(if intervals {
        "Median and 95 % interval; the figures are the medians"
    } else {
        "One sample each, so no interval; the figures are the samples"
    });
    if layout.lines.len() > 1 {
        caption.push_str(", ");
        caption.push_str(layout.lines[0].0.label);
    }
    caption.push_str(if layout.scale.is_log() { "; logarithmic axis." } else { "." });
    caption
}

fn draw(canvas: &Canvas, table: &Table, plan: &Plan, layout: &Layout) -> Result<()> {
    let Layout { lines, rows, scale, left, right, top, bottom } = layout;
    legend(canvas, (2, 10), rows.iter().map(|row| family(row)))?;
    if lines.len() > 1 {
        lines.iter().try_fold(2, |x, (series, ..)| {
            key(canvas, (x, 30), super::Shape::Circle, series.fill, Color::Muted, series.label)
        })?;
    }
    for (value, label) in scale.ticks(Run::Across) {
        let x = scale.place(value);
        canvas.line(&[(x, *top - 4), (x, *bottom)], Color::Line, 1)?;
        canvas.text((x, bottom + 13), Anchor::Middle, Color::Muted, &label)?;
    }
    let reference = table.median(REFERENCE, lines[0].0.metric).filter(|_| plan.bars);
    for (number, row) in rows.iter().enumerate() {
        let y = top + i32::try_from(number).unwrap_or(0) * ROW + ROW / 2;
        let name = clipped(row.form, NAME);
        let family = family(row);
        let names = left - if plan.bars { 22 } else { 10 };
        if row.form == REFERENCE {
            canvas.bold((names, y), Anchor::End, Color::Text, &name)?;
        } else {
            canvas.text((names, y), Anchor::End, Color::Text, &name)?;
        }
        let cell = &row.cells[lines[0].1];
        match cell.median() {
            Some(median) => {
                let figure = units::short(lines[0].2.unit, median);
                let end = if plan.bars { WIDTH - 58 } else { WIDTH - 2 };
                canvas.text((end, y), Anchor::End, Color::Text, &figure)?;
            }
            None => absent(canvas, (*left, *right), y, cell)?,
        }
        if plan.bars {
            canvas.marker((left - 11, y), family.shape, Fill::Solid, family.ink, 4)?;
            bar(canvas, scale, (*left, *right), y, cell, family.ink)?;
            if let Some(median) = cell.median() {
                let (series, _, column) = lines[0];
                let figure = units::shown(column.unit, column.nature, median);
                let end = (scale.place(median).min(*right), y);
                canvas.name(end, &format!("{}: {} {figure}", row.form, series.label));
            }
            if let (Some(median), Some(reference)) = (cell.median(), reference) {
                let difference = match row.form {
                    REFERENCE => "kernel’s".to_owned(),
                    _ => units::difference(median, reference),
                };
                canvas.text((WIDTH - 2, y), Anchor::End, Color::Muted, &difference)?;
            }
            continue;
        }
        canvas.line(&[(*left, y + ROW / 2), (*right, y + ROW / 2)], Color::Line, 1)?;
        let dots: Vec<_> = lines.iter().filter_map(|line| dot(row, line, scale)).collect();
        let count = i32::try_from(dots.len()).unwrap_or(1);
        let spread = if count > 2 { 6 } else { 8 };
        // The first series last, on top of the others.
        for (order, (series, median, (low, high))) in dots.into_iter().enumerate().rev() {
            let order = i32::try_from(order).unwrap_or(0);
            let y = y + spread * order - spread * (count - 1) / 2;
            canvas.line(&[(scale.place(low), y), (scale.place(high), y)], family.ink, 2)?;
            let at = (scale.place(median), y);
            canvas.marker(at, family.shape, series.fill, family.ink, 4)?;
            let unit = lines[0].2.unit;
            let figure = units::short(unit, median);
            let noise = match low < high {
                true => format!(", {} to {}", units::short(unit, low), units::short(unit, high)),
                false => String::new(),
            };
            canvas.name(at, &format!("{}: {} {figure}{noise}", row.form, series.label));
        }
    }
    if let Some(reference) = reference {
        let x = scale.place(reference);
        canvas.line(&[(x, *top - 4), (x, *bottom)], Color::Text, 1)?;
    }
    Ok(())
}

/// What a row shows of a series: its median, and from where to where it reaches.
fn dot<'p>(row: &Row, line: &Line<'p, '_>, scale: &Scale) -> Option<(&'p Series, f64, (f64, f64))> {
    let (series, index, _) = *line;
    let cell = &row.cells[index];
    let median = cell.median().filter(|median| *median > 0.0 || !scale.is_log())?;
    Some((series, median, span(cell)?))
}

fn bar(
    canvas: &Canvas,
    scale: &Scale,
    (left, right): (i32, i32),
    y: i32,
    cell: &Cell,
    ink: Color,
) -> Result<()> {
    let Some(median) = cell.median() else {
        return Ok(());
    };
    let end = scale.place(median);
    canvas.bar([(left, y - 7), (end, y + 7)], ink)?;
    if scale.exceeded_by(median) {
        let x = right - 18;
        canvas
            .area(&[(x, y + 9), (x + 6, y - 9), (x + 10, y - 9), (x + 4, y + 9)], Color::Paper)?;
    }
    Ok(())
}

/// Says why a row has no figure.
fn absent(canvas: &Canvas, (left, right): (i32, i32), y: i32, cell: &Cell) -> Result<()> {
    let note = cell.note.map(|note| format!(" [{note}]")).unwrap_or_default();
    let ink = if cell.state == State::Failed { Color::Alarm } else { Color::Muted };
    let text = format!("{}{note}", cell.state.name());
    let room = usize::try_from((right - left) * 2 / FONT).unwrap_or(0);
    canvas.text((left + 4, y), Anchor::Start, ink, &clipped(&text, room.max(2)))
}
