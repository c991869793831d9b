//! One file a topic: from a record or a judgement to blocks.

pub(super) mod answer;
pub(super) mod axes;
pub(super) mod break_even;
pub mod choice;
pub mod claims;
pub mod comparison;
pub(super) mod fronts;
pub mod gate;
pub(super) mod history;
pub(super) mod memory;
pub(super) mod overview;
pub(super) mod references;
pub(super) mod run;
pub(super) mod several;
