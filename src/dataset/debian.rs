//! A header set from Debian packages: which version, fetched, unpacked and laid out.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::apt::{Apt, ELSEWHERE};
use super::cache::{self, Cache};
use super::deb;
use super::manifest::{Debian, Known, Role};
use crate::error::Unavailable;
use crate::record::Source;
use crate::tree::TreePath;

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

type Packages = BTreeMap<Role, Package>;

/// A package to be had.
#[derive(Debug)]
struct Package {
    name: String,
    version: String,
    /// What it must be, if it is pinned.
    sha256: Option<String>,
}

impl Package {
    fn file(&self, cache: &Cache) -> PathBuf {
        cache.packages().join(format!("{}_{}.deb", self.name, self.version))
    }

    fn folder(&self, cache: &Cache) -> PathBuf {
        cache.unpacked().join(format!("{}_{}", self.name, self.version))
    }

    fn cached(&self, cache: &Cache) -> bool {
        self.folder(cache).is_dir() || self.file(cache).is_file()
    }
}

/// Fetches what is not in the cache: the first pinned version that is there, else the first that
/// is served, else the newest of the series.
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
    say("fetching package lists");
    let apt = Apt::update(cache)?;
    for known in &debian.known {
        let packages = pinned(debian, known);
        if served(&packages, &apt)? {
            return unpack(packages, Some(known), &known.abi, cache, say, Some(apt));
        }
    }
    let (abi, packages) = newest(debian, &apt)?;
    unpack(packages, None, &abi, cache, say, Some(apt))
}

/// The first pinned version that is in the cache.
pub(super) fn cached<'a>(debian: &'a Debian, cache: &Cache) -> Option<&'a Known> {
    let there =
        |known: &&Known| pinned(debian, known).values().all(|package| package.cached(cache));
    debian.known.iter().find(there)
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
    unpack(packages, None, &abi, cache, say, Some(apt))
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

fn pinned(debian: &Debian, known: &Known) -> Packages {
    let package = |(role, name)| {
        let sha256 = known.sha256.get(&role).cloned();
        (role, Package { name, version: known.version.clone(), sha256 })
    };
    debian.names(&known.abi).into_iter().map(package).collect()
}

fn served(packages: &Packages, apt: &Apt) -> Result<bool> {
    for package in packages.values() {
        if !apt.versions(&package.name)?.contains(&package.version) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The packages of `abi`, in the newest version that all of them are served in.
fn packages_of(debian: &Debian, abi: &str, apt: &Apt) -> Result<Option<Packages>> {
    let names = debian.names(abi);
    let Some(source) = names.get(&Role::Source) else {
        return Ok(None);
    };
    for version in apt.versions(source)? {
        let package = |(role, name): (&Role, &String)| {
            (*role, Package { name: name.clone(), version: version.clone(), sha256: None })
        };
        let packages = names.iter().map(package).collect();
        if served(&packages, apt)? {
            return Ok(Some(packages));
        }
    }
    Ok(None)
}

fn newest(debian: &Debian, apt: &Apt) -> Result<(String, Packages)> {
    let pattern = debian.pattern()?;
    let mut abis = Vec::new();
    for name in apt.names("linux-headers-")? {
        if let Some(abi) = pattern.captures(&name).and_then(|found| found.get(1)) {
            abis.push(abi.as_str().to_owned());
        }
    }
    abis.sort_by_key(|abi| numbers(abi));
    while let Some(abi) = abis.pop() {
        if let Some(packages) = packages_of(debian, &abi, apt)? {
            return Ok((abi, packages));
        }
    }
    Err(unserved(&format!("matches {}", debian.series)))
}

fn unserved(what: &str) -> anyhow::Error {
    let what = format!("no package that {what} is served here");
    let remedy = format!("add Debian's package sources to /etc/apt/sources.list; or {ELSEWHERE}");
    Unavailable { what, remedy }.into()
}

/// The numbers in `text`, by which versions are told older from newer.
fn numbers(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

fn unpack<'a, 'c>(
    packages: Packages,
    known: Option<&'a Known>,
    abi: &str,
    cache: &'c Cache,
    say: &dyn Fn(&str),
    mut apt: Option<Apt<'c>>,
) -> Result<Unpacked<'a>> {
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
                if apt.is_none() {
                    apt = Some(Apt::update(cache)?);
                }
                if let Some(apt) = &apt {
                    download(&package, &file, apt, cache, say)?;
                }
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
