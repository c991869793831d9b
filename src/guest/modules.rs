//! The project's own kernel modules, compiled against the guest's headers on demand.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::image::GuestImage;
use crate::debian::cache::Cache;
use crate::kbuild::Kbuild;
use crate::sys::atomic_file;
use crate::sys::error::Unavailable;
use crate::sys::interrupt;
use crate::tree::hex;

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("modules/", $name)))),*]
    };
}

/// The sources, under GPL-2.0 as their first lines say.
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

/// Compiled modules by name, and why there are no others, by name too.
type Compiled = (Vec<(String, Vec<u8>)>, Vec<(&'static str, String)>);

/// The modules for the kernel of `image`; out of the cache if these sources were compiled for it before.
/// Each is compiled apart, so that one that a kernel does not take is no other's loss.
///
/// # Errors
/// I/O errors. A missing compiler, or a module that does not compile, is returned with
/// the modules that it concerns.
pub fn compiled(image: &GuestImage, cache: &Cache, say: &dyn Fn(&str)) -> Result<Compiled> {
    let none = |why: String| (Vec::new(), BUILT.map(|name| (name, why.clone())).to_vec());
    let headers = match &image.build {
        Ok(headers) => headers,
        Err(why) => return Ok(none(why.clone())),
    };
    let kbuild = Kbuild::find(&image.configuration());
    let kbuild = match kbuild.and_then(|kbuild| kbuild.ready(headers, cache, say)) {
        Err(error) => {
            let Unavailable { what, remedy } = error.downcast()?;
            return Ok(none(format!("{what}: {remedy}")));
        }
        Ok(kbuild) => kbuild,
    };
    let folder = cache.unpacked().join(format!("modules_{}", key(image, headers, &kbuild)));
    let _lock = cache.lock(say)?;
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let (mut modules, mut unbuilt) = (Vec::new(), Vec::new());
    for name in BUILT {
        let file = folder.join(format!("{name}.ko"));
        if !file.is_file() {
            say(&format!("compiling module {name}"));
            if let Err(why) = build(&kbuild, headers, name, &file)? {
                unbuilt.push((name, why));
                continue;
            }
        }
        let image = fs::read(&file).with_context(|| file.display().to_string())?;
        modules.push((name.to_owned(), image));
    }
    Ok((modules, unbuilt))
}

/// Without debug information, which has the paths of this machine: a guest is the same on all.
const FLAGS: &str = "KCFLAGS=-g0";

/// A folder may later have another kernel's headers: their content decides, not the path.
fn key(image: &GuestImage, headers: &Path, kbuild: &Kbuild) -> String {
    let mut hash = Sha256::new();
    for (name, text) in SOURCES {
        hash.update(format!("{name} {}\n{text}", text.len()));
    }
    // Whichever links lead there.
    let headers = headers.canonicalize().unwrap_or_else(|_| headers.to_path_buf());
    hash.update(format!("{} {} {} {FLAGS}", headers.display(), image.release, kbuild.compiler));
    for name in [".config", "Module.symvers"] {
        hash.update(fs::read(headers.join(name)).unwrap_or_default());
    }
    hex(&hash.finalize()).chars().take(16).collect()
}

/// Compiles the module `name` to `target`. The inner error is the reason why it does not compile, which is
/// tried again the next time.
fn build(kbuild: &Kbuild, headers: &Path, name: &str, target: &Path) -> Result<Result<(), String>> {
    let work = tempfile::Builder::new().prefix("kheaders-modules-").tempdir()?;
    let work = interrupt::passing(work);
    for (name, text) in SOURCES {
        fs::write(work.path().join(name), text)?;
    }
    let words = [format!("KHEADERS_MODULE={name}"), FLAGS.to_owned()];
    if let Err(error) = kbuild.modules(headers, work.path(), &words) {
        return Ok(Err(format!("{error:#}")));
    }
    let built = work.path().join(format!("{name}.ko"));
    let mut built = File::open(&built).with_context(|| built.display().to_string())?;
    atomic_file::write(target, |out| Ok(std::io::copy(&mut built, out).map(drop)?))?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_says_its_licence_first() {
        for (name, text) in SOURCES {
            let first = text.lines().next().unwrap();
            assert!(first.contains("SPDX-License-Identifier: GPL-2.0"), "{name}: {first}");
        }
    }
}
