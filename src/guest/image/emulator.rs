//! The emulator: QEMU, from the `PATH` or from Debian's packages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::debian::fetched;
use crate::debian::packages::PackageCache;
use crate::record::Source;

/// The program that runs a kernel.
#[derive(Debug, Clone, Default)]
pub struct Emulator {
    pub program: PathBuf,
    /// Folders with libraries that it needs beyond the system's.
    pub libraries: Vec<PathBuf>,
    /// The folder with its loadable parts, where it does not find it by itself.
    pub parts: Option<PathBuf>,
    /// Folders with its firmware, where it does not find it by itself.
    pub firmware: Vec<PathBuf>,
    pub version: String,
    pub sources: Vec<Source>,
}

const PROGRAM: &str = "qemu-system-x86_64";
const PACKAGE: &str = "qemu-system-x86";
const LABEL: &str = "emulator-";
const NOTE: &str = "emulator.packages";

/// The emulator on the `PATH`, or a fetched one.
///
/// # Errors
/// [`crate::sys::error::Unavailable`] if it is unavailable.
pub(super) fn find(shelf: &mut PackageCache) -> Result<Emulator> {
    let mut emulator = Emulator { program: PROGRAM.into(), ..Emulator::default() };
    if let Ok(version) = version(&emulator) {
        emulator.version = version;
        return Ok(emulator);
    }
    let packages = fetched::packages(shelf, NOTE, LABEL, &|shelf| shelf.missing(PACKAGE))?;
    for package in packages {
        let program = package.folder.join("usr/bin").join(PROGRAM);
        if program.is_file() {
            emulator.program = program;
        }
        for dir in package.libraries() {
            if dir.join("qemu/accel-tcg-x86_64.so").is_file() {
                emulator.parts = Some(dir.join("qemu"));
            }
            emulator.libraries.push(dir);
        }
        for dir in ["usr/share/qemu", "usr/share/seabios"] {
            emulator.firmware.extend(Some(package.folder.join(dir)).filter(|dir| dir.is_dir()));
        }
        emulator.sources.push(package.source);
    }
    emulator.version = version(&emulator)?;
    Ok(emulator)
}

/// The version line of the emulator; this also checks that it starts.
fn version(emulator: &Emulator) -> Result<String> {
    let mut command = Command::new(&emulator.program);
    if !emulator.libraries.is_empty() {
        command.env("LD_LIBRARY_PATH", std::env::join_paths(&emulator.libraries)?);
    }
    let output = command.arg("--version").stdin(Stdio::null()).output();
    let output = output.with_context(|| emulator.program.display().to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!("{}: {said}", emulator.program.display());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().next().unwrap_or("QEMU").to_owned())
}
