//! Measuring: the run and its schedule, the axes, the worker process, the sweep, the references.

pub mod axis;
pub mod build_all;
pub mod check;
pub mod machine;
pub mod probe;
pub mod reference;
pub mod run;
pub mod sweep;
pub mod worker;
