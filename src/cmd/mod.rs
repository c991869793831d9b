//! One file per verb: its arguments, the files it reads and writes.

pub mod report;
