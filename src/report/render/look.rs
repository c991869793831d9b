//! How the cells of a column look on a page.

use crate::report::block::{Aside, Kind, Table};

pub(super) struct Look {
    /// Whether they are words.
    pub left: bool,
    /// Whether intervals are beside its figures.
    pub ranged: bool,
    /// Whether its figures have bars.
    pub bars: bool,
    least: f64,
    most: f64,
}

impl Look {
    pub(super) fn of(table: &Table, at: usize) -> Self {
        let cells = || table.rows.iter().filter_map(|row| row.cells.get(at));
        let values = || cells().filter_map(|cell| cell.value).filter(|value| *value > 0.0);
        Self {
            left: at > 0 && table.kind == Kind::Figures && !table.columns[at].right,
            ranged: cells()
                .any(|one| matches!(one.aside, Aside::Range(..) | Aside::Uncertainty(_))),
            bars: table.kind == Kind::Sorted,
            least: values().fold(f64::INFINITY, f64::min),
            most: values().fold(0.0, f64::max),
        }
    }

    /// The length of a bar: of the figure, or of its logarithm where the small would not be seen.
    pub(super) fn share(&self, value: f64) -> f64 {
        const LOG_BEYOND: f64 = 30.0;
        let share = match self.most / self.least > LOG_BEYOND {
            true => 0.05 + 0.95 * (value / self.least).ln() / (self.most / self.least).ln(),
            false => value / self.most,
        };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }
}
