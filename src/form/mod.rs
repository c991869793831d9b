//! Forms: the ways to store a tree. The id of each has every setting that changes its size.
//!
//! [`FORMS`] and [`MORE`] list the forms that runs and reports know; their ids, and those of all variants,
//! are read by one grammar.

mod api;
mod archive;
mod artifact;
mod erofs;
mod erofs_utils;
mod family;
mod files;
mod folder;
mod grammar;
pub mod named;
mod squashfs;
mod table;

pub use crate::record::Layout;
pub use api::{Form, Forms, PAGE, Visit, VisitFile, page_rounded};
pub use artifact::{load, of_artifact, verify};
pub use table::{FORMS, MORE, about, all, by_id, ids, is_variant, rows};
