//! Packages in their newest versions, unpacked. The list is cached, so that the next run needs no network.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;

use super::packages::{Package, PackageCache};
use crate::record::Source;
use crate::sys::atomic_file;

/// A package that is unpacked.
pub(crate) struct Fetched {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) source: Source,
}

impl Fetched {
    /// The folders with its shared libraries.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = PathBuf> {
        let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
        let dirs = ["usr/lib", "lib"].map(|dir| self.folder.join(dir).join(&triplet));
        dirs.into_iter().filter(|dir| dir.is_dir())
    }
}

/// The packages that `note` lists, if all of them are unpacked under `label`; else those that `ask`
/// finds, unpacked and noted.
///
/// # Errors
/// Errors of `ask`, and of fetching and unpacking.
pub(crate) fn packages(
    shelf: &mut PackageCache,
    note: &str,
    label: &str,
    ask: &dyn Fn(&mut PackageCache) -> Result<Vec<Package>>,
) -> Result<Vec<Fetched>> {
    let note = shelf.note(note);
    let noted = fs::read_to_string(&note).ok().and_then(|text| parse(&text));
    let noted = noted
        .filter(|packages| packages.iter().all(|package| shelf.place(package, label).is_dir()));
    let is_new = noted.is_none();
    let packages = noted.map_or_else(|| ask(shelf), Ok)?;
    let mut all = Vec::new();
    for package in &packages {
        let (folder, source) = shelf.unpacked(package, label, &|_| true)?;
        all.push(Fetched { name: package.name.clone(), folder, source });
    }
    if is_new {
        atomic_file::write(&note, |out| {
            for Package { name, version, .. } in &packages {
                writeln!(out, "{name} {version}")?;
            }
            Ok(())
        })?;
    }
    Ok(all)
}

/// The packages of a note; `None` when it is malformed.
fn parse(text: &str) -> Option<Vec<Package>> {
    let package = |line: &str| {
        let (name, version) = line.split_once(' ')?;
        Some(Package { name: name.to_owned(), version: version.to_owned(), sha256: None })
    };
    text.lines().map(package).collect()
}
