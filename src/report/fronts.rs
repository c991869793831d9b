//! Pareto fronts in words: for the terminal and the page.

use std::fmt::Write as _;

use serde::Serialize;

use crate::judge::pareto;
use crate::judge::pareto::{COSTS, Front, Point};
use crate::record::{Record, Unit};

use super::terminal::{clean, laid_out, wrap};
use super::units;

/// What the table says below it.
const LEGEND: &str = "★ on the Pareto front: no other form has both medians as low or lower and one of \
                      them lower beyond noise. ~ modelled, not measured. • a form of the program’s own list.";

/// The forms that are on a front, and the listed ones, as rows.
#[derive(Debug, Serialize)]
pub(super) struct View {
    /// Titles of the costs.
    pub heads: Vec<&'static str>,
    pub rows: Vec<Row>,
    pub legend: &'static str,
}

/// One form.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub form: String,
    /// Whether it is a form of the program's own list.
    pub listed: bool,
    pub bytes: f64,
    pub size: String,
    /// Where its size stands among the observations.
    pub at: usize,
    pub cells: Vec<Cell>,
}

/// One cost of it.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    pub text: String,
    pub value: Option<f64>,
    /// Where it stands among the observations.
    pub at: Option<usize>,
    pub front: bool,
}

/// What there is to show of `record`; `None` when it is of no sweep.
pub(super) fn view(record: &Record) -> Option<View> {
    if !pareto::swept(record) {
        return None;
    }
    let fronts = pareto::fronts(record);
    let of = |front: &Front| COSTS.iter().find(|cost| cost.id == front.cost);
    let mut rows: Vec<Row> = Vec::new();
    for point in fronts.iter().flat_map(|front| &front.points) {
        let known = rows.iter().any(|row| row.form == point.form);
        let shown = point.listed || fronts.iter().any(|front| on(front, &point.form));
        if !known && shown {
            rows.push(Row {
                form: point.form.clone(),
                listed: point.listed,
                bytes: point.bytes,
                at: point.observations[0],
                size: units::exact(Unit::Bytes, point.bytes),
                cells: fronts.iter().map(|front| cell(front, &point.form)).collect(),
            });
        }
    }
    rows.sort_by(|a, b| a.bytes.total_cmp(&b.bytes));
    let heads = fronts.iter().filter_map(of).map(|cost| cost.title).collect();
    (!rows.is_empty()).then_some(View { heads, rows, legend: LEGEND })
}

fn found<'f>(front: &'f Front, form: &str) -> Option<&'f Point> {
    front.points.iter().find(|point| point.form == form)
}

fn on(front: &Front, form: &str) -> bool {
    found(front, form).is_some_and(|point| point.front)
}

fn cell(front: &Front, form: &str) -> Cell {
    let unit =
        COSTS.iter().find(|cost| cost.id == front.cost).map_or(Unit::Bytes, |cost| cost.unit);
    match found(front, form) {
        Some(point) => {
            let mark = if point.modelled { "~" } else { "" };
            let text = format!("{mark}{}", units::short(unit, point.value));
            let at = Some(point.observations[1]);
            Cell { text, value: Some(point.value), at, front: point.front }
        }
        None => Cell { text: "–".to_owned(), value: None, at: None, front: false },
    }
}

/// The fronts of `record` for a terminal `width` columns wide.
pub fn fronts(record: &Record, width: usize) -> String {
    let mut text = String::new();
    let title = format!(
        "{}: {}",
        clean(&record.dataset.name),
        units::counted(record.forms.len() as u64, "form")
    );
    let _ = writeln!(text, "{title}");
    let Some(view) = view(record) else {
        text.push_str("no form was varied, or none has a figure that a front could be drawn by\n");
        return text;
    };
    let heads = ["form", "size"].into_iter().chain(view.heads.iter().copied()).map(str::to_owned);
    let rows = view.rows.iter().map(|row| {
        let listed = if row.listed { "• " } else { "  " };
        let cells = row.cells.iter().map(|cell| {
            let star = if cell.front { "★" } else { " " };
            format!("{} {star}", cell.text)
        });
        let name = format!("{listed}{}", clean(&row.form));
        [name, row.size.clone()].into_iter().chain(cells).collect::<Vec<_>>()
    });
    let _ = writeln!(text, "{}", laid_out(heads.collect(), rows));
    wrap("", LEGEND, width, &mut text);
    text
}
