//! kheaders-bench: measures how a Linux kernel could carry its own headers.
//!
//! Start with [`tree`] (the header set), [`form`] (how it is stored) and [`record`] (the result file).

pub mod axis;
pub mod bulk;
pub mod check;
pub mod choose;
pub mod claim;
pub mod cmd;
pub mod compare;
pub mod compiler;
pub mod dataset;
mod erofs_utils;
pub mod error;
pub mod figure;
pub mod form;
pub mod front;
pub mod gate;
pub mod guest;
mod huge_pages;
pub mod interrupt;
pub mod kbuild;
pub mod machine;
pub mod merge;
pub mod page_cache;
mod parallel;
mod peak;
pub mod probe;
pub mod progress;
pub mod quantity;
pub mod record;
pub mod reference;
pub mod report;
pub mod run;
pub mod scratch;
pub mod shell;
pub mod stats;
pub mod stdout;
pub mod sweep;
mod tool;
pub mod tree;
pub mod version;
pub mod whole;
pub mod worker;
