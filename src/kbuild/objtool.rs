//! The library of `objtool`, a program that comes with a kernel's headers and checks what is compiled:
//! libelf, which a small system lacks.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::debian::cache::Cache;
use crate::debian::fetched::{self, Fetched};
use crate::debian::packages::PackageCache;
use crate::sys::error::Unavailable;

/// The package of libelf in Debian 12, and from 13 on.
const PACKAGES: [&str; 2] = ["libelf1", "libelf1t64"];
const LABEL: &str = "libelf-";
const NOTE: &str = "libelf.packages";

/// Folders with libraries that the `objtool` in `headers` needs beyond the system's: mostly none. They
/// are fetched, which takes the lock of `cache`.
///
/// # Errors
/// [`Unavailable`] if it does not start and its libraries are unavailable.
pub(super) fn libraries(headers: &Path, cache: &Cache, say: &dyn Fn(&str)) -> Result<Vec<PathBuf>> {
    let objtool = headers.join("tools/objtool/objtool");
    let Err(why) = starts(&objtool, &[])? else { return Ok(Vec::new()) };
    let missing = |why: String| Unavailable {
        what: format!("objtool: {why}"),
        remedy: format!("apt-get install {}", PACKAGES[0]),
    };
    let folders = match fetch(cache, say) {
        Err(error) if error.is::<Unavailable>() => return Err(missing(why).into()),
        folders => folders?,
    };
    match starts(&objtool, &folders)? {
        Ok(()) => Ok(folders),
        Err(why) => Err(missing(why).into()),
    }
}

/// Whether all libraries of `program` are found, in `folders` too. A kernel may have no such program, or
/// one with another output: then the build fails with the reason.
fn starts(program: &Path, folders: &[PathBuf]) -> Result<Result<(), String>> {
    let mut command = Command::new(program);
    if !folders.is_empty() {
        command.env("LD_LIBRARY_PATH", std::env::join_paths(folders)?);
    }
    // Debian's starts the one for the architecture that this names.
    command.arg("--help").env("SRCARCH", "x86").env("LC_ALL", "C").stdin(Stdio::null());
    let Ok(output) = command.output() else { return Ok(Ok(())) };
    Ok(lacking(&String::from_utf8_lossy(&output.stderr)).map_or(Ok(()), Err))
}

/// The message of the dynamic loader about a missing library.
fn lacking(said: &str) -> Option<String> {
    let (_, why) = said.split_once("error while loading shared libraries: ")?;
    why.lines().next().map(str::to_owned)
}

fn fetch(cache: &Cache, say: &dyn Fn(&str)) -> Result<Vec<PathBuf>> {
    let mut shelf = PackageCache::open(cache, say)?;
    let packages = fetched::packages(&mut shelf, NOTE, LABEL, &|shelf| {
        for name in PACKAGES {
            if shelf.newest(name)?.is_some() {
                return shelf.missing(name);
            }
        }
        Ok(Vec::new())
    })?;
    Ok(packages.iter().flat_map(Fetched::libraries).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_library_that_is_not_there_is_lacking() {
        let said = "objtool.real-x86: error while loading shared libraries: libelf.so.1: cannot open \
                    shared object file: No such file or directory\n";
        let why = "libelf.so.1: cannot open shared object file: No such file or directory";
        assert_eq!(lacking(said).as_deref(), Some(why));
        assert_eq!(lacking("\n Usage: objtool <actions> [<options>] file.o\n"), None);
        assert_eq!(starts(Path::new("/nowhere/objtool"), &[]).unwrap(), Ok(()));
    }
}
