//! The project's own kernel modules, compiled against the guest's headers when they are needed.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::kit::Kit;
use crate::dataset::cache::Cache;
use crate::kbuild::Kbuild;
use crate::tree::hex;
use crate::whole;

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
    "khfs_dir.c",
    "khfs_file.c",
    "khfs_index.c",
    "khfs_inode.c",
    "khfs_main.c",
];

/// What comes of them.
const BUILT: [&str; 3] = ["khdr", "kblk", "khfs"];

/// The modules for the kernel of `kit`, by name; out of the cache if these sources were compiled
/// for it before; none where there is nothing to build them by.
///
/// # Errors
/// [`crate::error::Unavailable`] without compiler or make; what the compiler says.
pub fn compiled(kit: &Kit, cache: &Cache, say: &dyn Fn(&str)) -> Result<Vec<(String, Vec<u8>)>> {
    let Some(headers) = &kit.build else { return Ok(Vec::new()) };
    let kbuild = Kbuild::find()?;
    let target = cache.unpacked().join(format!("modules_{}", key(kit, headers, &kbuild)));
    let _lock = cache.lock(say)?;
    if !target.is_dir() {
        say("compiling the guest's modules");
        build(&kbuild, headers, &target).with_context(|| format!("for Linux {}", kit.release))?;
    }
    let read = |name: &str| -> Result<(String, Vec<u8>)> {
        let path = target.join(format!("{name}.ko"));
        Ok((name.to_owned(), fs::read(&path).with_context(|| path.display().to_string())?))
    };
    BUILT.into_iter().map(read).collect()
}

/// A folder may come to hold another kernel's headers: what they are decides, not where.
fn key(kit: &Kit, headers: &Path, kbuild: &Kbuild) -> String {
    let mut hash = Sha256::new();
    for (name, text) in SOURCES {
        hash.update(format!("{name} {}\n{text}", text.len()));
    }
    hash.update(format!("{} {} {}", headers.display(), kit.release, kbuild.compiler));
    for name in [".config", "Module.symvers"] {
        hash.update(fs::read(headers.join(name)).unwrap_or_default());
    }
    hex(&hash.finalize()).chars().take(16).collect()
}

fn build(kbuild: &Kbuild, headers: &Path, target: &Path) -> Result<()> {
    let work = tempfile::Builder::new().prefix("kheaders-modules-").tempdir()?;
    for (name, text) in SOURCES {
        fs::write(work.path().join(name), text)?;
    }
    kbuild.modules(headers, work.path())?;
    whole::make(target, |partial| {
        fs::create_dir(partial)?;
        for name in BUILT {
            let file = format!("{name}.ko");
            fs::copy(work.path().join(&file), partial.join(&file)).context(file)?;
        }
        Ok(())
    })
}
