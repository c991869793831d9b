//! kheaders-bench: what it costs a kernel to carry its own headers, form by form.
//!
//! Read in this order: [`tree`] is what is stored, [`form`] how, [`record`] what a run leaves.

pub mod cmd;
pub mod dataset;
pub mod error;
pub mod form;
pub mod record;
pub mod report;
pub mod stats;
pub mod tree;
pub mod version;
