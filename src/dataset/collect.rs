//! The whole job of `gen_kheaders.sh` in one process: select, strip, tar, xz.

use std::path::Path;

use anyhow::{Result, bail};

use super::Recipe;
use crate::form;
use crate::tree::Census;
use crate::whole;

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
    if output.is_dir() {
        bail!("{}: a directory", output.display());
    }
    let tree = recipe.collect()?;
    whole::make(output, |partial| form::by_id(FORM)?.build(&tree, partial))?;
    Ok(tree.census())
}
