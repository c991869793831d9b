//! The limit: a tar by the strongest general compressor at hand, which no kernel decodes.
//!
//! It tells how much of a header set is redundant, and so how much any form could still gain. That is
//! zpaq, by its own program: it models contexts and mixes their predictions.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result};

use super::order::Order;
use super::{Form, Layout, Visit, VisitFile, tar};
use crate::tool::{self, Tool};
use crate::tree::{Tree, TreePath};

const PACKAGE: &str = "zpaq";
/// How a block begins: the tag by which zpaq finds one.
const MAGIC: &[u8] = b"7kSt\xa01\x83\xd3\x8c\xb2(\xb0\xd3";
/// What the tar is called inside, and the archive outside: the program insists on a suffix.
const INSIDE: &str = "tar";
const OUTSIDE: &str = "limit.zpaq";
/// The program's strongest method.
const METHOD: &str = "-m5";
/// The time of an archive's making, which is part of it.
const MADE: &str = "20000101000000";

/// The row of the form table.
pub(super) struct Limit;

/// The program and what it says of its version.
fn zpaq() -> Result<&'static (Tool, String)> {
    static FOUND: OnceLock<Result<(Tool, String), String>> = OnceLock::new();
    let ask = |tool: &Tool| {
        let said = tool.command(PACKAGE)?.output().context(PACKAGE)?.stdout;
        let said = String::from_utf8_lossy(&said);
        let line = said.lines().find(|line| line.starts_with("zpaq v"));
        line.map(str::to_owned).context("zpaq: does not tell its version")
    };
    let found = FOUND.get_or_init(|| Tool::find(PACKAGE, ask));
    found.as_ref().map_err(|why| tool::missing(PACKAGE, why))
}

fn is_error(line: &str) -> bool {
    line.contains("error") || line.contains("cannot")
}

/// The tar that `artifact` holds, below `folder`.
fn unpacked(artifact: &Path, folder: &Path) -> Result<PathBuf> {
    let (archive, inside) = (folder.join(OUTSIDE), folder.join(INSIDE));
    std::os::unix::fs::symlink(fs::canonicalize(artifact)?, &archive)?;
    let (zpaq, _) = zpaq()?;
    let mut command = zpaq.command(PACKAGE)?;
    command.args(["x", OUTSIDE, INSIDE]).current_dir(folder);
    tool::run(&mut command, is_error)?;
    Ok(inside)
}

impl Form for Limit {
    fn id(&self) -> &'static str {
        "limit"
    }

    fn about(&self) -> &'static str {
        "tar, zpaq method 5: the strongest general compressor at hand"
    }

    fn layout(&self) -> Layout {
        Layout::Stream
    }

    fn is_limit(&self) -> bool {
        true
    }

    fn tool(&self) -> Result<String> {
        Ok(zpaq()?.1.clone())
    }

    fn settings(&self) -> String {
        format!("zpaq {METHOD}, 1 thread")
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        let (zpaq, _) = zpaq()?;
        let build = || -> Result<()> {
            let mut out = File::create_new(artifact)?;
            let folder = tool::folder()?;
            let inside = folder.path().join(INSIDE);
            let mut container = BufWriter::new(File::create_new(&inside)?);
            tar::write(tree, Order::Name, &mut container)?;
            let container = container.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            let made = std::time::UNIX_EPOCH + std::time::Duration::from_secs(tree.mtime().into());
            container.set_modified(made)?;
            let mut command = zpaq.command(PACKAGE)?;
            command.args(["a", OUTSIDE, INSIDE, METHOD, "-until", MADE, "-noattributes", "-t1"]);
            tool::run(command.current_dir(folder.path()), is_error)?;
            std::io::copy(&mut File::open(folder.path().join(OUTSIDE))?, &mut out)?;
            Ok(())
        };
        build().with_context(|| artifact.display().to_string())
    }

    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(MAGIC)
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk = || -> Result<()> {
            let folder = tool::folder()?;
            super::by_id("tar")?.walk(&unpacked(artifact, folder.path())?, visit)
        };
        walk().with_context(|| artifact.display().to_string())
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let mut read = || -> Result<()> {
            let folder = tool::folder()?;
            super::by_id("tar")?.read(&unpacked(artifact, folder.path())?, paths, visit)
        };
        read().with_context(|| artifact.display().to_string())
    }
}
