//! The newest versions of packages: the list is cached, so that the next run needs no network.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::packages::{Package, PackageCache};
use crate::sys::atomic_file;

/// The packages that `note` lists, if all of them are unpacked under `label`; else those that `ask`
/// finds, unpacked and noted.
///
/// # Errors
/// Those of `ask`, and of fetching and unpacking.
pub(crate) fn packages(
    shelf: &mut PackageCache,
    note: &str,
    label: &str,
    ask: &dyn Fn(&mut PackageCache) -> Result<Vec<Package>>,
) -> Result<Vec<Package>> {
    let note = shelf.note(note);
    if let Ok(text) = fs::read_to_string(&note) {
        let package = |line: &str| {
            let (name, version) = line.split_once(' ')?;
            Some(Package { name: name.to_owned(), version: version.to_owned(), sha256: None })
        };
        let packages: Option<Vec<_>> = text.lines().map(package).collect();
        let there = |packages: &Vec<Package>| {
            packages.iter().all(|package| shelf.place(package, label).is_dir())
        };
        if let Some(packages) = packages.filter(there) {
            return Ok(packages);
        }
    }
    let packages = ask(shelf)?;
    for package in &packages {
        shelf.unpacked(package, label, &|_| true)?;
    }
    atomic_file::write(&note, |out| {
        for Package { name, version, .. } in &packages {
            writeln!(out, "{name} {version}")?;
        }
        Ok(())
    })?;
    Ok(packages)
}

/// The folders with shared libraries of what is unpacked in `folder`.
pub(crate) fn libraries(folder: &Path) -> Vec<PathBuf> {
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    let dirs = ["usr/lib", "lib"].map(|dir| folder.join(dir).join(&triplet));
    dirs.into_iter().filter(|dir| dir.is_dir()).collect()
}
