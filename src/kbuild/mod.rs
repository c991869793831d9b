//! The host's make and C compiler, for external modules as in the kernel's
//! `Documentation/kbuild/modules.rst`.

pub mod arch;
pub mod compiler;
mod objtool;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::debian::cache::Cache;
use crate::sys::error::Unavailable;

/// Number of last lines to show if a build fails without an error line of a tool.
const LAST: usize = 6;

/// Programs that build modules.
struct Toolchain {
    /// Configuration lines of a kernel that was built with them.
    signs: &'static [&'static str],
    /// The programs, the compiler first, each with its Debian package.
    programs: &'static [(&'static str, &'static str)],
    words: &'static [&'static str],
}

/// The first whose signs are all there is taken. What clang has compiled another compiler can't go
/// on with: the flags are recorded with the kernel. Of the GCCs the one that is here will do.
static TOOLCHAINS: [Toolchain; 3] = [
    Toolchain {
        signs: &["CONFIG_CC_IS_CLANG=y", "CONFIG_LD_IS_LLD=y"],
        programs: &[("clang", "clang"), ("ld.lld", "lld"), ("llvm-objcopy", "llvm")],
        words: &["LLVM=1"],
    },
    Toolchain {
        signs: &["CONFIG_CC_IS_CLANG=y"],
        programs: &[("clang", "clang")],
        words: &["CC=clang"],
    },
    Toolchain { signs: &[], programs: &[("cc", "gcc")], words: &["CC=cc"] },
];

impl Toolchain {
    fn of(config: &str) -> &'static Self {
        let has = |sign: &&str| config.lines().any(|line| line == *sign);
        let found = TOOLCHAINS.iter().find(|toolchain| toolchain.signs.iter().all(has));
        found.unwrap_or(&TOOLCHAINS[2])
    }
}

/// The make and C compiler of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kbuild {
    /// The version line of the compiler.
    pub compiler: String,
    words: &'static [&'static str],
    /// Folders with libraries that the tools of the headers need beyond the system's.
    libraries: Vec<PathBuf>,
}

impl Kbuild {
    /// Finds them for a kernel with the configuration `config`.
    ///
    /// # Errors
    /// [`Unavailable`] where one is missing.
    pub fn find(config: &str) -> Result<Self> {
        let toolchain = Toolchain::of(config);
        let packages: Vec<_> = toolchain.programs.iter().map(|(_, package)| *package).collect();
        let remedy = format!("apt-get install make {}", packages.join(" "));
        version("make", &remedy)?;
        let mut said = Vec::new();
        for (program, _) in toolchain.programs {
            said.push(version(program, &remedy)?);
        }
        let libraries = Vec::new();
        Ok(Self { compiler: said.swap_remove(0), words: toolchain.words, libraries })
    }

    /// It, with what the tools in `headers` need to start. This takes the lock of `cache`.
    ///
    /// # Errors
    /// [`Unavailable`] if these are unavailable.
    pub fn ready(self, headers: &Path, cache: &Cache, say: &dyn Fn(&str)) -> Result<Self> {
        Ok(Self { libraries: objtool::libraries(headers, cache, say)?, ..self })
    }

    /// Builds the modules that the `Kbuild` file in `dir` names, by the headers in `headers`. `words`
    /// are further ones for make.
    ///
    /// # Errors
    /// They do not compile; the error is the first one of the build.
    pub fn modules(&self, headers: &Path, dir: &Path, words: &[String]) -> Result<()> {
        let mut make = Command::new("make");
        make.arg("-C").arg(headers).arg(format!("M={}", dir.display()));
        // No BTF, which would need the kernel's own and pahole.
        make.args(self.words).args(words).args(["CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"]);
        // A make that runs this program must not take this one for a part of itself.
        make.env_remove("MAKEFLAGS").env("LC_ALL", "C").stdin(Stdio::null());
        if !self.libraries.is_empty() {
            make.env("LD_LIBRARY_PATH", std::env::join_paths(&self.libraries)?);
        }
        let output = make.output().context("make")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("make -C {}: {}", headers.display(), told(&said, dir));
        }
        Ok(())
    }
}

/// The error in the output `said` of a failed make. Files in `dir` are shown without the folder: it
/// is another folder each time.
fn told(said: &str, dir: &Path) -> String {
    let said = said.replace(&format!("{}/", dir.display()), "");
    let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    // Of a compiler, and of modpost.
    let is_error = |line: &&&str| line.contains(" error: ") || line.starts_with("ERROR: ");
    match lines.iter().find(is_error) {
        Some(line) => (*line).to_owned(),
        None => lines.get(lines.len().saturating_sub(LAST)..).unwrap_or_default().join(" / "),
    }
}

/// The version line of `program`.
fn version(program: &str, remedy: &str) -> Result<String> {
    let missing = |why: String| Unavailable {
        what: format!("{program}: {why}: kernel modules can't be compiled"),
        remedy: remedy.to_owned(),
    };
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(|error| missing(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(missing(said.lines().next().unwrap_or("fails").to_owned()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_compiled_by_what_their_kernel_was_compiled_with() {
        let words = |config: &str| Toolchain::of(config).words;
        assert_eq!(words("CONFIG_CC_IS_GCC=y\nCONFIG_LD_IS_BFD=y\n"), ["CC=cc"]);
        assert_eq!(words("CONFIG_CC_IS_CLANG=y\nCONFIG_LD_IS_LLD=y\n"), ["LLVM=1"]);
        assert_eq!(words("CONFIG_CC_IS_CLANG=y\nCONFIG_LD_IS_BFD=y\n"), ["CC=clang"]);
        assert_eq!(words("# CONFIG_CC_IS_CLANG is not set\n"), ["CC=cc"]);
    }

    #[test]
    fn a_build_that_fails_tells_the_first_error_without_the_passing_folder() {
        let said = "warning: the compiler differs\n/tmp/x/a.c:3:1: error: no such thing\n   3 | y\n\
                    /tmp/x/a.c:9:1: error: another\nmake[2]: *** [a.o] Error 1\n";
        assert_eq!(told(said, Path::new("/tmp/x")), "a.c:3:1: error: no such thing");
        assert_eq!(told("a\n\nb\n", Path::new("/tmp/x")), "a / b");
    }
}
