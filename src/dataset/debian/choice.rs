//! The version of a Debian set: pinned, else provided by Debian, else in the cache.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};

use crate::dataset::manifest::{Debian, Known, Role};
use crate::debian::apt::ELSEWHERE;
use crate::debian::cache::Cache;
use crate::debian::packages::{Package, PackageCache, numbers};
use crate::sys::error::Unavailable;

/// The packages of one version.
pub(super) type Packages = BTreeMap<Role, Package>;

/// Whether `package` is in `cache`, as fetched or unpacked.
fn is_cached(package: &Package, cache: &Cache) -> bool {
    package.folder(cache, "").is_dir() || package.file(cache).is_file()
}

/// The first pinned version that is in the cache.
pub(crate) fn cached<'a>(debian: &'a Debian, cache: &Cache) -> Option<&'a Known> {
    let there =
        |known: &&Known| pinned(debian, known).values().all(|package| is_cached(package, cache));
    debian.known.iter().find(there)
}

/// The newest version of the series of which the cache has all packages.
pub(super) fn stand_in(debian: &Debian, cache: &Cache) -> Result<Option<(String, Packages)>> {
    let pattern = debian.pattern()?;
    let mut found = Vec::new();
    for folder in [cache.packages(), cache.unpacked()] {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let name = name.strip_suffix(".deb").unwrap_or(&name);
            let Some((package, version)) = name.split_once('_') else { continue };
            let Some(abi) = pattern.captures(package).and_then(|found| found.get(1)) else {
                continue;
            };
            let packages = versioned(debian, abi.as_str(), version);
            if packages.values().all(|package| is_cached(package, cache)) {
                found.push((abi.as_str().to_owned(), version.to_owned(), packages));
            }
        }
    }
    found.sort_by_key(|(abi, version, _)| (numbers(abi), numbers(version)));
    Ok(found.pop().map(|(abi, _, packages)| (abi, packages)))
}

/// The packages of a pinned version.
pub(super) fn pinned(debian: &Debian, known: &Known) -> Packages {
    let package = |(role, name)| {
        let sha256 = known.sha256.get(&role).cloned();
        (role, Package { name, version: known.version.clone(), sha256 })
    };
    debian.names(&known.abi).into_iter().map(package).collect()
}

/// Whether the package sources have all of `packages`.
pub(super) fn served(packages: &Packages, shelf: &mut PackageCache) -> Result<bool> {
    for package in packages.values() {
        if !shelf.served(package)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The packages of `abi`, in the newest version that all of them are served in.
pub(super) fn packages_of(
    debian: &Debian,
    abi: &str,
    shelf: &mut PackageCache,
) -> Result<Option<Packages>> {
    let names = debian.names(abi);
    let Some(source) = names.get(&Role::Source) else {
        return Ok(None);
    };
    for version in shelf.versions(source)? {
        let packages = versioned(debian, abi, &version);
        if served(&packages, shelf)? {
            return Ok(Some(packages));
        }
    }
    Ok(None)
}

/// The packages of `abi` in a version that is not pinned.
fn versioned(debian: &Debian, abi: &str, version: &str) -> Packages {
    let package =
        |(role, name)| (role, Package { name, version: version.to_owned(), sha256: None });
    debian.names(abi).into_iter().map(package).collect()
}

/// The newest ABI of the series that is served, and its packages.
pub(super) fn newest(debian: &Debian, shelf: &mut PackageCache) -> Result<(String, Packages)> {
    let mut abis = shelf.abis("linux-headers-", &debian.pattern()?)?;
    while let Some(abi) = abis.pop() {
        if let Some(packages) = packages_of(debian, &abi, shelf)? {
            return Ok((abi, packages));
        }
    }
    Err(unserved(&format!("matches {}", debian.series)))
}

/// The error when no package that fits is served; `what` ends the words "no package that".
pub(super) fn unserved(what: &str) -> anyhow::Error {
    let what = format!("the package sources have no package that {what}");
    let remedy = format!("add Debian's package sources to /etc/apt/sources.list, or {ELSEWHERE}");
    Unavailable { what, remedy }.into()
}
