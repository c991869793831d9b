//! `apt-get` without root, with lists and archives of its own.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, anyhow};

use super::cache::Cache;
use super::depends::{self, Depends};
use super::suite;
use crate::sys::atomic_file;
use crate::sys::error::Unavailable;
use crate::sys::interrupt;

/// Seconds without an answer after which a download is given up.
const TIMEOUT: u32 = 30;
/// The private source, in the folder of a suite.
const SOURCES: &str = "sources.list";

/// apt with its state in the cache, which must be locked.
#[derive(Debug)]
pub(crate) struct Apt<'a> {
    cache: &'a Cache,
    /// The suite of its private source; `None` for the machine's sources.
    suite: Option<&'a str>,
    /// Whether the lists are past their date, as those of a mirror that is not updated any more.
    expired: bool,
}

impl<'a> Apt<'a> {
    /// apt with its state in `cache`, its package lists fetched: those of `suite` alone, or of the
    /// machine's sources. The cache must be locked.
    ///
    /// # Errors
    /// [`Unavailable`] without `apt-get`, without a mirror for `suite`, or if no package list could be
    /// fetched.
    pub(crate) fn update(cache: &'a Cache, suite: Option<&'a str>) -> Result<Self> {
        // A failure of one of several sources does not change the exit code: what matters is whether
        // the packages are known afterwards.
        Self::fetch_lists(cache, suite, &["update"])
    }

    fn fetch_lists(cache: &'a Cache, suite: Option<&'a str>, words: &[&str]) -> Result<Self> {
        let mut apt = Self { cache, suite, expired: false };
        let folder = apt.folder();
        for dir in ["lists/partial", "cache/archives/partial"] {
            let dir = folder.join(dir);
            fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
        }
        if let Some(suite) = suite {
            atomic_file::write(&folder.join(SOURCES), |file| {
                Ok(file.write_all(suite::source(suite)?.as_bytes())?)
            })?;
        }
        let mut output = run(apt.command("apt-get").args(words))?;
        if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("expired") {
            apt.expired = true;
            output = run(apt.command("apt-get").args(words))?;
        }
        match output.status.success() {
            true => Ok(apt),
            false => Err(offline(&format!("apt-get update failed: {}", told(&output)))),
        }
    }

    /// The folder with its lists and archives.
    fn folder(&self) -> PathBuf {
        self.suite.map_or_else(|| self.cache.apt(), |suite| self.cache.apt().join(suite))
    }

    /// Whether the lists are past their date: signed, but perhaps by an attacker who withholds newer ones.
    pub(crate) fn is_expired(&self) -> bool {
        self.expired
    }

    /// The names of packages that start with `prefix`.
    ///
    /// # Errors
    /// [`Unavailable`] without `apt-cache`.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let output = run(self.command("apt-cache").args(["pkgnames", prefix]))?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// The versions of the package `name` that are served, newest first as apt orders them.
    ///
    /// # Errors
    /// As [`Apt::names`].
    pub(crate) fn versions(&self, name: &str) -> Result<Vec<String>> {
        let output = run(self.command("apt-cache").args(["madison", name]))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = |line: &str| line.split('|').nth(1).map(|version| version.trim().to_owned());
        let mut seen = BTreeSet::new();
        Ok(text.lines().filter_map(version).filter(|found| seen.insert(found.clone())).collect())
    }

    /// What `name` needs, and what those need, and so on.
    ///
    /// # Errors
    /// [`Unavailable`] without `apt-cache`, or when it knows no such package.
    pub(crate) fn depends(&self, name: &str) -> Result<Depends> {
        let only = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
        let mut command = self.command("apt-cache");
        command.args(["depends", "--recurse"]);
        command.args(only.map(|kind| format!("--no-{kind}"))).arg(name);
        let output = run(&mut command)?;
        if !output.status.success() {
            return Err(offline(&format!("apt-cache depends {name} failed: {}", told(&output))));
        }
        Ok(depends::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Downloads a package into the empty folder `into`, and returns where it lies.
    ///
    /// # Errors
    /// [`Unavailable`] when it could not be downloaded.
    pub(crate) fn download(&self, name: &str, version: &str, into: &Path) -> Result<PathBuf> {
        let package = format!("{name}={version}");
        let output =
            run(self.command("apt-get").current_dir(into).args(["download", package.as_str()]))?;
        let found = || -> io::Result<Option<PathBuf>> {
            let mut files = fs::read_dir(into)?;
            Ok(files.next().transpose()?.map(|file| file.path()))
        };
        let found = found().with_context(|| into.display().to_string())?;
        match found {
            Some(path) if output.status.success() => Ok(path),
            _ => Err(offline(&format!("apt-get download {package} failed: {}", told(&output)))),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.cache.program(program));
        let folder = self.folder();
        let set = |name: &str, path: &str| format!("{name}={}", folder.join(path).display());
        let mut options = vec![
            set("Dir::State::Lists", "lists"),
            set("Dir::Cache", "cache"),
            // The header sets are those of amd64 whatever machine this is.
            "APT::Architecture=amd64".to_owned(),
            // Root would otherwise hand downloads to a user who can't write here.
            "APT::Sandbox::User=root".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::Retries=3".to_owned(),
            format!("Acquire::http::Timeout={TIMEOUT}"),
            format!("Acquire::https::Timeout={TIMEOUT}"),
        ];
        if self.suite.is_some() {
            options.push(set("Dir::Etc::SourceList", SOURCES));
            options.push("Dir::Etc::SourceParts=/dev/null".to_owned());
        }
        if self.expired {
            options.push("Acquire::Check-Valid-Until=false".to_owned());
        }
        command.env("LC_ALL", "C").stdin(std::process::Stdio::null());
        for option in options {
            command.args(["-o", &option]);
        }
        command
    }
}

/// Whether every package source of this system answers.
///
/// # Errors
/// [`Unavailable`] without `apt-get`, or with the error of the first unreachable source; I/O errors of
/// the cache.
pub(crate) fn reach(cache: &Cache, say: &dyn Fn(&str)) -> Result<()> {
    let _lock = cache.lock(say)?;
    say("checking the package sources");
    Apt::fetch_lists(cache, None, &["-o", "APT::Update::Error-Mode=any", "update"]).map(drop)
}

fn run(command: &mut Command) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    interrupt::output(command, |_| ()).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            let what = format!("{program}: not installed, but needed to download Debian packages");
            Unavailable { what, remedy: ELSEWHERE.to_owned() }.into()
        } else {
            anyhow!(error).context(program)
        }
    })
}

/// The error message of apt.
fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let mut errors = text.lines().filter(|line| line.starts_with("E:"));
    let told = errors.next().or_else(|| text.lines().next_back());
    told.unwrap_or("no error message").to_owned()
}

/// The fix without access to Debian's packages.
pub(crate) const ELSEWHERE: &str = "use --dataset synthetic, or --tree DIR with a kernel source tree, or a \
                         machine with access to Debian's packages";

fn offline(what: &str) -> anyhow::Error {
    let remedy = format!("check the network and /etc/apt/sources.list*, or {ELSEWHERE}");
    Unavailable { what: what.to_owned(), remedy }.into()
}
