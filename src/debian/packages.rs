//! Debian packages, fetched into the cache and unpacked there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use regex::Regex;

use super::apt::Apt;
use super::cache;
use super::cache::Cache;
use super::deb;
use super::suite::MIRROR;
use crate::record::Source;
use crate::sys::error::Unavailable;
use crate::tree::TreePath;

/// A Debian package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Expected SHA-256 in hex; `None` relies on apt's signatures.
    pub(crate) sha256: Option<String>,
}

impl Package {
    /// Where it lies as fetched.
    pub(crate) fn file(&self, cache: &Cache) -> PathBuf {
        cache.packages().join(format!("{}_{}.deb", self.name, self.version))
    }

    /// Where it is unpacked below the cache under `label`.
    pub(crate) fn folder(&self, cache: &Cache, label: &str) -> PathBuf {
        // An epoch's colon would end a folder in a search path.
        let version = self.version.replace(':', "%3a");
        cache.unpacked().join(format!("{label}{}_{version}", self.name))
    }
}

/// The packages of the cache, locked against other processes while the value exists.
pub(crate) struct PackageCache<'a> {
    cache: &'a Cache,
    /// Debian's suite that the packages are of; `None` for the machine's sources.
    suite: Option<&'a str>,
    say: &'a dyn Fn(&str),
    apt: Option<Apt<'a>>,
    _lock: File,
}

impl<'a> PackageCache<'a> {
    /// Waits for the lock of the cache.
    ///
    /// # Errors
    /// I/O errors.
    pub(crate) fn open(cache: &'a Cache, say: &'a dyn Fn(&str)) -> Result<Self> {
        Self::of_suite(cache, None, say)
    }

    /// As [`PackageCache::open`], for packages of `suite`, whatever suites the machine has.
    ///
    /// # Errors
    /// I/O errors.
    pub(crate) fn of_suite(
        cache: &'a Cache,
        suite: Option<&'a str>,
        say: &'a dyn Fn(&str),
    ) -> Result<Self> {
        Ok(Self { cache, suite, say, apt: None, _lock: cache.lock(say)? })
    }

    /// The kernel ABIs of the served packages whose names start with `prefix`, the newest last:
    /// the one group of `pattern`.
    ///
    /// # Errors
    /// As [`Apt::names`].
    pub(crate) fn abis(&mut self, prefix: &str, pattern: &Regex) -> Result<Vec<String>> {
        let names = self.apt()?.names(prefix)?;
        let abi = |name: &String| Some(pattern.captures(name)?.get(1)?.as_str().to_owned());
        let mut abis: Vec<_> = names.iter().filter_map(abi).collect();
        abis.sort_by_key(|abi| numbers(abi));
        Ok(abis)
    }

    /// The versions served of the package `name`, the newest first.
    ///
    /// # Errors
    /// As [`Apt::versions`].
    pub(crate) fn versions(&mut self, name: &str) -> Result<Vec<String>> {
        self.apt()?.versions(name)
    }

    /// The newest version served of the package `name`, if any is.
    ///
    /// # Errors
    /// As [`Apt::versions`].
    pub(crate) fn newest(&mut self, name: &str) -> Result<Option<String>> {
        Ok(self.versions(name)?.into_iter().next())
    }

    /// Whether `package` is served in this version.
    ///
    /// # Errors
    /// As [`Apt::versions`].
    pub(crate) fn served(&mut self, package: &Package) -> Result<bool> {
        Ok(self.versions(&package.name)?.contains(&package.version))
    }

    /// Path of the note `name`, next to the unpacked packages.
    pub(crate) fn note(&self, name: &str) -> PathBuf {
        self.cache.unpacked().join(name)
    }

    /// Where `package` is unpacked below the cache under `label`, whether it is there or not.
    pub(crate) fn place(&self, package: &Package, label: &str) -> PathBuf {
        package.folder(self.cache, label)
    }

    /// The folder with what `wanted` takes of `package`, fetched and unpacked unless it is there,
    /// and where it came from. The same `label` must always come with the same `wanted`.
    ///
    /// # Errors
    /// [`crate::sys::error::Unavailable`] if it is unavailable; a package that is not the pinned one.
    pub(crate) fn unpacked(
        &mut self,
        package: &Package,
        label: &str,
        wanted: &dyn Fn(&TreePath) -> bool,
    ) -> Result<(PathBuf, Source)> {
        let folder = self.place(package, label);
        let Package { name, version, sha256 } = package;
        let file = package.file(self.cache);
        if !folder.is_dir() {
            if let Some(pinned) = sha256
                && file.is_file()
                && cache::sha256(&file)? != *pinned
            {
                (self.say)(&format!("{}: damaged, downloading it again", file.display()));
                fs::remove_file(&file).with_context(|| file.display().to_string())?;
            }
            if !file.is_file() {
                self.download(package, &file)?;
            }
            (self.say)(&format!("unpacking {name}"));
            deb::unpack(&file, &folder, wanted)?;
        }
        let sha256 = match sha256 {
            Some(sha256) => sha256.clone(),
            None if file.is_file() => cache::sha256(&file)?,
            None => String::new(),
        };
        Ok((folder, Source { name: name.clone(), version: version.clone(), sha256 }))
    }

    /// The packages that `name` needs and this system has not installed, itself the first.
    ///
    /// # Errors
    /// [`crate::sys::error::Unavailable`] when it is not served.
    pub(crate) fn missing(&mut self, name: &str) -> Result<Vec<Package>> {
        let depends = self.apt()?.depends(name)?;
        let installed = installed();
        let mut wanted = vec![name.to_owned()];
        let mut seen = BTreeSet::from([name.to_owned()]);
        let mut packages = Vec::new();
        while let Some(name) = wanted.pop() {
            let Some(version) = self.newest(&name)? else {
                bail!("{name}: needed, but not in the package sources");
            };
            for choices in depends.get(&name).into_iter().flatten() {
                let there = choices.iter().any(|choice| installed.contains(choice));
                let Some(first) = choices.first() else { continue };
                if !there && seen.insert(first.clone()) {
                    wanted.push(first.clone());
                }
            }
            packages.push(Package { name, version, sha256: None });
        }
        Ok(packages)
    }

    fn apt(&mut self) -> Result<&Apt<'a>> {
        if self.apt.is_none() {
            (self.say)("downloading package lists");
            let apt = Apt::update(self.cache, self.suite)?;
            if apt.is_expired() {
                (self.say)("the mirror is past its date: only pinned packages are taken from it");
            }
            self.apt = Some(apt);
        }
        self.apt.as_ref().context("apt")
    }

    fn download(&mut self, package: &Package, file: &Path) -> Result<()> {
        let Package { name, version, sha256 } = package;
        let partial = self.cache.partial_dir()?;
        if self.apt()?.is_expired() && sha256.is_none() {
            return Err(Unavailable {
                what: format!("{name} {version}: not pinned, and the mirror is past its date"),
                remedy: format!("set {MIRROR} to a mirror that is updated"),
            }
            .into());
        }
        (self.say)(&format!("downloading {name} {version}"));
        let fetched = self.apt()?.download(name, version, partial.path())?;
        if let Some(pinned) = sha256 {
            let found = cache::sha256(&fetched)?;
            if found != *pinned {
                bail!(
                    "{name} {version}: the SHA-256 of the package is {found}, not the pinned \
                     {pinned}"
                );
            }
        }
        fs::rename(&fetched, file).with_context(|| file.display().to_string())
    }
}

/// The numbers in `text`, by which versions are ordered.
pub(crate) fn numbers(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// Packages that are installed here; none where there is no dpkg.
fn installed() -> BTreeSet<String> {
    let listed =
        Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status} ${Package}\n"]).output();
    let text = listed.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().filter_map(|line| line.strip_prefix("installed ")).map(str::to_owned).collect()
}
