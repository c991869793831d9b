//! Size against costs as charts: data until a page draws it.

mod against;
mod canvas;
mod family;
mod scale;
mod scatter;

pub(super) use against::against;
pub(super) use scatter::Chart;
