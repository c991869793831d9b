//! The whole job of `gen_kheaders.sh` in one process: select, strip, tar, xz.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::Recipe;
use crate::form;
use crate::tree::Census;

/// The form of the kernel's own archive.
const FORM: &str = "tar.xz-6";

/// Writes the archive that `gen_kheaders.sh` makes by `recipe` to `output`, which is replaced when
/// the archive is whole. Returns what it holds.
///
/// The tar inside is the script's byte for byte, given the script's `KBUILD_BUILD_TIMESTAMP` as the
/// recipe's time.
///
/// # Errors
/// As [`Recipe::collect`], or what the system says of `output`.
pub fn collect(recipe: &Recipe, output: &Path) -> Result<Census> {
    let context = || output.display().to_string();
    if output.is_dir() {
        bail!("{}: a directory", output.display());
    }
    let tree = recipe.collect()?;
    let folder = match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let partial = tempfile::Builder::new()
        .prefix(".kheaders-bench-")
        .tempdir_in(folder)
        .with_context(context)?;
    let archive = partial.path().join("archive");
    form::by_id(FORM)?.build(&tree, &archive).with_context(context)?;
    fs::rename(&archive, output).with_context(context)?;
    Ok(tree.census())
}
