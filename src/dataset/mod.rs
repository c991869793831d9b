//! Datasets: the source of a header set, the selection, and the expected digest.

pub mod archive;
pub mod args;
mod artifacts;
mod collect;
mod debian;
mod fetch;
mod given;
mod kernel;
pub mod manifest;
mod named;
mod prepare;
mod prepared;
mod recipe;
mod request;
mod select;
mod strip;
mod synthetic;
pub mod timestamp;

pub use crate::debian::cache::Cache;
pub use args::DatasetArgs;
pub use collect::{THREADS_MAX, collect};
pub use given::url as prepare_url;
pub(crate) use kernel::MTIME as FOLDER_MTIME;
pub use named::pin;
pub use prepare::{prepare, prepare_cached, unidentified};
pub use prepared::Prepared;
pub use recipe::Recipe;
pub use request::{Request, Selection};
pub use strip::strip;
