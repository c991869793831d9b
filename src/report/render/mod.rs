//! One renderer for each output.

pub(super) mod csv;
pub(super) mod html;
pub(super) mod markdown;
pub(super) mod terminal;
