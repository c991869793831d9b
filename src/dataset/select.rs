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

/// Which headers the script of a kernel takes of its two trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// All of both, of kernels before Linux 6.17.
    All,
    /// Generated headers of the object tree alone, all others of the source tree alone, and no
    /// `utsversion.h`: the lists that `kernel/Makefile` makes from Linux 6.17 on.
    Lists,
}

impl Rule {
    /// The rule of the kernel with the source tree `source`: by its own script, which takes lists or
    /// does not, or where that is not there by the version in its `Makefile`.
    pub(super) fn of(source: &Path) -> Self {
        if let Ok(script) = fs::read_to_string(source.join("kernel/gen_kheaders.sh")) {
            return if script.contains("srclist") { Self::Lists } else { Self::All };
        }
        let makefile = fs::read_to_string(source.join("Makefile")).unwrap_or_default();
        let number = |name: &str| -> Option<u32> {
            let mut lines = makefile.lines().filter_map(|line| line.split_once('='));
            lines.find(|(key, _)| key.trim() == name)?.1.trim().parse().ok()
        };
        let version = (number("VERSION").unwrap_or(0), number("PATCHLEVEL").unwrap_or(0));
        if version >= (6, 17) { Self::Lists } else { Self::All }
    }
}

/// One of a kernel's two trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Objects,
}

/// Adds the headers that `rule` takes of the kernel tree `root`, stripped if `strips`.
///
/// # Errors
/// Something unreadable; the error names it.
pub(super) fn headers(
    root: &Path,
    side: Side,
    arch: &str,
    (rule, strips): (Rule, bool),
    into: &mut Layers,
) -> Result<()> {
    for dir in folders(arch) {
        let generated = Path::new(&dir).join("generated");
        let listed = |path: &Path| match rule {
            Rule::All => true,
            Rule::Lists => {
                let of_objects = path.starts_with(&generated);
                of_objects == (side == Side::Objects)
                    && path != Path::new("include/generated/utsversion.h")
            }
        };
        files(root, &dir, |path| is_header(path) && listed(path), strips, into)?;
    }
    Ok(())
}

/// Adds what lies in the folder `dir` of `root` and is `wanted` by its path below `root`: files,
/// symlinks as they are, and even directories. Nothing where there is no such folder.
///
/// # Errors
/// As [`headers`].
pub(super) fn files(
    root: &Path,
    dir: &str,
    wanted: impl Fn(&Path) -> bool,
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
        let location = at.into_path();
        let below = location.strip_prefix(root).unwrap_or(&location);
        if !wanted(below) {
            continue;
        }
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
pub(super) fn is_header(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b".h")
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
        && is_header(&found.location)
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
