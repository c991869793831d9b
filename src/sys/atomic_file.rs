//! Atomic files: written under a temporary name in the same folder, renamed at the end.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::sys::interrupt;

/// Start of temporary names.
pub(crate) const PREFIX: &str = ".kheaders-bench-";

/// Writes `path`, or the file that a symlink there leads to, by `fill`, which is given the open file.
///
/// # Errors
/// As [`check`], and those of `fill` and of the system; nothing is left then.
pub fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let write = || -> Result<()> {
        let place = file_place(path)?;
        let mut partial = interrupt::passing(
            tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o644))
                .tempfile_in(parent(&place))?,
        );
        fill(partial.made.as_file_mut())?;
        fs::rename(partial.path(), &place)?;
        Ok(())
    };
    write().with_context(|| path.display().to_string())
}

/// Makes `path`, or the target of a symlink there, a file or a folder, by `make`, which gets a temporary
/// path where nothing exists.
///
/// # Errors
/// `path` is neither a file nor a folder; errors of `make`; I/O errors. Nothing is left then.
pub fn make(path: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let build = || -> Result<()> {
        let place = place(path)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent(&place))?;
        let folder = interrupt::passing(folder);
        let partial = folder.path().join(place.file_name().unwrap_or(place.as_os_str()));
        make(&partial)?;
        Ok(fs::rename(&partial, &place)?)
    };
    build().with_context(|| path.display().to_string())
}

/// Checks that a file can be created at `path`, before the work that makes it.
///
/// # Errors
/// There is no folder for it, or what is there is not to be replaced: a folder, a device, a link that leads
/// nowhere.
pub fn check(path: &Path) -> Result<()> {
    file_place(path).map(drop).with_context(|| path.display().to_string())
}

/// As [`place`], for a file, which does not replace a folder either.
fn file_place(path: &Path) -> Result<PathBuf> {
    let place = place(path)?;
    ensure!(!place.is_dir(), "is a directory");
    Ok(place)
}

/// The path to write: the target of `path` if it is a symlink.
fn place(path: &Path) -> Result<PathBuf> {
    // Checked here, so that the error does not show a temporary name.
    ensure!(parent(path).is_dir(), "no such directory: {}", parent(path).display());
    let link = path.is_symlink();
    match fs::metadata(path) {
        Ok(there) => ensure!(there.is_file() || there.is_dir(), "not a regular file"),
        Err(error) if link => return Err(error).context("a dangling symlink"),
        Err(_) => {}
    }
    Ok(if link { fs::canonicalize(path)? } else { path.to_path_buf() })
}

/// The folder that `path` is in.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_symlink_stays_and_what_it_leads_to_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (link, file) = (dir.path().join("link"), dir.path().join("below/file"));
        fs::create_dir(dir.path().join("below")).unwrap();
        fs::write(&file, "old").unwrap();
        symlink("below/file", &link).unwrap();
        write(&link, |out| Ok(out.write_all(b"written")?)).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"written");
        make(&link, |partial| Ok(fs::write(partial, "made")?)).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"made");
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("below/file"));
    }

    #[test]
    fn what_is_no_file_is_refused_before_anything_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let _held = UnixListener::bind(at("socket")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        symlink("socket", at("link")).unwrap();
        symlink("absent", at("nowhere")).unwrap();
        for (name, why) in [
            ("socket", "not a regular file"),
            ("link", "not a regular file"),
            ("nowhere", "a dangling symlink"),
            ("folder", "is a directory"),
            ("absent/file", "no such directory"),
        ] {
            let path = at(name);
            let mut done = vec![check(&path), write(&path, |_| panic!("{name} is written"))];
            // A folder may be made in place of an empty one.
            if name != "folder" {
                done.push(make(&path, |_| panic!("{name} is made")));
            }
            for done in done {
                let error = format!("{:#}", done.unwrap_err());
                assert!(error.starts_with(&format!("{}: {why}", path.display())), "{error}");
            }
        }
        assert!(at("link").is_symlink() && at("nowhere").is_symlink());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
    }
}
