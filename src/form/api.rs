//! What every form can do.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::container::codec;
use crate::record::Layout;
use crate::tree::folder::{Links, Writer};
use crate::tree::{Entry, Node, Tree, TreePath};

/// Is shown the entries of an artifact, in whatever order it has them.
pub type Visit<'a> = dyn FnMut(Entry) -> Result<()> + 'a;

/// Is shown the content of the files asked for, in whatever order the artifact has them.
pub type VisitFile<'a> = dyn FnMut(&TreePath, Vec<u8>) -> Result<()> + 'a;

/// One way to store a tree.
pub trait Form: Send + Sync {
    /// Its name: family, codec and every setting that changes bytes, `tar.xz-6`.
    fn id(&self) -> &str;

    /// What it is, for people, but for its settings.
    fn what(&self) -> &'static str;

    /// How its artifact is laid out.
    fn layout(&self) -> Layout;

    /// The name that `mount -t` takes for its image; `None` of what is no image.
    fn filesystem(&self) -> Option<&'static str> {
        None
    }

    /// The libraries or the tool that build and read it, each with its version.
    ///
    /// # Errors
    /// A tool that is not there.
    fn tool(&self) -> Result<String>;

    /// Every setting that changes bytes, from the values it builds with. The id is a name, and can be
    /// kept when a value is changed; this can't.
    fn settings(&self) -> String;

    /// Approximate memory of a build besides the tree, bytes. A worker touches as much before its
    /// clock starts.
    fn build_memory(&self) -> usize {
        codec::BUILD_MEMORY
    }

    /// Writes `tree` to `artifact`, which does not exist yet.
    ///
    /// # Errors
    /// I/O errors, or errors of the library; the error names the artifact.
    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()>;

    /// Whether an artifact that starts with `head` (up to 2,048 bytes) is of this form's family.
    fn recognises(&self, head: &[u8]) -> bool;

    /// Calls `visit` with every entry.
    ///
    /// # Errors
    /// An artifact that is truncated, altered or hostile, and those of `visit`.
    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()>;

    /// Calls `visit` with the regular files at `paths`, reading no more of the artifact than it must.
    ///
    /// # Errors
    /// As [`Form::walk`]; a path that is not there or not a regular file.
    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()>;

    /// Writes every entry below the empty folder `into`: for an artifact that this program has built
    /// itself, as symlinks may lead anywhere.
    ///
    /// # Errors
    /// As [`Form::walk`], and I/O errors of `into`.
    fn extract(&self, artifact: &Path, into: &Path) -> Result<()> {
        let mut writer = Writer::new(into, Links::Any);
        self.walk(artifact, &mut |entry| writer.put(entry))?;
        writer.finish()
    }

    /// Why it is not known what single files take, where a tool is at hand that extracts all or nothing.
    fn all_or_nothing(&self) -> Option<&'static str> {
        None
    }

    /// Calls `visit` with every entry, each file with its bytes as they are stored, compressed on its own,
    /// and the dictionary, if there is one, as the file `.dictionary`.
    ///
    /// # Errors
    /// As [`Form::walk`]; a form that does not store files one by one.
    fn walk_stored(&self, artifact: &Path, _visit: &mut Visit) -> Result<()> {
        bail!("{}: {} does not store files one by one", artifact.display(), self.id())
    }

    /// The bytes of `artifact` that are not padding at its end; `None` when there is no padding.
    ///
    /// # Errors
    /// As [`Form::walk`].
    fn unpadded(&self, _artifact: &Path) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Bytes that the stored files take when each is rounded up to whole 4 KiB pages, as in a
    /// folder or in memory; `None` when files are not stored one by one.
    ///
    /// # Errors
    /// As [`Form::walk`].
    fn pages(&self, _artifact: &Path) -> Result<Option<u64>> {
        Ok(None)
    }
}

/// Bytes at the start of an artifact that identify its form: the superblock of EROFS starts at 1024.
pub(super) const HEAD: u64 = 2048;

/// Several, in the order that they were asked for.
pub type Forms = Vec<Arc<dyn Form>>;

/// The page size that [`Form::pages`] rounds to, bytes.
pub const PAGE: u64 = 4096;

/// `bytes` in whole pages.
pub fn page_rounded(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE) * PAGE
}

/// The error of [`Form::read`] for a path that is there but has no content of its own.
pub(super) fn not_a_file(path: &TreePath, node: &Node) -> anyhow::Error {
    match node {
        Node::Symlink { target } => {
            anyhow::anyhow!("{path}: is a symlink to {}", target.escape_ascii())
        }
        _ => anyhow::anyhow!("{path}: is a directory"),
    }
}
