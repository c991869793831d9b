//! The programs of reference tools: version option and Debian package of each.

use std::process::{Command, Stdio};

/// A program that a reference takes.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Its name on the `PATH`.
    pub program: &'static str,
    /// The option that prints its version.
    version: &'static str,
    /// Debian's package of it.
    pub package: &'static str,
}

const fn tool(program: &'static str, version: &'static str, package: &'static str) -> Tool {
    Tool { program, version, package }
}

pub(crate) const TAR: Tool = tool("tar", "--version", "tar");
pub(crate) const XZ: Tool = tool("xz", "--version", "xz-utils");
pub(crate) const GZIP: Tool = tool("gzip", "--version", "gzip");
pub(crate) const ZSTD: Tool = tool("zstd", "--version", "zstd");
pub(crate) const MKSQUASHFS: Tool = tool("mksquashfs", "-version", "squashfs-tools");
pub(crate) const UNSQUASHFS: Tool = tool("unsquashfs", "-version", "squashfs-tools");
pub(crate) const CPIO: Tool = tool("cpio", "--version", "cpio");
pub(crate) const PERL: Tool = tool("perl", "--version", "perl");

impl Tool {
    /// Its version: the first line with a digit.
    ///
    /// # Errors
    /// It is missing; the error names the package.
    pub fn version(&self) -> Result<String, String> {
        let said = Command::new(self.program).arg(self.version).stdin(Stdio::null()).output();
        let said = said.map_err(|error| {
            format!("{}: {error}; fix: apt-get install {}", self.program, self.package)
        })?;
        let text = [said.stdout, said.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().find(|line| line.contains(|c: char| c.is_ascii_digit()));
        Ok(line.unwrap_or(self.program).trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_named_with_what_brings_it() {
        let said = tool("no-such-program", "--version", "its-package").version().unwrap_err();
        assert!(said.contains("no-such-program: ") && said.contains("its-package"), "{said}");
    }
}
