//! The host's make and C compiler, building modules outside a kernel's tree as the kernel's
//! `Documentation/kbuild/modules.rst` has it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::error::Unavailable;

/// How many of its last lines are told when a build fails.
const LAST: usize = 6;

/// A make and a C compiler that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kbuild {
    /// What `cc --version` says first.
    pub compiler: String,
}

impl Kbuild {
    /// Those of this machine.
    ///
    /// # Errors
    /// [`Unavailable`] where one is missing.
    pub fn find() -> Result<Self> {
        version("make", "make")?;
        Ok(Self { compiler: version("cc", "gcc")? })
    }

    /// Builds the modules that the `Kbuild` file in `dir` names, by the headers in `headers`.
    ///
    /// # Errors
    /// They do not compile; the text is the last that was said.
    pub fn modules(&self, headers: &Path, dir: &Path) -> Result<()> {
        let mut make = Command::new("make");
        make.arg("-C").arg(headers).arg(format!("M={}", dir.display()));
        // The compiler that is here, whichever the kernel was built with; and no BTF, which would
        // need the kernel's own and pahole.
        make.args(["CC=cc", "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"]);
        // A make that runs this program must not take this one for a part of itself.
        make.env_remove("MAKEFLAGS").env("LC_ALL", "C").stdin(Stdio::null());
        let output = make.output().context("make")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let lines: Vec<_> = said.lines().filter(|line| !line.is_empty()).collect();
            let last = lines.get(lines.len().saturating_sub(LAST)..).unwrap_or_default();
            bail!("make -C {}: {}", headers.display(), last.join(" / "));
        }
        Ok(())
    }
}

/// The first line of what `program` says of its version.
fn version(program: &str, package: &str) -> Result<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(|error| Unavailable {
        what: format!("{program}: {error}: no module can be built"),
        remedy: format!("apt-get install {package}"),
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}
