//! The headers that `gen_kheaders.sh` selects from a source and an object tree.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use walkdir::WalkDir;

use super::strip::strip;
use crate::tree::folder::{self, Found};
use crate::tree::{Entry, Node, TreePath};

/// What is laid over what, by path: a later tree wins.
pub(super) type Layers = BTreeMap<TreePath, Entry>;

/// The folders that are searched for headers.
pub(super) fn folders(arch: &str) -> [String; 2] {
    ["include".to_owned(), format!("arch/{arch}/include")]
}

/// Adds the headers of the kernel tree `root`, stripped if `strips`.
///
/// # Errors
/// Something unreadable; the error names it.
pub(super) fn headers(root: &Path, arch: &str, strips: bool, into: &mut Layers) -> Result<()> {
    for dir in folders(arch) {
        files(root, &dir, is_header, strips, into)?;
    }
    Ok(())
}

/// Adds what lies in the folder `dir` of `root` and is `wanted` by its name: files, symlinks as
/// they are, and even directories. Nothing where there is no such folder.
///
/// # Errors
/// As [`headers`].
pub(super) fn files(
    root: &Path,
    dir: &str,
    wanted: impl Fn(&[u8]) -> bool,
    strips: bool,
    into: &mut Layers,
) -> Result<()> {
    let top = root.join(dir);
    if !fs::metadata(&top).is_ok_and(|meta| meta.is_dir()) {
        return Ok(());
    }
    // As `find DIR/` does: a link in place of the folder is followed, one below it is not.
    let walk = WalkDir::new(&top).follow_root_links(true).min_depth(1);
    let walk = walk.into_iter().filter_entry(|found| !left_out(found.file_name().as_bytes()));
    let mut found = Vec::new();
    for at in walk {
        let at = at.with_context(|| top.display().to_string())?;
        if !wanted(at.file_name().as_bytes()) {
            continue;
        }
        let location = at.into_path();
        let below = location.strip_prefix(root).unwrap_or(&location);
        let path = TreePath::new(below.as_os_str().as_bytes())?;
        found.push(Found { location, path });
    }
    folder::read_each(&found, &|at| entry_at(at, strips), &mut |entry| lay(entry, into))
}

/// Adds the one file at `path` of `root`, if it is there.
pub(super) fn file(root: &Path, path: &str, strips: bool, into: &mut Layers) -> Result<()> {
    let location = root.join(path);
    if fs::symlink_metadata(&location).is_err() {
        return Ok(());
    }
    lay(entry_at(&Found { location, path: TreePath::new(path)? }, strips)?, into)
}

/// Whether `find -name "*.h"` finds it.
pub(super) fn is_header(name: &[u8]) -> bool {
    name.ends_with(b".h")
}

fn lay(entry: Entry, into: &mut Layers) -> Result<()> {
    let is_dir = |entry: &Entry| entry.node == Node::Dir;
    if into.get(&entry.path).is_some_and(|below| is_dir(below) != is_dir(&entry)) {
        bail!("{}: a directory in one tree, not in the other", entry.path);
    }
    into.insert(entry.path.clone(), entry);
    Ok(())
}

/// The findings. A header is stripped if `strips`, and is never executable, as the
/// script's `--mode` leaves it.
fn entry_at(found: &Found, strips: bool) -> Result<Entry> {
    let mut entry = folder::entry_at(found)?;
    if let Node::File { data, executable } = &mut entry.node
        && is_header(entry.path.name())
    {
        *executable = false;
        if strips && let Cow::Owned(stripped) = strip(data) {
            *data = stripped;
        }
    }
    Ok(entry)
}

/// What the script's `tar --exclude` keeps out: leftovers of network file systems.
fn left_out(name: &[u8]) -> bool {
    name.starts_with(b".__afs") || name.starts_with(b".nfs")
}
