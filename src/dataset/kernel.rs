//! Kernel trees on this machine: detection, and the source tree of an object tree.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::recipe::Recipe;
use super::request::Selection;
use crate::kbuild::arch;
use crate::tree::{Tree, TreePath};

/// The time given to every entry of a tree that no manifest describes, seconds since 1970
/// (2023-11-14), so that the same folder gives the same artifacts every time.
pub(crate) const MTIME: u32 = 1_700_000_000;

/// Whether the folder looks like the source or object tree of a kernel.
pub(super) fn is_tree(folder: &Path) -> bool {
    folder.join("include").is_dir() && folder.join("arch").is_dir()
}

/// The architecture that `tree`, made by somebody's `gen_kheaders.sh`, holds the headers of.
pub(super) fn arch_held(tree: &Tree) -> Option<String> {
    let below_arch = |path: &TreePath| {
        let name = path.as_bytes().strip_prefix(b"arch/")?;
        (!name.contains(&b'/')).then(|| String::from_utf8_lossy(name).into_owned())
    };
    let mut arches = tree.entries().iter().filter_map(|entry| below_arch(&entry.path));
    arches.next().filter(|_| arches.next().is_none())
}

/// How the tree at `folder`, a source tree or an object tree that knows its source, is collected.
///
/// # Errors
/// It has no headers for the architecture asked for.
pub(super) fn recipe(folder: &Path, selection: &Selection) -> Result<Recipe> {
    let (source, objects) = match source_of(folder) {
        Some(source) => (source, Some(folder.to_path_buf())),
        None => (folder.to_path_buf(), None),
    };
    let arch = arch_of(&source, selection.arch.as_deref())?;
    Ok(Recipe { source, objects, arch, strip: !selection.raw, mtime: MTIME, kit: None })
}

/// The source tree of an object tree: by the `source` link that the kernel's build leaves, by the
/// `Makefile` that only includes the source's, or by a `Makefile` that is a link to it.
fn source_of(objects: &Path) -> Option<PathBuf> {
    let makefile = objects.join("Makefile");
    let included = || {
        let text = fs::read_to_string(&makefile).ok().filter(|text| text.len() < 4096)?;
        let include = text.lines().find_map(|line| line.strip_prefix("include "))?;
        Some(objects.join(include.trim()).parent()?.to_path_buf())
    };
    let linked = || Some(fs::canonicalize(&makefile).ok()?.parent()?.to_path_buf());
    let here = fs::canonicalize(objects).ok()?;
    let candidates = [Some(objects.join("source")), included(), linked()];
    candidates.into_iter().flatten().find_map(|candidate| {
        let source = fs::canonicalize(candidate).ok()?;
        (source != here && is_tree(&source)).then_some(source)
    })
}

/// The architecture asked for, this machine's, or the only one there is.
fn arch_of(source: &Path, asked: Option<&str>) -> Result<String> {
    let has = |arch: &str| source.join("arch").join(arch).join("include").is_dir();
    let wanted = asked.map_or(arch::host(), arch::folder);
    if has(wanted) {
        return Ok(wanted.to_owned());
    }
    let folder = source.join("arch");
    let mut there = Vec::new();
    for found in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let found = found.with_context(|| folder.display().to_string())?;
        there.extend(found.file_name().into_string().ok().filter(|name| has(name)));
    }
    there.sort();
    match there.as_slice() {
        [only] if asked.is_none() => Ok(only.clone()),
        [] => bail!("{}: no headers of any architecture", folder.display()),
        _ => bail!("{}: no headers for {wanted}, only for {}", folder.display(), there.join(", ")),
    }
}
