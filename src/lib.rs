//! kheaders-bench: measures how a Linux kernel could carry its own headers.
//!
//! Each folder imports only folders of a floor below its own; `docs/CONTRIBUTING.md` has the floors,
//! `tests/doors` holds them.

pub mod cmd;
pub mod container;
pub mod dataset;
pub mod debian;
pub mod form;
pub mod guest;
pub mod judge;
pub mod kbuild;
pub mod measure;
pub mod record;
pub mod report;
pub mod sys;
pub mod tree;
