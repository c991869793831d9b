//! EROFS images, written and read by erofs-utils: there is no library of its compressed layouts.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::api::{Form, Visit, VisitFile};
use super::erofs_utils::ErofsUtils;
use super::folder::Folder;
use crate::debian::tool;
use crate::record::Layout;
use crate::sys::error::Unavailable;
use crate::tree::folder::{Links, Writer};
use crate::tree::{Tree, TreePath};

/// `EROFS_SUPER_MAGIC_V1` of the kernel's `fs/erofs/erofs_fs.h`, and where the superblock is: beyond
/// the boot sector that it leaves room for.
const MAGIC: [u8; 4] = 0xe0f5_e1e2_u32.to_le_bytes();
const MAGIC_AT: usize = 1024;

/// What compresses clusters.
pub(super) struct Compressor {
    /// As `mkfs.erofs -z` takes it.
    name: &'static str,
    /// Extended options.
    options: &'static str,
    /// The first erofs-utils that has them all.
    since: &'static str,
}

pub(super) const LZ4HC: Compressor =
    Compressor { name: "lz4hc", options: "ztailpacking", since: "1.5" };
pub(super) const LZMA: Compressor =
    Compressor { name: "lzma", options: "all-fragments", since: "1.7" };
pub(super) const ZSTD: Compressor =
    Compressor { name: "zstd", options: "all-fragments", since: "1.8" };

/// One compressor at one size of cluster.
pub(super) struct Erofs {
    pub(super) id: String,
    pub(super) compressor: &'static Compressor,
    pub(super) level: u32,
    /// The most bytes that are compressed to one piece.
    pub(super) cluster: u32,
}

impl Erofs {
    fn arguments(&self) -> [String; 3] {
        let Self { compressor: Compressor { name, options, .. }, level, cluster, .. } = self;
        [format!("-z{name},{level}"), format!("-C{cluster}"), format!("-E{options}")]
    }

    /// The tool, if it has what this form takes.
    fn utils(&self) -> Result<&'static ErofsUtils> {
        let utils = ErofsUtils::find()?;
        if utils.compressors.iter().any(|known| known == self.compressor.name) {
            return Ok(utils);
        }
        Err(Unavailable {
            what: format!(
                "{}: supports {}, not {}",
                utils.version,
                utils.compressors.join(", "),
                self.compressor.name
            ),
            remedy: format!(
                "install erofs-utils {} or newer with this compressor",
                self.compressor.since
            ),
        }
        .into())
    }
}

impl Form for Erofs {
    fn id(&self) -> &str {
        &self.id
    }

    fn what(&self) -> &'static str {
        "erofs by mkfs.erofs"
    }

    fn layout(&self) -> Layout {
        Layout::Image
    }

    fn filesystem(&self) -> Option<&'static str> {
        Some("erofs")
    }

    fn tool(&self) -> Result<String> {
        Ok(self.utils()?.version.clone())
    }

    fn settings(&self) -> String {
        self.arguments().join(" ")
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        let utils = self.utils()?;
        let build = || -> Result<()> {
            File::create_new(artifact)?;
            let folder = tool::folder()?;
            let mut writer = Writer::new(folder.path(), Links::Any);
            tree.entries().iter().try_for_each(|entry| writer.put(entry.clone()))?;
            writer.finish()?;
            utils.make(&self.arguments(), tree.mtime(), folder.path(), artifact)
        };
        build().with_context(|| artifact.display().to_string())
    }

    fn recognises(&self, head: &[u8]) -> bool {
        head.get(MAGIC_AT..).is_some_and(|rest| rest.starts_with(&MAGIC))
    }

    fn all_or_nothing(&self) -> Option<&'static str> {
        Some("erofs-utils can't extract a single file")
    }

    /// By way of a folder, from which the entries are read.
    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let folder = tool::folder()?;
        self.extract(artifact, folder.path())?;
        Folder.walk(folder.path(), visit)
    }

    /// By way of a folder: before erofs-utils 1.8 there is no reading of single files.
    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let folder = tool::folder()?;
        self.extract(artifact, folder.path())?;
        Folder.read(folder.path(), paths, visit).with_context(|| artifact.display().to_string())
    }

    fn extract(&self, artifact: &Path, into: &Path) -> Result<()> {
        // Report a missing file before a missing tool.
        let extract = || -> Result<()> {
            File::open(artifact)?;
            ErofsUtils::find()?.extract(artifact, into)
        };
        extract().with_context(|| artifact.display().to_string())
    }
}
