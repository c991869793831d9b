//! Debian packages unpacked: an `ar` archive that holds a compressed tar.

use std::fs::{self, File};
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::container::stream;
use crate::container::tar;
use crate::tree::TreePath;
use crate::tree::folder::{self, Links};

/// Unpacks what `wanted` takes of the package at `deb` into the new folder `target`, which is
/// there whole or not at all.
///
/// # Errors
/// A damaged package, one with unsafe paths, or I/O errors; the error names the package.
pub(crate) fn unpack(deb: &Path, target: &Path, wanted: &dyn Fn(&TreePath) -> bool) -> Result<()> {
    let unpack = || -> Result<()> {
        // The links of these packages lead to other packages, and are never followed here.
        folder::create_whole(target, Links::Any, |writer| {
            members(deb, &mut |member| {
                if wanted(&member.path) {
                    writer.put(member.into_entry()?)?;
                }
                Ok(())
            })
        })
    };
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    unpack().with_context(|| deb.display().to_string())
}

fn members(deb: &Path, each: &mut dyn FnMut(tar::Member) -> Result<()>) -> Result<()> {
    let mut archive = ar::Archive::new(BufReader::new(File::open(deb)?));
    while let Some(member) = archive.next_entry() {
        let member = member.context("not a Debian package, or truncated")?;
        let name = String::from_utf8_lossy(member.header().identifier()).into_owned();
        if name.starts_with("data.tar") {
            let data = stream::decompress(Box::new(BufReader::new(member)))?;
            return tar::walk(data, &mut |member| {
                each(member)?;
                Ok(ControlFlow::Continue(()))
            })
            .context(name);
        }
    }
    bail!("not a Debian package: it has no data.tar")
}
