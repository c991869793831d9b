//! The Pareto fronts of a sweep.

use crate::judge::pareto;
use crate::judge::pareto::{COSTS, Front, Point};
use crate::record::units;
use crate::record::{Record, Unit};
use crate::report::block::{Block, Cell, Column, Kind, Row, Section, Table};
use crate::report::chart;
use crate::report::figures::anchor;
use crate::report::render::terminal;

const LEGEND: &str = "★ on the Pareto front: no other form has both medians as low or lower and one of \
                      them lower beyond noise. ~ modelled, not measured. • a form of the program’s own list.";

/// The fronts of `record` for a terminal `width` columns wide.
pub fn fronts(record: &Record, width: usize) -> String {
    let forms = units::counted(record.forms.len() as u64, "form");
    let lead = Block::text(format!("{}: {forms}", record.dataset.name));
    let none = || {
        vec![Block::text("no form was varied, or none has a figure that a front could be drawn by")]
    };
    let blocks: Vec<Block> =
        [lead].into_iter().chain(table(record, 1).unwrap_or_else(none)).collect();
    terminal::blocks(&blocks, width)
}

/// Charts and table; `None` of a record that is of no sweep.
pub(in crate::report) fn section(record: &Record, run: usize) -> Option<Section> {
    let table = table(record, run)?;
    let charts = chart::against(record, run).into_iter().map(Block::Chart);
    let (id, title) = (format!("r{run}-fronts"), "Fronts".to_owned());
    let blocks = charts.chain(table).collect();
    Some(Section { id, title, blocks, ..Section::default() })
}

/// The forms that are on a front, and the listed ones.
fn table(record: &Record, run: usize) -> Option<Vec<Block>> {
    if !pareto::swept(record) {
        return None;
    }
    let fronts = pareto::fronts(record);
    let on =
        |form: &str| fronts.iter().any(|front| found(front, form).is_some_and(|one| one.front));
    let mut points: Vec<&Point> = Vec::new();
    for point in fronts.iter().flat_map(|front| &front.points) {
        let known = points.iter().any(|one| one.form == point.form);
        if !known && (point.listed || on(&point.form)) {
            points.push(point);
        }
    }
    points.sort_by(|a, b| a.bytes.total_cmp(&b.bytes));
    let rows = points.iter().map(|point| {
        let listed = if point.listed { "• " } else { "  " };
        let size = units::exact(Unit::Bytes, point.bytes);
        let size = Cell::figure(size, point.bytes, anchor(run, point.observations[0]));
        let head = Cell::new(format!("{listed}{}", point.form));
        let cells = fronts.iter().map(|front| cell(front, &point.form, run));
        Row { cells: [head, size].into_iter().chain(cells).collect(), ..Row::default() }
    });
    let titles = fronts.iter().filter_map(|front| COSTS.iter().find(|cost| cost.id == front.cost));
    let heads = ["size"].into_iter().chain(titles.map(|cost| cost.title)).map(Column::right);
    let table = Table {
        kind: Kind::Sorted,
        columns: [Column::left("form")].into_iter().chain(heads).collect(),
        rows: rows.collect(),
        ..Table::default()
    };
    (!table.rows.is_empty()).then(|| vec![Block::Table(table), Block::small(LEGEND)])
}

fn found<'f>(front: &'f Front, form: &str) -> Option<&'f Point> {
    front.points.iter().find(|point| point.form == form)
}

fn cell(front: &Front, form: &str, run: usize) -> Cell {
    let cost = COSTS.iter().find(|cost| cost.id == front.cost);
    let unit = cost.map_or(Unit::Bytes, |cost| cost.unit);
    let Some(point) = found(front, form) else { return Cell::new("–  ") };
    let modelled = if point.modelled { "~" } else { "" };
    // As wide without a star as with one, so that figures are in line.
    let star = if point.front { "★" } else { " " };
    let text = format!("{modelled}{} {star}", units::short(unit, point.value));
    Cell {
        strong: point.front,
        ..Cell::figure(text, point.value, anchor(run, point.observations[1]))
    }
}
