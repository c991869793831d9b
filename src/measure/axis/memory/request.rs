//! What the memory axis is asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::form::Form;
use crate::tree::TreePath;

/// What the memory axis measures.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub forms: &'a [(Arc<dyn Form>, PathBuf)],
    pub tree: &'a Path,
    pub digest: &'a str,
    /// The content of its headers, bytes.
    pub bytes: u64,
    /// The first, the middle and the last header.
    pub ends: Option<&'a [TreePath; 3]>,
    pub closure: Option<&'a [TreePath]>,
    /// Whether many headers are read in each form's usual delivery alone.
    pub quick: bool,
    /// In how many orders each delivery is measured.
    pub orders: u64,
    pub scratch: &'a Path,
    pub interrupted: &'a AtomicBool,
}
