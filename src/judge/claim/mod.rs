//! The statements of the debate as claims, with verdicts that records give.
//!
//! A claim holds figures of a record against each other or against a figure that was stated. Each
//! such figure speaks for the claim, against it, or noise hides the difference; the verdict is
//! nothing but the count of those that speak.

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
