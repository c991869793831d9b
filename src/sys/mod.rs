//! The system below: files, processes, threads, memory, the terminal.

pub mod atomic_file;
pub mod error;
pub mod huge_pages;
pub mod interrupt;
pub mod page_cache;
pub mod parallel;
pub mod peak;
pub mod program;
pub mod progress;
pub(crate) mod random;
pub mod scratch;
pub mod shell;
pub mod stdout;
pub mod version;
