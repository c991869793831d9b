//! User-mode Linux, the kernel as an ordinary process, from Debian's package.
//!
//! What builds modules for it is not in the package: the project's own can't be had for it.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Emulator, Kit, LABEL, image};
use crate::dataset::fetched;
use crate::dataset::packages::{Package, Shelf};
use crate::dataset::stream;
use crate::error::Unavailable;
use crate::whole;

const PACKAGE: &str = "user-mode-linux";
const NOTE: &str = "uml.packages";
/// Where the package has the kernel, its modules and its configuration.
const PROGRAM: &str = "usr/bin/linux.uml";
const MODULES: &str = "usr/lib/uml/modules";
const CONFIG: &str = "usr/share/doc/user-mode-linux/config.gz";

/// The kernel, fetched.
///
/// # Errors
/// [`Unavailable`] when it can't be had.
pub(super) fn fetch(shelf: &mut Shelf) -> Result<Kit> {
    let mut sources = Vec::new();
    let mut folders = Vec::new();
    for package in fetched::packages(shelf, NOTE, LABEL, &newest)? {
        let (folder, source) = shelf.unpacked(&package, LABEL, &|_| true)?;
        folders.push(folder);
        sources.push(source);
    }
    let (Some(folder), Some(source)) = (folders.first(), sources.first()) else {
        return Err(unserved().into());
    };
    let kernel = folder.join(PROGRAM);
    let release = image::release(&kernel)?;
    let version = format!("User-mode Linux {}", source.version);
    Ok(Kit {
        modules: folder.join(MODULES).join(&release),
        config: config(folder).map(Some)?,
        build: Err(unbuilt()),
        user_mode: true,
        emulator: Emulator::of_program(kernel.clone(), version),
        kernel,
        release,
        sources,
    })
}

/// Why nothing builds modules for a User-mode Linux.
pub(super) fn unbuilt() -> String {
    "User-mode Linux comes without what builds modules for it: apt-get install qemu-system-x86, and \
     another kernel is booted"
        .to_owned()
}

fn newest(shelf: &mut Shelf) -> Result<Vec<Package>> {
    let version = shelf.newest(PACKAGE)?.ok_or_else(unserved)?;
    Ok(vec![Package { name: PACKAGE.to_owned(), version, sha256: None }])
}

fn unserved() -> Unavailable {
    Unavailable {
        what: format!("{PACKAGE} is not served here"),
        remedy: "apt-get install qemu-system-x86, or add Debian's package sources".to_owned(),
    }
}

/// The configuration as a plain file, beside the compressed one.
fn config(folder: &Path) -> Result<PathBuf> {
    let packed = folder.join(CONFIG);
    let plain = packed.with_extension("");
    if !plain.is_file() {
        let unpack = || -> Result<()> {
            let mut text = stream::decompress(Box::new(BufReader::new(File::open(&packed)?)))?;
            whole::write(&plain, |out| Ok(std::io::copy(&mut text, out).map(drop)?))
        };
        unpack().with_context(|| packed.display().to_string())?;
    }
    Ok(plain)
}
