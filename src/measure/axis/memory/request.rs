//! What the memory axis is asked for.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::form::Form;
use crate::tree::TreePath;

/// What is to be held.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Forms and their artifacts.
    pub forms: &'a [(&'static dyn Form, PathBuf)],
    /// The tree, as a tar.
    pub tree: &'a Path,
    /// The tree's digest.
    pub digest: &'a str,
    /// The content of its headers, bytes.
    pub bytes: u64,
    /// The first, the middle and the last header.
    pub ends: Option<&'a [TreePath; 3]>,
    /// The headers of a program.
    pub closure: Option<&'a [TreePath]>,
    /// Whether many headers are read in each form's usual delivery alone.
    pub quick: bool,
    /// In how many orders each delivery is measured.
    pub orders: u64,
    /// A folder for what goes into guests.
    pub scratch: &'a Path,
    /// Whether to give up.
    pub interrupted: &'a AtomicBool,
}
