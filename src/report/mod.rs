//! Reports: a record in, text out. Topics make blocks, renderers make text of them. Nothing here measures,
//! reads a file or knows a form's code, so any old record renders again.

mod block;
mod chart;
mod document;
mod figures;
mod guest;
mod markup;
mod notes;
mod palette;
mod prose;
mod render;
mod state;
mod topic;

pub use document::{FORMATS, Format, format, html, terminal};
pub use prose::prose;
pub use render::terminal::WIDTH;
pub use topic::fronts::fronts;
pub use topic::history::history;
pub use topic::{choice, claims, comparison, gate};
