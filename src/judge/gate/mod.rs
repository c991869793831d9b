//! The gate: current figures compared with accepted ones, which they must not exceed.
//!
//! Figures and a baseline in, a judgement out. A number that is absent, skipped, failed or modelled
//! never passes: the gate then reports that it could not check.

mod accept;
mod baseline;
mod cause;
mod figures;
mod files;
mod judge;
mod judgement;
mod limits;

pub use baseline::{Acceptance, Accepted, Baseline};
pub use cause::{Cause, Marginal, Sums, sums};
pub use figures::{Figures, Found, Made, is_gated};
pub use files::{Change, FileTable, Kind};
pub use judge::{Scope, judge};
pub use judgement::{Breach, Judgement, Row, State};
pub use limits::{Ceiling, Limits};
