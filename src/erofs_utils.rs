//! erofs-utils, which writes and reads EROFS images: from the `PATH`, or fetched as Debian's package.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};

use crate::dataset::Cache;
use crate::dataset::fetched;
use crate::dataset::packages::Shelf;
use crate::error::Unavailable;
use crate::interrupt;

const MAKE: &str = "mkfs.erofs";
const CHECK: &str = "fsck.erofs";
const PACKAGE: &str = "erofs-utils";
const LABEL: &str = "erofs-";
const NOTE: &str = "erofs.packages";

/// Where the programs are, and what they say of themselves.
#[derive(Debug, Default)]
pub(crate) struct ErofsUtils {
    /// The folder with the programs, where it is not in the `PATH`.
    folder: PathBuf,
    /// Folders with libraries that they need beyond the system's.
    libraries: Vec<PathBuf>,
    /// What `mkfs.erofs` says of its version.
    pub(crate) version: String,
    /// The compressors it was built with.
    pub(crate) compressors: Vec<String>,
}

impl ErofsUtils {
    /// Those of the `PATH`, else those in the cache, else fetched; looked for once.
    ///
    /// # Errors
    /// [`Unavailable`] when they can't be had.
    pub(crate) fn find() -> Result<&'static Self> {
        static FOUND: OnceLock<Result<ErofsUtils, String>> = OnceLock::new();
        let look = || {
            let installed = Self::default().asked();
            installed.or_else(|_| Self::fetch()).map_err(|error| format!("{error:#}"))
        };
        match FOUND.get_or_init(look) {
            Ok(found) => Ok(found),
            Err(error) => Err(Unavailable {
                what: format!("there is no {MAKE}: {error}"),
                remedy: format!("apt-get install {PACKAGE}"),
            }
            .into()),
        }
    }

    fn fetch() -> Result<Self> {
        let cache = Cache::of_user()?;
        let mut shelf = Shelf::open(&cache, &|_| ())?;
        let packages = fetched::packages(&mut shelf, NOTE, LABEL, &|shelf| shelf.missing(PACKAGE))?;
        let mut found = Self::default();
        for package in packages {
            let (folder, _) = shelf.unpacked(&package, LABEL, &|_| true)?;
            found.libraries.extend(fetched::libraries(&folder));
            let programs = folder.join("usr/bin");
            if programs.join(MAKE).is_file() {
                found.folder = programs;
            }
        }
        found.asked()
    }

    /// With what `mkfs.erofs` says of itself, which also shows that it starts. Before 1.6 it says it
    /// as of an option that it does not know.
    fn asked(mut self) -> Result<Self> {
        let done = self.command(MAKE)?.arg("-V").output().context(MAKE)?;
        let text = [done.stdout, done.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let version = text.lines().map(str::trim).find(|line| line.starts_with(MAKE));
        let listed = text.lines().find_map(|line| line.split_once("vailable compressors"));
        let (Some(version), Some((_, listed))) = (version, listed) else {
            bail!("{MAKE}: does not tell its version and compressors: {}", text.trim());
        };
        let words = listed.trim_start_matches(" are").trim_start_matches(':').split(',');
        self.compressors = words.map(|word| word.trim().to_owned()).collect();
        self.version = version.to_owned();
        Ok(self)
    }

    fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(self.folder.join(program));
        if !self.libraries.is_empty() {
            command.env("LD_LIBRARY_PATH", std::env::join_paths(&self.libraries)?);
        }
        Ok(command)
    }

    /// Writes an image of `folder` to `image` with the arguments `settings`, the same for the same
    /// folder, with `mtime` for every entry.
    ///
    /// # Errors
    /// What the program says.
    pub(crate) fn make(
        &self,
        settings: &[String],
        mtime: u32,
        folder: &Path,
        image: &Path,
    ) -> Result<()> {
        let mut command = self.command(MAKE)?;
        command.args(settings).arg(format!("-T{mtime}"));
        // Owned by root, without extended attributes, and with no name by chance.
        command.args(["--all-root", "-x-1", "-U00000000-0000-0000-0000-000000000000", "--quiet"]);
        said(MAKE, command.arg(image).arg(folder))
    }

    /// Extracts `image` into the empty folder `into`.
    ///
    /// # Errors
    /// What the program says.
    pub(crate) fn extract(&self, image: &Path, into: &Path) -> Result<()> {
        let mut command = self.command(CHECK)?;
        let mut into_option = std::ffi::OsString::from("--extract=");
        into_option.push(into);
        command.arg(into_option).args(["--preserve-perms", "--no-preserve-owner"]);
        said(CHECK, command.arg(image))
    }
}

/// Runs `command`, and makes an error of what it says when it fails.
fn said(program: &str, command: &mut Command) -> Result<()> {
    let done = interrupt::output(command, |_| ()).context(program.to_owned())?;
    if done.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&done.stderr);
    // Each line starts with its level and the project's name; the first says what went wrong.
    let first = text.lines().map(str::trim).find(|line| line.starts_with("<E>"));
    let first = first.or_else(|| text.lines().next()).unwrap_or_default();
    bail!("{program} ended with {}: {}", done.status, first.trim_start_matches("<E> ").trim())
}
