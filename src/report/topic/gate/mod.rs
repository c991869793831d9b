//! The findings of a gate, for terminals, pull requests, CI systems and programs.

mod blocks;
mod github;
mod junit;
mod row;

pub use blocks::{json, markdown, summary, text};
pub use github::annotations;
pub use junit::junit;
