//! Squashfs images, by backhand.

mod ahead;
mod bounded;
mod guard;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, BufWriter, Cursor, Read as _, Seek as _};
use std::os::unix::ffi::OsStrExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use backhand::compression::{CompressionOptions, Compressor, Zstd};
use backhand::{
    FilesystemCompressor, FilesystemReader, FilesystemWriter, InnerNode, NodeHeader, Squashfs,
    SquashfsFileReader, SquashfsSymlink,
};

use super::{Form, Layout, Visit, VisitFile};
use crate::tree::{Entry, Node, Tree, TreePath};
use crate::version;

/// `SQUASHFS_NAME_LEN` of the kernel's `fs/squashfs/squashfs_fs.h`.
const NAME_MAX: usize = 256;
/// The longest symlink target that backhand reads back.
const TARGET_MAX: usize = 255;

/// What the blocks of an image are compressed with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Codec {
    /// zlib at the level that backhand and mksquashfs have as default.
    Gz9,
    /// zstd at a level, 1 to 22.
    Zst(u32),
    /// xz preset 6 with a dictionary as large as a block, as mksquashfs has it, and CRC32.
    Xz6,
}

/// A row of the form table: one codec at one block size.
pub(super) struct Image {
    pub(super) id: &'static str,
    pub(super) about: &'static str,
    pub(super) codec: Codec,
    /// Bytes of a block: a power of two from 4 KiB to 1 MiB.
    pub(super) block: u32,
}

impl Image {
    fn write(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        let compressor = match self.codec {
            Codec::Gz9 => FilesystemCompressor::new(Compressor::Gzip, None)?,
            Codec::Xz6 => FilesystemCompressor::new(Compressor::Xz, None)?,
            Codec::Zst(compression_level) => {
                let options = CompressionOptions::Zstd(Zstd { compression_level });
                FilesystemCompressor::new(Compressor::Zstd, Some(options))?
            }
        };
        let header = |permissions| NodeHeader::new(permissions, 0, 0, tree.mtime());
        let seed = seed(header(0o755))?;
        let mut image = FilesystemWriter::from_fs_reader(&seed)?;
        image.set_kind(bounded::kind());
        image.set_block_size(self.block);
        image.set_compressor(compressor);
        image.set_time(tree.mtime());
        for entry in tree.entries() {
            let path = &entry.path;
            let depth = path.depth();
            if depth > guard::DEPTH_MAX {
                bail!("{path}: more than {} directories deep", guard::DEPTH_MAX);
            }
            if path.name().len() > NAME_MAX {
                bail!(
                    "{path}: a name of more than {NAME_MAX} bytes, which squashfs has no place for"
                );
            }
            match &entry.node {
                Node::Dir => image.push_dir(path.as_path(), header(0o755)),
                Node::File { data, executable } => {
                    let mode = if *executable { 0o755 } else { 0o644 };
                    image.push_file(data.as_slice(), path.as_path(), header(mode))
                }
                Node::Symlink { target } => {
                    if target.len() > TARGET_MAX {
                        bail!("{path}: its target is longer than the {TARGET_MAX} bytes that backhand reads");
                    }
                    image.push_symlink(OsStr::from_bytes(target), path.as_path(), header(0o777))
                }
            }
            .with_context(|| path.to_string())?;
        }
        let mut file = File::create_new(artifact)?;
        let write = || image.write(BufWriter::new(&mut file));
        let (_, length) = ahead::compressing(tree, compressor, self.block, write)?;
        // A duplicate that was written last and taken back leaves its end behind.
        file.set_len(length)?;
        Ok(())
    }
}

/// An empty image whose root has `header`: the only door by which backhand lets the root's
/// modification time in.
fn seed(header: NodeHeader) -> Result<FilesystemReader<'static>> {
    let mut image = Cursor::new(Vec::new());
    FilesystemWriter::default().write(&mut image)?;
    image.set_position(0);
    let mut seed = FilesystemReader::from_reader(image)?;
    seed.root.root_mut().header = header;
    Ok(seed)
}

fn open(artifact: &Path) -> Result<FilesystemReader<'static>> {
    let kind = bounded::kind();
    let mut file = BufReader::with_capacity(64 << 10, File::open(artifact)?);
    let length = file.get_ref().metadata()?.len();
    let (superblock, _) = Squashfs::superblock_and_compression_options(&mut file, &kind)?;
    guard::tables(&mut file, &superblock, length)?;
    file.rewind()?;
    let image = Squashfs::from_reader_with_offset_and_kind(file, 0, kind)?;
    guard::entries(&image)?;
    Ok(image.into_filesystem_reader()?)
}

/// Runs what reads an image, and takes a panic of backhand for what it is: the image is corrupt in a
/// way that [`guard`] does not foresee.
fn reading(artifact: &Path, read: impl FnOnce(FilesystemReader) -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(|| read(open(artifact)?)))
        .unwrap_or_else(|_| bail!("corrupt: backhand gave up on it"))
        .with_context(|| artifact.display().to_string())
}

fn content(image: &FilesystemReader, file: &SquashfsFileReader) -> Result<Vec<u8>> {
    let size = file.file_len() as u64;
    let mut data = Vec::new();
    image.file(file).reader_checked()?.take(size + 1).read_to_end(&mut data)?;
    // backhand ends a file early where blocks are missing, and says nothing.
    if data.len() as u64 != size {
        bail!("{} bytes came back of {size}", data.len());
    }
    Ok(data)
}

fn target(link: &SquashfsSymlink) -> Node {
    Node::Symlink { target: link.link.as_os_str().as_bytes().to_vec() }
}

impl Form for Image {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn layout(&self) -> Layout {
        Layout::Image("squashfs")
    }

    fn tool(&self) -> Result<String> {
        Ok(format!("backhand {} (crate)", version::of("backhand")))
    }

    fn settings(&self) -> String {
        let codec = match self.codec {
            Codec::Gz9 => "gzip level 9".to_owned(),
            Codec::Zst(level) => format!("zstd level {level}"),
            Codec::Xz6 => "xz preset 6, dictionary of a block".to_owned(),
        };
        format!("{codec}, blocks of {} B", self.block)
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        self.write(tree, artifact).with_context(|| artifact.display().to_string())
    }

    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(b"hsqs")
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        reading(artifact, |image| {
            for node in image.files() {
                let name = node.fullpath.as_os_str().as_bytes();
                let Some(path) = TreePath::from_archive(&[b".", name].concat())? else { continue };
                let mtime = node.header.mtime;
                let node = match &node.inner {
                    InnerNode::Dir(_) => Node::Dir,
                    InnerNode::Symlink(link) => target(link),
                    InnerNode::File(file) => Node::File {
                        data: content(&image, file).with_context(|| path.to_string())?,
                        executable: node.header.permissions & 0o100 != 0,
                    },
                    _ => bail!("{path}: neither a file, a directory nor a symlink"),
                };
                visit(Entry { path, mtime, node })?;
            }
            Ok(())
        })
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        reading(artifact, |image| {
            for path in paths {
                let inside = Path::new("/").join(path.as_path());
                let nodes = &image.root.nodes;
                let Ok(at) = nodes.binary_search_by(|node| node.fullpath.cmp(&inside)) else {
                    bail!("{path}: not there");
                };
                match &nodes[at].inner {
                    InnerNode::File(file) => {
                        visit(path, content(&image, file).with_context(|| path.to_string())?)?;
                    }
                    InnerNode::Symlink(link) => return Err(super::not_a_file(path, &target(link))),
                    _ => return Err(super::not_a_file(path, &Node::Dir)),
                }
            }
            Ok(())
        })
    }
}
