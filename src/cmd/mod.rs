//! One file per verb: its arguments, the files it reads and writes, its exit code.

pub mod artifact;
pub mod choose;
pub mod claims;
mod common;
pub mod compare;
pub mod completions;
pub mod dataset;
pub mod doctor;
pub mod gate;
pub mod guest;
pub mod list;
pub mod man;
pub mod merge;
pub mod report;
pub mod run;
pub mod sweep;
