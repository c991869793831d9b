//! The kernel's `gen_kheaders.sh`, searched in kernel sources. It is never part of this
//! project.

use std::fs::{self, File};
use std::io::{BufReader, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::container::stream;
use crate::container::tar;
use crate::dataset::{Cache, Recipe};
use crate::sys::atomic_file;
use crate::tree::Node;

/// Where it is in a source tree.
const PATH: &str = "kernel/gen_kheaders.sh";

/// Where distributions put source trees, and tarballs of them.
const SOURCES: &str = "/usr/src";

/// Copies the script to `to`: that of the recipe's own source tree, else one below /usr/src, a tarball
/// of the same release first. Returns where it came from.
///
/// # Errors
/// There is none, or none that these folders go with.
pub(crate) fn bring(
    recipe: &Recipe,
    cache: &Cache,
    to: &Path,
    say: &dyn Fn(&str),
) -> Result<String> {
    let own = recipe.source.join(PATH);
    let (script, origin) = if own.is_file() {
        (own, format!("{PATH} of the source tree"))
    } else {
        let tarball = tarball(&recipe.source)?;
        let name = tarball.file_name().unwrap_or_default().to_string_lossy().into_owned();
        say(&format!("searching {PATH} in {name}"));
        (unpacked(&tarball, &name, cache)?, format!("{PATH} of {name}"))
    };
    let text = fs::read(&script).with_context(|| script.display().to_string())?;
    // Since 6.16 it is given lists of files by the kernel's Makefile.
    if memchr::memmem::find(&text, b"srclist").is_some() {
        bail!("{origin}: needs file lists of a kernel build");
    }
    fs::write(to, text).with_context(|| to.display().to_string())?;
    Ok(origin)
}

/// The tarball of sources that goes best with the tree at `source`.
fn tarball(source: &Path) -> Result<PathBuf> {
    let release = release(source).unwrap_or_default();
    let mut found: Vec<PathBuf> = fs::read_dir(SOURCES)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("linux-source-") && name.ends_with(".tar.xz")
        })
        .collect();
    found.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name != format!("linux-source-{release}.tar.xz"), name)
    });
    found.into_iter().next().with_context(|| {
        format!(
            "no {PATH} in {}, and no {SOURCES}/linux-source-*.tar.xz; \
             apt-get install linux-source-{release}",
            source.display()
        )
    })
}

/// Version and patch level of the kernel at `source`, by its Makefile: `6.12`.
fn release(source: &Path) -> Option<String> {
    let makefile = fs::read_to_string(source.join("Makefile")).ok()?;
    let value = |name: &str| {
        let line = makefile.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_start().strip_prefix('=')?.trim().to_owned())
    };
    Some(format!("{}.{}", value("VERSION")?, value("PATCHLEVEL")?))
}

/// The script from `tarball`, cached: finding it takes about 15 s.
fn unpacked(tarball: &Path, name: &str, cache: &Cache) -> Result<PathBuf> {
    let context = || tarball.display().to_string();
    let length = fs::metadata(tarball).with_context(context)?.len();
    let kept = cache.unpacked().join(format!("gen_kheaders-{name}-{length}.sh"));
    if kept.is_file() {
        return Ok(kept);
    }
    let mut script = None;
    let mut find = || -> Result<()> {
        let file = BufReader::with_capacity(1 << 16, File::open(tarball)?);
        tar::walk(stream::decompress(Box::new(file))?, &mut |member| {
            // Below the folder that is named after the release.
            let inside = member.path.as_bytes().splitn(2, |&byte| byte == b'/').nth(1);
            if inside != Some(PATH.as_bytes()) {
                return Ok(ControlFlow::Continue(()));
            }
            if let Node::File { data, .. } = member.into_entry()?.node {
                script = Some(data);
            }
            Ok(ControlFlow::Break(()))
        })
    };
    find().with_context(context)?;
    let Some(script) = script else { bail!("{}: contains no {PATH}", tarball.display()) };
    atomic_file::write(&kept, |file| Ok(file.write_all(&script)?))?;
    Ok(kept)
}
