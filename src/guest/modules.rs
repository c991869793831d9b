//! The project's own kernel modules, compiled against the guest's headers when they are needed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use super::kit::Kit;
use crate::dataset::cache::Cache;
use crate::error::Unavailable;
use crate::tree::{folder, hex};

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("modules/", $name)))),*]
    };
}

/// The sources, under GPL-2.0 as their first lines tell.
static SOURCES: &[(&str, &str)] = sources![
    "Kbuild",
    "blob.h",
    "kblk.c",
    "khdr.c",
    "khfs.h",
    "khfs_codec.c",
    "khfs_index.c",
    "khfs_main.c",
];

/// What comes of them.
const BUILT: [&str; 3] = ["khdr", "kblk", "khfs"];

/// The modules for the kernel of `kit`, by name; out of the cache if these sources were compiled
/// for it before.
///
/// # Errors
/// [`Unavailable`] without compiler or make; what the compiler says.
pub fn compiled(kit: &Kit, cache: &Cache, say: &dyn Fn(&str)) -> Result<Vec<(String, Vec<u8>)>> {
    let compiler = version("cc", "gcc")?;
    version("make", "make")?;
    let mut hash = Sha256::new();
    for (name, text) in SOURCES {
        hash.update(format!("{name} {}\n{text}", text.len()));
    }
    hash.update(format!("{} {compiler}", kit.build.display()));
    let target = cache.unpacked().join(format!("modules_{}", &hex(&hash.finalize())[..16]));
    let _lock = cache.lock(say)?;
    if !target.is_dir() {
        say("compiling the guest's modules");
        build(kit, &target)?;
    }
    let read = |name: &str| -> Result<(String, Vec<u8>)> {
        let path = target.join(format!("{name}.ko"));
        Ok((name.to_owned(), fs::read(&path).with_context(|| path.display().to_string())?))
    };
    BUILT.into_iter().map(read).collect()
}

fn build(kit: &Kit, target: &Path) -> Result<()> {
    let work = tempfile::Builder::new().prefix("kheaders-modules-").tempdir()?;
    for (name, text) in SOURCES {
        fs::write(work.path().join(name), text)?;
    }
    let mut make = Command::new("make");
    make.arg("-C").arg(&kit.build).arg(format!("M={}", work.path().display()));
    // The compiler that is here, whichever the kernel was built with; and no BTF, which would need
    // the kernel's own and pahole.
    make.args(["CC=cc", "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"]);
    make.env("LC_ALL", "C").stdin(Stdio::null());
    let output = make.output().context("make")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last: Vec<_> = said.lines().filter(|line| !line.is_empty()).collect();
        let from = last.len().saturating_sub(6);
        bail!("the guest's modules do not compile: {}", last[from..].join(" / "));
    }
    folder::create_whole(target, folder::Links::Inside, |_| Ok(()))?;
    for name in BUILT {
        let file = format!("{name}.ko");
        fs::copy(work.path().join(&file), target.join(&file)).with_context(|| file.clone())?;
    }
    Ok(())
}

/// The first line of what `program` says of its version.
fn version(program: &str, package: &str) -> Result<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(|error| Unavailable {
        what: format!("{program}: {error}: the guest's modules can't be compiled"),
        remedy: format!("apt-get install {package}"),
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}
