//! A header set from Debian packages: which version, fetched, unpacked and laid out.

mod choice;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::manifest::{Debian, Known, Role};
use crate::debian::cache::Cache;
use crate::debian::packages::PackageCache;
use crate::record::Source;
use crate::sys::error::Unavailable;
use crate::tree::TreePath;
use choice::{Packages, newest, packages_of, pinned, served, stand_in, unserved};

pub(super) use choice::cached;

/// Packages of one version, unpacked.
#[derive(Debug)]
pub(super) struct Unpacked<'a> {
    pub(super) roots: BTreeMap<Role, PathBuf>,
    folders: Vec<PathBuf>,
    /// The pinned version that this is, if it is one.
    pub(super) known: Option<&'a Known>,
    pub(super) sources: Vec<Source>,
    /// The ABI.
    pub(super) abi: String,
}

/// Fetches what is not in the cache: the first pinned version that is there, else the first that
/// is served and comes, else the newest of the series; without network the newest in the cache.
///
/// # Errors
/// [`Unavailable`] when none is available.
pub(super) fn fetch<'a>(
    debian: &'a Debian,
    cache: &Cache,
    say: &dyn Fn(&str),
) -> Result<Unpacked<'a>> {
    let mut shelf = PackageCache::of_suite(cache, debian.suite.as_deref(), say)?;
    if let Some(known) = cached(debian, cache) {
        return unpack(pinned(debian, known), Some(known), &known.abi, &mut shelf);
    }
    match fetch_served(debian, &mut shelf, say) {
        Err(error) if error.is::<Unavailable>() => match stand_in(debian, cache)? {
            Some((abi, packages)) => unpack(packages, None, &abi, &mut shelf),
            None => Err(error),
        },
        fetched => fetched,
    }
}

fn fetch_served<'a>(
    debian: &'a Debian,
    shelf: &mut PackageCache,
    say: &dyn Fn(&str),
) -> Result<Unpacked<'a>> {
    let mut failed = None;
    for known in &debian.known {
        let packages = pinned(debian, known);
        if served(&packages, shelf)? {
            match unpack(packages, Some(known), &known.abi, shelf) {
                // Listed, but the download fails: another version may work.
                Err(error) if error.is::<Unavailable>() => {
                    say(&format!("{}: {error:#}", known.abi));
                    failed.get_or_insert(error);
                }
                unpacked => return unpacked,
            }
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let (abi, packages) = newest(debian, shelf)?;
    unpack(packages, None, &abi, shelf)
}

/// Fetches the version of `abi`, or the newest of the series, to be pinned.
///
/// # Errors
/// As [`fetch`].
pub(super) fn fetch_unpinned<'a>(
    debian: &'a Debian,
    abi: Option<&str>,
    cache: &Cache,
    say: &dyn Fn(&str),
) -> Result<Unpacked<'a>> {
    let mut shelf = PackageCache::of_suite(cache, debian.suite.as_deref(), say)?;
    let (abi, packages) = match abi {
        Some(abi) => match packages_of(debian, abi, &mut shelf)? {
            Some(packages) => (abi.to_owned(), packages),
            None => return Err(unserved(&format!("is of {abi}"))),
        },
        None => newest(debian, &mut shelf)?,
    };
    unpack(packages, None, &abi, &mut shelf)
}

/// Removes the unpacked files, so that the next [`fetch`] unpacks them again.
///
/// # Errors
/// I/O errors.
pub(super) fn forget(unpacked: &Unpacked, cache: &Cache, say: &dyn Fn(&str)) -> Result<()> {
    let _lock = cache.lock(say)?;
    for folder in &unpacked.folders {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

fn unpack<'a>(
    packages: Packages,
    known: Option<&'a Known>,
    abi: &str,
    shelf: &mut PackageCache,
) -> Result<Unpacked<'a>> {
    let abi = abi.to_owned();
    let mut unpacked =
        Unpacked { roots: BTreeMap::new(), folders: Vec::new(), known, sources: Vec::new(), abi };
    for (role, package) in packages {
        let (folder, source) = shelf.unpacked(&package, "", &needed)?;
        unpacked.roots.insert(role, folder.join(below(role)).join(package.name));
        unpacked.folders.push(folder);
        unpacked.sources.push(source);
    }
    Ok(unpacked)
}

/// The files used of the packages: no documentation, and no links from `/lib/modules`.
fn needed(path: &TreePath) -> bool {
    let below = |dir: &[u8]| path.as_bytes().starts_with(dir);
    below(b"usr/src/linux-headers-") || below(b"usr/lib/linux-kbuild-")
}

/// Where a package has its tree, in a folder of the package's name.
fn below(role: Role) -> &'static str {
    match role {
        Role::Source | Role::Objects => "usr/src",
        Role::Kbuild => "usr/lib",
    }
}
