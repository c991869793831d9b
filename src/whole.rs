//! Files written whole or not at all: under a passing name beside their own, renamed at the end.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::interrupt;

/// What passing names start with.
pub(crate) const PREFIX: &str = ".kheaders-bench-";

/// Writes `path` by `fill`, which is given the open file.
///
/// # Errors
/// Those of `fill` and of the system; nothing is left then.
pub fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let write = || -> Result<()> {
        folder_of(path)?;
        let mut partial = interrupt::passing(
            tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o644))
                .tempfile_in(parent(path))?,
        );
        fill(partial.made.as_file_mut())?;
        fs::rename(partial.path(), path)?;
        Ok(())
    };
    write().with_context(|| path.display().to_string())
}

/// Makes `path`, a file or a folder, by `make`, which is given a passing path where nothing stands.
///
/// # Errors
/// Those of `make` and of the system; nothing is left then.
pub fn make(path: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let build = || -> Result<()> {
        folder_of(path)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent(path))?;
        let folder = interrupt::passing(folder);
        let partial = folder.path().join(path.file_name().unwrap_or(path.as_os_str()));
        make(&partial)?;
        Ok(fs::rename(&partial, path)?)
    };
    build().with_context(|| path.display().to_string())
}

/// Fails where there is no folder for `path`, before a passing name would be told of.
fn folder_of(path: &Path) -> Result<()> {
    ensure!(parent(path).is_dir(), "there is no folder {}", parent(path).display());
    Ok(())
}

/// The folder that `path` stands in.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
