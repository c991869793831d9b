//! Figures to text; see [`crate::record::units`].

pub use crate::record::units::counted;
pub(super) use crate::record::units::{Scale, count, difference, exact, ratio, short, shown};
