//! The claims of the 2019 thread, with the verdicts of records.
//!
//! A claim compares figures of a record with each other or with a stated figure. Each
//! such figure supports the claim, contradicts it, or is within noise; the verdict
//! counts them.

mod build;
mod evidence;
mod extract;
mod finding;
mod judge;
mod memory;
mod needs;
mod size;
mod statement;
mod table;

pub use finding::{Evidence, Finding, Mark, Place, Run, Verdict};
pub use judge::{Judgement, judge};
pub use needs::{BuildHost, NEEDS, RUST_WRITER, needs};
pub use statement::{Claim, Test};
pub use table::CLAIMS;
