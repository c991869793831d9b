//! erofs-utils, which writes and reads EROFS images.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};

use crate::debian::tool;
use crate::debian::tool::Tool;

const PACKAGE: &str = "erofs-utils";
const MAKE: &str = "mkfs.erofs";
const CHECK: &str = "fsck.erofs";

/// The programs, with version and compressors.
#[derive(Debug)]
pub(crate) struct ErofsUtils {
    tool: Tool,
    /// The version line of `mkfs.erofs`.
    pub(crate) version: String,
    pub(crate) compressors: Vec<String>,
}

impl ErofsUtils {
    /// Looked for once.
    ///
    /// # Errors
    /// [`crate::sys::error::Unavailable`] if they are unavailable.
    pub(crate) fn find() -> Result<&'static Self> {
        static FOUND: OnceLock<Result<ErofsUtils, String>> = OnceLock::new();
        let look = || {
            let (tool, (version, compressors)) = Tool::find(PACKAGE, asked)?;
            Ok(Self { tool, version, compressors })
        };
        FOUND.get_or_init(look).as_ref().map_err(|why| tool::missing(PACKAGE, why))
    }

    /// Writes an image of `folder` to `image` with the arguments `settings`, the same for the same
    /// folder, with `mtime` for every entry.
    ///
    /// # Errors
    /// The program fails.
    pub(crate) fn make(
        &self,
        settings: &[String],
        mtime: u32,
        folder: &Path,
        image: &Path,
    ) -> Result<()> {
        let mut command = self.tool.command(MAKE)?;
        command.args(settings).arg(format!("-T{mtime}"));
        // Owned by root, without extended attributes, and with no name by chance.
        command.args(["--all-root", "-x-1", "-U00000000-0000-0000-0000-000000000000", "--quiet"]);
        tool::run(command.arg(image).arg(folder), is_error)
    }

    /// Extracts `image` into the empty folder `into`.
    ///
    /// # Errors
    /// The program fails.
    pub(crate) fn extract(&self, image: &Path, into: &Path) -> Result<()> {
        let mut command = self.tool.command(CHECK)?;
        let mut extract = std::ffi::OsString::from("--extract=");
        extract.push(into);
        command.arg(extract).args(["--preserve-perms", "--no-preserve-owner"]);
        tool::run(command.arg(image), is_error)
    }
}

/// The version and compressors of `mkfs.erofs`. Before 1.6 it prints them with the error
/// about an unknown option.
fn asked(tool: &Tool) -> Result<(String, Vec<String>)> {
    let done = tool.command(MAKE)?.arg("-V").output().context(MAKE)?;
    let text = [done.stdout, done.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let version = text.lines().map(str::trim).find(|line| line.starts_with(MAKE));
    let listed = text.lines().find_map(|line| line.split_once("vailable compressors"));
    let (Some(version), Some((_, listed))) = (version, listed) else {
        bail!("{MAKE}: unexpected output of -V: {}", text.trim());
    };
    let words = listed.trim_start_matches(" are").trim_start_matches(':').split(',');
    Ok((version.to_owned(), words.map(|word| word.trim().to_owned()).collect()))
}

fn is_error(line: &str) -> bool {
    line.starts_with("<E>")
}
