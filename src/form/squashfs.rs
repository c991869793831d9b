//! Squashfs images, written by backhand and read here: backhand reads and unpacks all tables of an
//! image before the first file, and trusts them.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::api::{Form, Visit, VisitFile, not_a_file};
use crate::container::squashfs::content::{self, Wanted};
use crate::container::squashfs::metadata::Image;
use crate::container::squashfs::structures::Kind;
use crate::container::squashfs::write::{Blocks, write};
use crate::record::Layout;
use crate::sys::version;
use crate::tree::{Entry, Node, Tree, TreePath};

/// One codec at one block size.
pub(super) struct Squashfs {
    pub(super) id: String,
    pub(super) codec: Blocks,
    /// Bytes of a block: a power of two from 4 KiB to 1 MiB.
    pub(super) block: u32,
}

impl Form for Squashfs {
    fn id(&self) -> &str {
        &self.id
    }

    fn what(&self) -> &'static str {
        "squashfs"
    }

    fn layout(&self) -> Layout {
        Layout::Image
    }

    fn filesystem(&self) -> Option<&'static str> {
        Some("squashfs")
    }

    fn tool(&self) -> Result<String> {
        let backhand = format!("backhand {} (crate)", version::of("backhand"));
        Ok(format!("{backhand}, {}", self.codec.tool()))
    }

    fn settings(&self) -> String {
        format!("{}, blocks of {} B", self.codec.settings(), self.block)
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        write(tree, self.codec, self.block, artifact)
            .with_context(|| artifact.display().to_string())
    }

    fn unpadded(&self, artifact: &Path) -> Result<Option<u64>> {
        let image = Image::open(artifact).with_context(|| artifact.display().to_string())?;
        Ok(Some(image.end()))
    }

    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(b"hsqs")
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk = || -> Result<()> {
            let mut image = Image::open(artifact)?;
            let mut files = Vec::new();
            for (path, inode) in image.list()? {
                let node = match inode.kind {
                    Kind::Dir(_) => Node::Dir,
                    Kind::Symlink(target) => Node::Symlink { target },
                    Kind::File(content) => {
                        let what = (path, inode.mtime, inode.executable);
                        files.push(Wanted { what, content });
                        continue;
                    }
                    Kind::Other => bail!("{path}: neither a file, a directory nor a symlink"),
                };
                visit(Entry { path, mtime: inode.mtime, node })?;
            }
            content::read(&mut image, files, &mut |(path, mtime, executable), data| {
                visit(Entry { path, mtime, node: Node::File { data, executable } })
            })
        };
        walk().with_context(|| artifact.display().to_string())
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let mut read = || -> Result<()> {
            let mut image = Image::open(artifact)?;
            let mut files = Vec::new();
            for path in paths {
                let Some(inode) = image.find(path)? else { bail!("{path}: no such file") };
                match inode.kind {
                    Kind::File(content) => files.push(Wanted { what: path, content }),
                    Kind::Symlink(target) => {
                        return Err(not_a_file(path, &Node::Symlink { target }));
                    }
                    _ => return Err(not_a_file(path, &Node::Dir)),
                }
            }
            content::read(&mut image, files, visit)
        };
        read().with_context(|| artifact.display().to_string())
    }
}
