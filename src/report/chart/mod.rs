//! The charts of a report: what each shows is data until a page draws it.

mod against;
mod canvas;
mod family;
mod line;
mod picture;
mod scale;
mod scatter;

pub(super) use against::against;
pub(super) use line::line;
pub(super) use picture::Chart;
