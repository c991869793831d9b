//! The measurement loop: all forms and axes, interleaved, into a record.

mod bench;
mod collector;
mod options;
mod paired;
mod preflight;
mod provenance;
mod schedule;
mod verify;

pub use bench::{Bench, run};
pub use options::Options;
