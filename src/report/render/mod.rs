//! One renderer for each output.

pub(super) mod csv;
pub(super) mod html;
mod look;
pub(super) mod markdown;
pub(super) mod terminal;
