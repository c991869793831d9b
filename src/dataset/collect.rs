//! `gen_kheaders.sh` in one process: select, strip, tar, xz.

use std::path::Path;

use anyhow::{Result, bail};

use super::recipe::Recipe;
use crate::form;
use crate::sys::atomic_file;
use crate::tree::TreeStats;

/// The forms of the archive by the number of threads: the kernel's own first.
const FORMS: [&str; 2] = ["tar.xz-6", "tar.xz-6t2"];

/// Maximum number of compression threads of [`collect`].
pub const THREADS_MAX: u8 = FORMS.len() as u8;

/// Writes the archive that `gen_kheaders.sh` makes by `recipe` to `output`, which is replaced when
/// the archive is whole. Returns what it holds.
///
/// The tar inside is the script's byte for byte, given the script's `KBUILD_BUILD_TIMESTAMP` as the
/// recipe's time. On one of `threads` it is compressed as the script does it; on two in blocks, which
/// makes the archive a little larger, and the same on any number of processors.
///
/// # Errors
/// As [`Recipe::collect`], or I/O errors of `output`; more than [`THREADS_MAX`] threads.
pub fn collect(recipe: &Recipe, threads: u8, output: &Path) -> Result<TreeStats> {
    let Some(id) = usize::from(threads).checked_sub(1).and_then(|at| FORMS.get(at)) else {
        bail!("{threads} threads: the range is 1 to {THREADS_MAX}");
    };
    atomic_file::check(output)?;
    let tree = recipe.collect()?;
    atomic_file::make(output, |partial| form::by_id(id)?.build(&tree, partial))?;
    Ok(tree.census())
}
