//! A header set from Debian packages: which version, fetched, unpacked and laid out.

mod choice;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::apt::Apt;
use super::cache::{self, Cache};
use super::deb;
use super::manifest::{Debian, Known, Role};
use crate::error::Unavailable;
use crate::record::Source;
use crate::tree::TreePath;
use choice::{Package, Packages, newest, packages_of, pinned, served, stand_in, unserved};

pub(super) use choice::cached;

/// Packages of one version, unpacked.
#[derive(Debug)]
pub(super) struct Unpacked<'a> {
    /// The kernel tree in each.
    pub(super) roots: BTreeMap<Role, PathBuf>,
    /// The pinned version that this is, if it is one.
    pub(super) known: Option<&'a Known>,
    /// Each package, for the record.
    pub(super) sources: Vec<Source>,
    /// The ABI.
    pub(super) abi: String,
}

/// Fetches what is not in the cache: the first pinned version that is there, else the first that
/// is served and comes, else the newest of the series; without network the newest in the cache.
///
/// # Errors
/// [`Unavailable`] when none can be had.
pub(super) fn fetch<'a>(
    debian: &'a Debian,
    cache: &Cache,
    say: &dyn Fn(&str),
) -> Result<Unpacked<'a>> {
    let _lock = cache.lock(say)?;
    if let Some(known) = cached(debian, cache) {
        return unpack(pinned(debian, known), Some(known), &known.abi, cache, say, None);
    }
    let fetched = fetch_served(debian, cache, say);
    match fetched {
        Err(error) if error.is::<Unavailable>() => match stand_in(debian, cache)? {
            Some((abi, packages)) => unpack(packages, None, &abi, cache, say, None),
            None => Err(error),
        },
        fetched => fetched,
    }
}

fn fetch_served<'a>(debian: &'a Debian, cache: &Cache, say: &dyn Fn(&str)) -> Result<Unpacked<'a>> {
    say("fetching package lists");
    let apt = Apt::update(cache)?;
    let mut failed = None;
    for known in &debian.known {
        let packages = pinned(debian, known);
        if served(&packages, &apt)? {
            match unpack(packages, Some(known), &known.abi, cache, say, Some(&apt)) {
                // Served, says the list, but it does not come: another version may.
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
    let (abi, packages) = newest(debian, &apt)?;
    unpack(packages, None, &abi, cache, say, Some(&apt))
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
    let _lock = cache.lock(say)?;
    say("fetching package lists");
    let apt = Apt::update(cache)?;
    let (abi, packages) = match abi {
        Some(abi) => match packages_of(debian, abi, &apt)? {
            Some(packages) => (abi.to_owned(), packages),
            None => return Err(unserved(&format!("is of {abi}"))),
        },
        None => newest(debian, &apt)?,
    };
    unpack(packages, None, &abi, cache, say, Some(&apt))
}

/// Removes what was unpacked, so that the next [`fetch`] unpacks it anew.
///
/// # Errors
/// What the system says.
pub(super) fn forget(unpacked: &Unpacked, cache: &Cache, say: &dyn Fn(&str)) -> Result<()> {
    let _lock = cache.lock(say)?;
    for source in &unpacked.sources {
        let folder = cache.unpacked().join(format!("{}_{}", source.name, source.version));
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

fn unpack<'a>(
    packages: Packages,
    known: Option<&'a Known>,
    abi: &str,
    cache: &Cache,
    say: &dyn Fn(&str),
    apt: Option<&Apt>,
) -> Result<Unpacked<'a>> {
    // Lists are fetched here for what turns out to be damaged in the cache.
    let own = OnceCell::new();
    let mut roots = BTreeMap::new();
    let mut sources = Vec::new();
    for (role, package) in packages {
        let folder = package.folder(cache);
        let file = package.file(cache);
        if !folder.is_dir() {
            if damaged(&package, &file)? {
                say(&format!("{}: damaged, fetching it again", file.display()));
                fs::remove_file(&file).with_context(|| file.display().to_string())?;
            }
            if !file.is_file() {
                let apt = match (apt, own.get()) {
                    (Some(apt), _) | (None, Some(apt)) => apt,
                    (None, None) => {
                        let fetched = Apt::update(cache)?;
                        own.get_or_init(|| fetched)
                    }
                };
                download(&package, &file, apt, cache, say)?;
            }
            say(&format!("unpacking {}", package.name));
            deb::unpack(&file, &folder, &needed)?;
        }
        let sha256 = match package.sha256 {
            Some(sha256) => sha256,
            None if file.is_file() => cache::sha256(&file)?,
            None => String::new(),
        };
        let name = package.name;
        sources.push(Source { name: name.clone(), version: package.version, sha256 });
        roots.insert(role, folder.join(below(role)).join(&name));
    }
    Ok(Unpacked { roots, known, sources, abi: abi.to_owned() })
}

fn damaged(package: &Package, file: &Path) -> Result<bool> {
    Ok(match &package.sha256 {
        Some(sha256) if file.is_file() => cache::sha256(file)? != *sha256,
        _ => false,
    })
}

fn download(
    package: &Package,
    file: &Path,
    apt: &Apt,
    cache: &Cache,
    say: &dyn Fn(&str),
) -> Result<()> {
    say(&format!("fetching {} {}", package.name, package.version));
    let partial = cache.partial_dir()?;
    let fetched = apt.download(&package.name, &package.version, partial.path())?;
    if let Some(expected) = &package.sha256 {
        let found = cache::sha256(&fetched)?;
        if found != *expected {
            bail!(
                "{} {}: the package that is served has the sha256 {found}, not the pinned \
                 {expected}",
                package.name,
                package.version
            );
        }
    }
    fs::rename(&fetched, file).with_context(|| file.display().to_string())
}

/// What is used of the packages: no documentation, and no links from `/lib/modules`.
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
