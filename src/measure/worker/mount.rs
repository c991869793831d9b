//! An image mounted and read through the kernel.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::cost::measured;
use super::protocol::{Reply, What};

/// Mounts `artifact` at the folder `at`, reads, and unmounts it. A cost for the mount and for each of
/// `what`.
///
/// # Errors
/// The kernel does not take it, or does not let it go.
pub(crate) fn mount(filesystem: &str, artifact: &Path, at: &Path, what: &[What]) -> Result<Reply> {
    let mut costs = Vec::new();
    let mut mount = Command::new("mount");
    mount.args(["-t", filesystem, "-o", "loop,ro,nodev,nosuid"]).arg(artifact).arg(at);
    let (said, took) = measured(|| Ok(mount.output()?))?;
    if !said.status.success() {
        let said = String::from_utf8_lossy(&said.stderr);
        bail!("mount: {}", said.trim());
    }
    costs.push(took);
    let mut read = || -> Result<()> {
        for what in what {
            costs.push(measured(|| read_mounted(at, what))?.1);
        }
        Ok(())
    };
    let outcome = read();
    let unmounted = Command::new("umount").arg(at).status().context("umount")?;
    outcome?;
    if !unmounted.success() {
        bail!("umount {}: {unmounted}", at.display());
    }
    Ok(Reply::Done(costs))
}

fn read_mounted(root: &Path, what: &What) -> Result<()> {
    let read = |path: &Path| -> Result<()> {
        std::hint::black_box(fs::read(path).with_context(|| path.display().to_string())?);
        Ok(())
    };
    match what {
        What::Files(paths) => paths.iter().try_for_each(|path| read(&root.join(path.as_path()))),
        What::Compile(_, compiler, program) => compiler.check(root, program),
        What::All(_) => {
            for found in walkdir::WalkDir::new(root) {
                let found = found?;
                if found.file_type().is_file() {
                    read(found.path())?;
                }
            }
            Ok(())
        }
    }
}
