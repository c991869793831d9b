//! A header set from Debian packages: which version, fetched, unpacked and laid out.

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
    let in_cache = |known: &&Known| pinned(debian, known).values().all(|p| p.cached(cache));
    if let Some(known) = debian.known.iter().find(in_cache) {
        return unpack(pinned(debian, known), Some(known), &known.abi, cache, say, None);
    }
    say("fetching package lists");
    let apt = Apt::update(&cache.apt())?;
    for known in &debian.known {
        let packages = pinned(debian, known);
        if served(&packages, &apt)? {
            return unpack(packages, Some(known), &known.abi, cache, say, Some(apt));
        }
    }
    let (abi, packages) = newest(debian, &apt)?;
    unpack(packages, None, &abi, cache, say, Some(apt))
}

fn pinned(debian: &Debian, known: &Known) -> BTreeMap<Role, Package> {
    let package = |(role, name)| {
        let sha256 = known.sha256.get(&role).cloned();
        (role, Package { name, version: known.version.clone(), sha256 })
    };
    debian.names(&known.abi).into_iter().map(package).collect()
}

fn served(packages: &BTreeMap<Role, Package>, apt: &Apt) -> Result<bool> {
    for package in packages.values() {
        if !apt.versions(&package.name)?.contains(&package.version) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn newest(debian: &Debian, apt: &Apt) -> Result<(String, BTreeMap<Role, Package>)> {
    let pattern = debian.pattern()?;
    let mut abis = Vec::new();
    for name in apt.names("linux-headers-")? {
        if let Some(abi) = pattern.captures(&name).and_then(|found| found.get(1)) {
            abis.push(abi.as_str().to_owned());
        }
    }
    abis.sort_by_key(|abi| numbers(abi));
    while let Some(abi) = abis.pop() {
        let names = debian.names(&abi);
        let Some(version) = apt.versions(&names[&Role::Source])?.into_iter().next() else {
            continue;
        };
        let package =
            |(role, name)| (role, Package { name, version: version.clone(), sha256: None });
        let packages = names.into_iter().map(package).collect();
        if served(&packages, apt)? {
            return Ok((abi, packages));
        }
    }
    Err(Unavailable {
        what: format!("no package that matches {} is served here", debian.series),
        remedy: format!("add Debian's package sources to /etc/apt/sources.list; or {ELSEWHERE}"),
    }
    .into())
}

/// The numbers in `text`, by which versions are told older from newer.
fn numbers(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

fn unpack<'a>(
    packages: BTreeMap<Role, Package>,
    known: Option<&'a Known>,
    abi: &str,
    cache: &Cache,
    say: &dyn Fn(&str),
    mut apt: Option<Apt>,
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
                    apt = Some(Apt::update(&cache.apt())?);
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
