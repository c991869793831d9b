//! A source tarball by URL and SHA-256.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::container::stream;
use crate::container::tar;
use crate::debian::cache;
use crate::debian::cache::Cache;
use crate::sys::error::Unavailable;
use crate::tree::TreePath;
use crate::tree::folder::{self, Links};

/// Timeout of a server.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fetches the tarball at `url` unless it is in the cache, and unpacks its headers. Returns the
/// folder that holds `include/` and `arch/`.
///
/// # Errors
/// [`Unavailable`] if it is unavailable; a wrong digest; no kernel source tarball.
pub(super) fn tarball(
    url: &str,
    sha256: &str,
    cache: &Cache,
    say: &dyn Fn(&str),
) -> Result<PathBuf> {
    let sha256 = sha256.to_ascii_lowercase();
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("--sha256: expected 64 hexadecimal digits");
    }
    let folder = cache.unpacked().join(format!("tarball_{sha256}"));
    let file = cache.packages().join(format!("{sha256}.tarball"));
    let _lock = cache.lock(say)?;
    if folder.is_dir() {
        return Ok(folder);
    }
    if file.is_file() && cache::sha256(&file)? != sha256 {
        say(&format!("{}: damaged, downloading it again", file.display()));
        fs::remove_file(&file).with_context(|| file.display().to_string())?;
    }
    if !file.is_file() {
        say(&format!("downloading {url}"));
        download(url, &sha256, &file, cache)?;
    }
    say(&format!("unpacking {url}"));
    unpack(&file, &folder).with_context(|| url.to_owned())?;
    Ok(folder)
}

fn download(url: &str, sha256: &str, file: &Path, cache: &Cache) -> Result<()> {
    let unavailable = |why: &dyn std::fmt::Display| Unavailable {
        what: format!("{url}: {why}"),
        remedy:
            "check the network and the URL, or download and unpack it by hand and use --tree DIR"
                .to_owned(),
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .build()
        .into();
    let mut response = agent.get(url).call().map_err(|error| unavailable(&error))?;
    let partial = cache.partial_dir()?;
    let fetched = partial.path().join("tarball");
    let mut out = File::create(&fetched).with_context(|| fetched.display().to_string())?;
    let mut body = response.body_mut().as_reader();
    io::copy(&mut body, &mut out).map_err(|error| unavailable(&error))?;
    let found = cache::sha256(&fetched)?;
    if found != sha256 {
        bail!("{url}: the SHA-256 is {found}, not {sha256}");
    }
    fs::rename(&fetched, file).with_context(|| file.display().to_string())
}

/// Unpacks the headers of every architecture, without the one folder that all is in.
fn unpack(file: &Path, target: &Path) -> Result<()> {
    let input = BufReader::new(File::open(file)?);
    let mut found = false;
    folder::create_whole(target, Links::Any, |writer| {
        tar::walk(stream::decompress(Box::new(input))?, &mut |mut member| {
            let Some(path) = below_top(&member.path).filter(is_header) else {
                return Ok(ControlFlow::Continue(()));
            };
            member.path = path;
            writer.put(member.into_entry()?)?;
            found = true;
            Ok(ControlFlow::Continue(()))
        })?;
        if !found {
            bail!("no kernel source tarball: no headers in include/ and arch/*/include/");
        }
        Ok(())
    })
}

fn below_top(path: &TreePath) -> Option<TreePath> {
    let slash = path.as_bytes().iter().position(|&byte| byte == b'/')?;
    TreePath::new(&path.as_bytes()[slash + 1..]).ok()
}

fn is_header(path: &TreePath) -> bool {
    let mut parts = path.as_bytes().split(|&byte| byte == b'/');
    let folder = match parts.next() {
        Some(b"arch") => parts.nth(1),
        first => first,
    };
    folder == Some(b"include") && path.name().ends_with(b".h")
}
