//! A file of a tree, created in a directory that is open.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, futimens, openat};

use super::path::TreePath;

/// A file that is to be created in a directory that is there.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) dir: Arc<OwnedFd>,
    pub(super) path: TreePath,
    pub(super) data: Vec<u8>,
    pub(super) executable: bool,
    pub(super) mtime: u32,
}

impl NewFile {
    /// Creates the file with its content, mode and time; `root` is for the error.
    ///
    /// # Errors
    /// I/O errors; the error names the file.
    pub(super) fn write(&self, root: &Path) -> Result<()> {
        let write = || -> io::Result<()> {
            let mode = if self.executable { 0o755 } else { 0o644 };
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let name = OsStr::from_bytes(self.path.name());
            let mut file = File::from(openat(&self.dir, name, flags, Mode::from(mode))?);
            file.write_all(&self.data)?;
            Ok(futimens(&file, &modified(self.mtime))?)
        };
        write().with_context(|| root.join(self.path.as_path()).display().to_string())
    }
}

pub(super) fn modified(mtime: u32) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: mtime.into(), tv_nsec: 0 },
    }
}
