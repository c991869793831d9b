//! Reports: a record in, text out. Nothing here measures, reads a file or knows a form's code, so
//! any old record renders again.

mod answer;
mod chart;
pub mod choice;
pub mod claims;
pub mod comparison;
mod counters;
mod csv;
mod decide;
mod fronts;
pub mod gate;
mod history;
mod html;
mod markdown;
mod memory;
mod notes;
mod palette;
mod prose;
mod references;
mod section;
mod several;
mod table;
mod terminal;
mod units;

use anyhow::Result;

use crate::record::Record;

pub use fronts::fronts;
pub use history::history;
pub use html::html;
pub use prose::prose;
pub use terminal::{WIDTH, terminal};
pub use units::counted;

/// A kind of file that a report can be written as.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub id: &'static str,
    /// Renders records, one after another.
    pub render: fn(&[Record]) -> Result<String>,
}

/// Every kind of file, the usual one first.
pub const FORMATS: &[Format] = &[
    Format { id: "html", render: html::html },
    Format { id: "md", render: |records| Ok(markdown::markdown(records)) },
    Format { id: "csv", render: csv::csv },
];

/// The kind of file named `id`.
pub fn format(id: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.id == id)
}
