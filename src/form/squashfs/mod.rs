//! Squashfs images, written by backhand and read here: backhand reads and unpacks all tables of an
//! image before the first file, and trusts them.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use backhand::compression::{
    CompressionAction as _, CompressionOptions, Compressor, DefaultCompressor, Zstd,
};
use backhand::{
    BackhandError, FilesystemCompressor, FilesystemReader, FilesystemWriter, NodeHeader,
};

use super::{Form, Layout, Visit, VisitFile};
use crate::container::codec;
use crate::container::codec::Codec as _;
use crate::container::squashfs::content::Wanted;
use crate::container::squashfs::metadata::Image;
use crate::container::squashfs::structures::Kind;
use crate::container::squashfs::{DEPTH_MAX, ahead, content, lz4, tables, xz};
use crate::sys::version;
use crate::tree::{Entry, Node, Tree, TreePath};

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
    /// LZ4 by its high compression, as `mksquashfs -Xhc` has it.
    Lz4Hc,
}

/// A row of the form table: one codec at one block size.
pub(super) struct Squashfs {
    pub(super) id: &'static str,
    pub(super) about: &'static str,
    pub(super) codec: Codec,
    /// Bytes of a block: a power of two from 4 KiB to 1 MiB.
    pub(super) block: u32,
}

impl Squashfs {
    fn write(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        let compressor = match self.codec {
            Codec::Gz9 => FilesystemCompressor::new(Compressor::Gzip, None)?,
            Codec::Xz6 => FilesystemCompressor::new(Compressor::Xz, None)?,
            Codec::Zst(compression_level) => {
                let options = CompressionOptions::Zstd(Zstd { compression_level });
                FilesystemCompressor::new(Compressor::Zstd, Some(options))?
            }
            Codec::Lz4Hc => FilesystemCompressor::new(Compressor::Lz4, Some(lz4::OPTIONS))?,
        };
        let seed = seed(header(tree, 0o755))?;
        let mut image = FilesystemWriter::from_fs_reader(&seed)?;
        image.set_kind(ahead::kind(matches!(self.codec, Codec::Lz4Hc)));
        image.set_block_size(self.block);
        image.set_compressor(compressor);
        image.set_time(tree.mtime());
        let mut file = File::create_new(artifact)?;
        let write = || -> Result<_> {
            fill(&mut image, tree)?;
            Ok(image.write(BufWriter::new(&mut file))?)
        };
        let (codec, block) = (self.codec, self.block);
        let pack = move |plain: &[u8]| match codec {
            Codec::Xz6 => xz::pack(plain, block)
                .map_err(|error| BackhandError::CompressionInit(error.to_string())),
            Codec::Lz4Hc => {
                lz4::pack(plain).map_err(|error| BackhandError::CompressionInit(error.to_string()))
            }
            _ => DefaultCompressor.compress(plain, compressor, block),
        };
        let (_, length) = ahead::compressing(tree, block, pack, write)?;
        // A duplicate that was written last and taken back leaves its end behind.
        file.set_len(length)?;
        tables::renumber(artifact, &pack)
    }
}

fn header(tree: &Tree, permissions: u16) -> NodeHeader {
    NodeHeader::new(permissions, 0, 0, tree.mtime())
}

/// Puts all of `tree` into the empty `image`.
fn fill<'t>(image: &mut FilesystemWriter<'_, '_, 't>, tree: &'t Tree) -> Result<()> {
    for entry in tree.entries() {
        let path = &entry.path;
        let depth = path.depth();
        if depth > DEPTH_MAX {
            bail!("{path}: more than {} directories deep", DEPTH_MAX);
        }
        if path.name().len() > NAME_MAX {
            bail!("{path}: a name of more than {NAME_MAX} bytes, which squashfs has no place for");
        }
        match &entry.node {
            Node::Dir => image.push_dir(path.as_path(), header(tree, 0o755)),
            Node::File { data, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                image.push_file(data.as_slice(), path.as_path(), header(tree, mode))
            }
            Node::Symlink { target } => {
                if target.len() > TARGET_MAX {
                    bail!("{path}: its target is longer than the {TARGET_MAX} bytes that backhand reads");
                }
                image.push_symlink(OsStr::from_bytes(target), path.as_path(), header(tree, 0o777))
            }
        }
        .with_context(|| path.to_string())?;
    }
    Ok(())
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

impl Form for Squashfs {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn layout(&self) -> Layout {
        Layout::Image
    }

    fn filesystem(&self) -> Option<&'static str> {
        Some("squashfs")
    }

    fn tool(&self) -> Result<String> {
        let backhand = format!("backhand {} (crate)", version::of("backhand"));
        let codec = match self.codec {
            Codec::Gz9 => codec::Gz { level: 9 }.tool(),
            Codec::Zst(level) => codec::Zst::level(level as i32).tool(),
            Codec::Xz6 => codec::Xz::preset(6).tool(),
            Codec::Lz4Hc => lz4::tool(),
        };
        Ok(format!("{backhand}, {codec}"))
    }

    fn settings(&self) -> String {
        let codec = match self.codec {
            Codec::Gz9 => "gzip level 9".to_owned(),
            Codec::Zst(level) => format!("zstd level {level}"),
            Codec::Xz6 => "xz preset 6, dictionary of a block".to_owned(),
            Codec::Lz4Hc => format!("lz4hc level {}", lz4::LEVEL),
        };
        format!("{codec}, blocks of {} B", self.block)
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        self.write(tree, artifact).with_context(|| artifact.display().to_string())
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
                let Some(inode) = image.find(path)? else { bail!("{path}: not there") };
                match inode.kind {
                    Kind::File(content) => files.push(Wanted { what: path, content }),
                    Kind::Symlink(target) => {
                        return Err(super::not_a_file(path, &Node::Symlink { target }));
                    }
                    _ => return Err(super::not_a_file(path, &Node::Dir)),
                }
            }
            content::read(&mut image, files, visit)
        };
        read().with_context(|| artifact.display().to_string())
    }
}
