//! The cache folder: packages as fetched, and what was unpacked of them.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::sys::error::Unavailable;
use crate::sys::interrupt;
use crate::sys::interrupt::TempGuard;
use crate::tree::hex;

/// Names the cache folder, over `$XDG_CACHE_HOME/kheaders-bench` and `~/.cache/kheaders-bench`.
pub const VARIABLE: &str = "KHEADERS_BENCH_CACHE";

/// Start of the names of unfinished downloads.
const PARTIAL: &str = ".partial-";

/// A folder whose files get their final name only when they are complete.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    programs: PathBuf,
}

impl Cache {
    /// The cache of this user, by [`VARIABLE`], `XDG_CACHE_HOME` or `HOME`.
    ///
    /// # Errors
    /// [`Unavailable`] when none of the three is set; I/O errors of the folder.
    pub fn of_user() -> Result<Self> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let root = set(VARIABLE)
            .or_else(|| Some(set("XDG_CACHE_HOME")?.join("kheaders-bench")))
            .or_else(|| Some(set("HOME")?.join(".cache/kheaders-bench")))
            .ok_or_else(|| Unavailable {
                what: "no cache directory: neither HOME nor XDG_CACHE_HOME is set".to_owned(),
                remedy: format!("set {VARIABLE} to a directory with 1 GiB free"),
            })?;
        Self::at(&root)
    }

    /// The cache in the folder `root`, made if necessary.
    ///
    /// # Errors
    /// The folder can\'t be used.
    pub fn at(root: &Path) -> Result<Self> {
        let root = std::path::absolute(root).with_context(|| root.display().to_string())?;
        let cache = Self { root, programs: PathBuf::new() };
        for dir in [cache.packages(), cache.unpacked()] {
            fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
        }
        Ok(cache)
    }

    /// Packages and tarballs as they were fetched.
    pub fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// What was unpacked of them, a folder each.
    pub fn unpacked(&self) -> PathBuf {
        self.root.join("unpacked")
    }

    /// The lists and archives of apt, apart from the system's.
    pub fn apt(&self) -> PathBuf {
        self.root.join("apt")
    }

    /// Where runs keep artifacts while they measure.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// What sweeps have measured.
    pub fn sweep(&self) -> PathBuf {
        self.root.join("sweep")
    }

    /// This cache, filled by the `apt-get` and `apt-cache` of the folder `programs` instead of
    /// those on the `PATH`.
    pub fn filled_by(self, programs: &Path) -> Self {
        Self { programs: programs.to_path_buf(), ..self }
    }

    /// The program `name` that fills this cache.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Waits until no other process fetches or unpacks, and keeps others waiting until the value
    /// is dropped. `say` is called if it has to wait.
    ///
    /// # Errors
    /// I/O errors.
    pub fn lock(&self, say: &dyn Fn(&str)) -> Result<File> {
        let path = self.root.join("lock");
        let lock = || -> io::Result<File> {
            let file = File::options().create(true).append(true).open(&path)?;
            if file.try_lock().is_err() {
                say("waiting for a download by another run");
                file.lock()?;
            }
            Ok(file)
        };
        lock().with_context(|| path.display().to_string())
    }

    /// A folder to be filled, in [`Cache::packages`] so that files move out of it by rename.
    ///
    /// # Errors
    /// I/O errors.
    pub fn partial_dir(&self) -> Result<TempGuard<TempDir>> {
        let folder = TempDir::with_prefix_in(PARTIAL, self.packages())
            .with_context(|| self.packages().display().to_string())?;
        Ok(interrupt::passing(folder))
    }
}

/// The SHA-256 of the file at `path`, in hex.
///
/// # Errors
/// I/O errors.
pub fn sha256(path: &Path) -> Result<String> {
    let hash = || -> io::Result<String> {
        let mut hash = Sha256::new();
        io::copy(&mut File::open(path)?, &mut hash)?;
        Ok(hex(&hash.finalize()))
    };
    hash().with_context(|| path.display().to_string())
}
