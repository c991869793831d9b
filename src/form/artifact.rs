//! Artifacts on disk: which form reads one, and what tree it holds.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use super::api::{Form, HEAD};
use super::folder::Folder;
use super::table::all;
use crate::tree::Tree;

/// The form that reads `artifact`, detected from its first bytes. It can read the artifact
/// whatever level or block size it was built with.
///
/// # Errors
/// Unreadable, or of no known family.
pub fn of_artifact(artifact: &Path) -> Result<Arc<dyn Form>> {
    let context = || artifact.display().to_string();
    let meta = fs::metadata(artifact).with_context(context)?;
    if meta.is_dir() {
        return Ok(Arc::new(Folder));
    }
    if !meta.is_file() {
        bail!("{}: neither a file nor a directory", artifact.display());
    }
    let mut head = Vec::new();
    File::open(artifact)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .with_context(context)?;
    match all().find(|form| form.recognises(&head)) {
        Some(form) => Ok(form),
        None => bail!("{}: not an artifact of any known form", artifact.display()),
    }
}

/// The whole tree that `artifact` holds, each entry stamped with the newest time among them.
///
/// # Errors
/// As [`Form::walk`], or entries that make no tree.
pub fn load(form: &dyn Form, artifact: &Path) -> Result<Tree> {
    let mut entries = Vec::new();
    let mut mtime = 0;
    form.walk(artifact, &mut |entry| {
        mtime = mtime.max(entry.mtime);
        entries.push(entry);
        Ok(())
    })?;
    Tree::new(entries, mtime).with_context(|| artifact.display().to_string())
}

/// Reads `artifact` and compares its digest with the one of the tree it was built from.
///
/// # Errors
/// As [`Form::walk`], or another digest than `expected`.
pub fn verify(form: &dyn Form, artifact: &Path, expected: &str) -> Result<()> {
    let found = load(form, artifact)?.digest();
    if found != expected {
        bail!("{}: the digest of its tree is {found}, not {expected}", artifact.display());
    }
    Ok(())
}
