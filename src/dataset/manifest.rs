//! The manifests in `datasets/`: sources of a header set, and its expected digest.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::tree::{Tree, TreePath, TreeStats};

/// The default header set.
pub const DEFAULT: &str = "debian-6.12-x86";

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../datasets/", $name, ".toml")))),*]
    };
}

macro_rules! closures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../datasets/closures/", $name, ".txt")))),*]
    };
}

/// Every manifest by name, the default first.
static MANIFESTS: &[(&str, &str)] = embedded![
    "debian-6.12-x86",
    "debian-6.12-x86-v5",
    "debian-6.12-x86-cloud-v5",
    "debian-7.3-x86",
    "debian-7.3-x86-v5",
    "debian-6.1-x86",
    "debian-6.1-x86-raw",
    "debian-6.1-x86-v5",
    "debian-6.1-arm64",
    "synthetic",
];

/// The lists of headers that manifests name as their closure.
static CLOSURES: &[(&str, &str)] =
    closures!["debian-6.12-x86", "debian-6.1-x86", "debian-6.1-arm64"];

/// A header set by name: where it comes from, what is selected, how it is prepared, and what to
/// expect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub title: String,
    /// The kernel's name for the architecture.
    pub arch: String,
    /// Whether block comments are stripped.
    pub strip: bool,
    /// Seconds since 1970, given to every entry.
    pub mtime: u32,
    /// Notes for readers of a record.
    #[serde(default)]
    pub notes: Vec<String>,
    pub closure: Closure,
    /// The Debian packages that it is made from.
    #[serde(default)]
    pub debian: Option<Debian>,
    #[serde(default)]
    pub synthetic: Option<Synthetic>,
}

/// Headers made from nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synthetic {
    pub seed: u64,
    /// Files to make, 100 to 100,000.
    pub files: u32,
    pub expect: Expect,
}

/// What a tree must be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub census: TreeStats,
    pub digest: String,
}

impl Expect {
    /// What `tree` is.
    pub fn of(tree: &Tree) -> Self {
        Self { census: tree.census(), digest: tree.digest() }
    }
}

/// What one program reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    pub program: String,
    /// The list of headers, `datasets/closures/NAME.txt`; without it nothing is known.
    #[serde(default)]
    pub list: Option<String>,
}

/// Debian packages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debian {
    /// A pattern over package names, whose one group is the ABI: it selects what belongs to the
    /// series when none of the known versions is served any more.
    pub series: String,
    /// The suite of Debian's archive that has them, where the machine's own need not.
    #[serde(default)]
    pub suite: Option<String>,
    /// The name of each package, `{abi}` standing for the ABI.
    pub packages: BTreeMap<Role, String>,
    /// The versions that are pinned, best first.
    pub known: Vec<Known>,
}

/// What a package contributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Headers of the kernel source tree.
    Source,
    /// Generated headers and configuration, of the object tree.
    Objects,
    /// Scripts and tools that build modules. Where a manifest has it, all that builds modules is
    /// taken, not headers alone.
    Kbuild,
}

/// One pinned version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The ABI, part of the packages' names.
    pub abi: String,
    pub version: String,
    /// The SHA-256 of each package, in hex.
    pub sha256: BTreeMap<Role, String>,
    pub expect: Expect,
}

impl Manifest {
    /// The names of all manifests, the default first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        MANIFESTS.iter().map(|(name, _)| *name)
    }

    /// The manifest called `name`.
    ///
    /// # Errors
    /// There is none, and the error lists those there are; or it is malformed.
    pub fn named(name: &str) -> Result<Self> {
        Self::parse(Self::text(name)?).with_context(|| format!("datasets/{name}.toml"))
    }

    /// The text of the manifest called `name`.
    ///
    /// # Errors
    /// There is none; the error lists those there are.
    pub fn text(name: &str) -> Result<&'static str> {
        match MANIFESTS.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Ok(text),
            None => {
                let known: Vec<_> = Self::names().collect();
                bail!("{name}: no such header set; known are {}", known.join(", "))
            }
        }
    }

    /// A manifest from its text.
    ///
    /// # Errors
    /// What is wrong with it, with the line.
    pub fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<()> {
        match (&self.debian, &self.synthetic) {
            (Some(debian), None) => debian.check(),
            (None, Some(synthetic)) if (100..=100_000).contains(&synthetic.files) => Ok(()),
            (None, Some(_)) => bail!("synthetic.files: not between 100 and 100000"),
            _ => bail!("expected either [debian] or [synthetic]"),
        }
    }
}

impl Closure {
    /// The headers of the list.
    ///
    /// # Errors
    /// There is no such list, or it has a line that is no path.
    pub fn headers(&self) -> Result<Vec<TreePath>> {
        let Some(name) = &self.list else {
            return Ok(Vec::new());
        };
        let Some((_, text)) = CLOSURES.iter().find(|(known, _)| known == name) else {
            bail!("closure.list: no datasets/closures/{name}.txt");
        };
        let path = |line: &str| {
            TreePath::new(line).with_context(|| format!("datasets/closures/{name}.txt"))
        };
        text.lines().map(path).collect()
    }
}

impl Known {
    /// Its block in a manifest.
    pub fn to_toml(&self) -> String {
        let mut sums = String::new();
        for (role, sum) in &self.sha256 {
            sums += &format!("{} = {sum:?}\n", role.word());
        }
        let TreeStats { files, links, dirs, bytes } = self.expect.census;
        format!(
            "[[debian.known]]\nabi = {:?}\nversion = {:?}\n[debian.known.expect]\n\
             census = {{ files = {files}, links = {links}, dirs = {dirs}, bytes = {bytes} }}\n\
             digest = {:?}\n[debian.known.sha256]\n{sums}",
            self.abi, self.version, self.expect.digest
        )
    }
}

impl Role {
    /// The word that a manifest has for it.
    pub fn word(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Objects => "objects",
            Role::Kbuild => "kbuild",
        }
    }
}

impl Debian {
    fn check(&self) -> Result<()> {
        self.pattern()?;
        if !self.packages.contains_key(&Role::Source) {
            bail!("debian.packages: no source package");
        }
        for known in &self.known {
            if !self.packages.keys().eq(known.sha256.keys()) {
                bail!("{}: the packages and their sha256 do not match", known.abi);
            }
        }
        Ok(())
    }

    /// The pattern over package names.
    ///
    /// # Errors
    /// It is no regular expression, or has not one group.
    pub fn pattern(&self) -> Result<regex::Regex> {
        let pattern = regex::Regex::new(&format!("^(?:{})$", self.series)).context("series")?;
        if pattern.captures_len() != 2 {
            bail!("series: the pattern must have exactly one group, the ABI");
        }
        Ok(pattern)
    }

    /// The name of each package at `abi`.
    pub fn names(&self, abi: &str) -> BTreeMap<Role, String> {
        let named = |(role, name): (&Role, &String)| (*role, name.replace("{abi}", abi));
        self.packages.iter().map(named).collect()
    }
}
