//! External programs that write or read a form: from the `PATH`, or from Debian's packages.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tempfile::TempDir;

use crate::container::limits::TREE_MAX;
use crate::debian::cache::Cache;
use crate::debian::fetched;
use crate::debian::packages::PackageCache;
use crate::sys::error::Unavailable;
use crate::sys::interrupt;
use crate::sys::interrupt::TempGuard;

/// The longest file that a program may write, bytes: more than any tree takes in one, and a bound for an
/// image with a file of unlimited size.
const WRITTEN_MAX: u64 = 2 * TREE_MAX;

/// Where the programs of a package are.
#[derive(Debug, Default)]
pub(crate) struct Tool {
    /// The folder with the programs, where it is not in the `PATH`.
    folder: PathBuf,
    /// Folders with libraries that they need beyond the system's.
    libraries: Vec<PathBuf>,
}

impl Tool {
    /// The tool of `package` in the `PATH`, else in the cache, else fetched, with what `ask` finds out
    /// about it, which also shows that it starts.
    ///
    /// # Errors
    /// Why it is unavailable, for [`missing`].
    pub(crate) fn find<T>(
        package: &str,
        ask: impl Fn(&Self) -> Result<T>,
    ) -> Result<(Self, T), String> {
        let installed = Self::default();
        if let Ok(found) = ask(&installed) {
            return Ok((installed, found));
        }
        let fetched = || {
            let tool = Self::fetch(package)?;
            let found = ask(&tool)?;
            Ok::<_, anyhow::Error>((tool, found))
        };
        fetched().map_err(|error| format!("{error:#}"))
    }

    fn fetch(package: &str) -> Result<Self> {
        let cache = Cache::of_user()?;
        let mut shelf = PackageCache::open(&cache, &|_| ())?;
        let (note, label) = (format!("{package}.packages"), format!("{package}-"));
        let packages =
            fetched::packages(&mut shelf, &note, &label, &|shelf| shelf.missing(package))?;
        let mut tool = Self::default();
        for fetched in packages {
            tool.libraries.extend(fetched.libraries());
            if fetched.name == package {
                tool.folder = fetched.folder.join("usr/bin");
            }
        }
        Ok(tool)
    }

    /// `program`, to be given arguments.
    ///
    /// # Errors
    /// A path that no variable can hold.
    pub(crate) fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(self.folder.join(program));
        if !self.libraries.is_empty() {
            command.env("LD_LIBRARY_PATH", std::env::join_paths(&self.libraries)?);
        }
        Ok(command)
    }
}

/// A folder to hand files over in, gone when the work is done: in memory, where there is a tmpfs at its
/// usual place, so that it is the program that takes its time.
///
/// # Errors
/// I/O errors.
pub(crate) fn folder() -> Result<TempGuard<TempDir>> {
    // Who prints one header begins here: with most forms there is nothing to remove.
    interrupt::watch()?;
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    let folder = tempfile::Builder::new().prefix("kheaders-tool-").tempdir_in(&base);
    Ok(interrupt::passing(folder.with_context(|| base.display().to_string())?))
}

/// The error of a form whose tool is unavailable, with `why`.
pub(crate) fn missing(package: &str, why: &str) -> anyhow::Error {
    Unavailable {
        what: format!("{package} is missing: {why}"),
        remedy: format!("apt-get install {package}"),
    }
    .into()
}

/// Runs `command` to its end. If it fails, the error has the first line of its output that `tells`
/// accepts, else the last line.
///
/// # Errors
/// It can't be started, or fails.
pub(crate) fn run(command: &mut Command, tells: impl Fn(&str) -> bool) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let Output { status, stdout, stderr } =
        interrupt::output(command, limit).with_context(|| program.clone())?;
    if status.success() {
        return Ok(());
    }
    let text = [stdout, stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().map(str::trim).find(|line| tells(line));
    let line = line.or_else(|| text.lines().next_back()).unwrap_or_default();
    bail!("{program}: {status}: {line}")
}

/// Limits what a program that has just started can write.
fn limit(child: &mut Child) {
    let most = Some(WRITTEN_MAX);
    let limit = Rlimit { current: most, maximum: most };
    // One that has ended already needs none.
    let _ = prlimit(Some(Pid::from_child(child)), Resource::Fsize, limit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_program_writes_a_file_without_end() {
        let dir = tempfile::tempdir().unwrap();
        // The limit comes when it has started.
        let script = "n=0; while [ $(ulimit -f) = unlimited ] && [ $n -lt 50 ]; do \
                      n=$((n + 1)); sleep 0.1; done; exec truncate -s 8G \"$0\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(dir.path().join("file"));
        let error = format!("{:#}", run(&mut shell, |_| true).unwrap_err());
        assert!(error.contains("SIGXFSZ"), "{error}");
    }
}
