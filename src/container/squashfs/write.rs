//! Images written by backhand, their blocks compressed ahead of it, their inodes renumbered afterwards.

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

use super::{DEPTH_MAX, ahead, lz4, tables, xz};
use crate::container::codec::{Codec as _, Gz, Xz, Zst};
use crate::tree::{Node, Tree};

/// `SQUASHFS_NAME_LEN` of the kernel's `fs/squashfs/squashfs_fs.h`.
const NAME_MAX: usize = 256;
/// The longest symlink target that backhand reads back.
const TARGET_MAX: usize = 255;

/// The compressor of an image.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Blocks {
    /// zlib at the level that backhand and mksquashfs have as default.
    Gz9,
    /// zstd at a level, 1 to 22.
    Zst(u32),
    /// xz preset 6 with a dictionary as large as a block, as mksquashfs has it, and CRC32.
    Xz6,
    /// LZ4 by its high compression, as `mksquashfs -Xhc` has it.
    Lz4Hc,
}

impl Blocks {
    /// The library that compresses, and its version.
    pub(crate) fn tool(&self) -> String {
        match self {
            Self::Gz9 => Gz { level: 9 }.tool(),
            Self::Zst(level) => Zst::level(*level as i32).tool(),
            Self::Xz6 => Xz::preset(6).tool(),
            Self::Lz4Hc => lz4::tool(),
        }
    }

    /// Every setting that changes bytes.
    pub(crate) fn settings(&self) -> String {
        match self {
            Self::Gz9 => "gzip level 9".to_owned(),
            Self::Zst(level) => format!("zstd level {level}"),
            Self::Xz6 => "xz preset 6, dictionary of a block".to_owned(),
            Self::Lz4Hc => format!("lz4hc level {}", lz4::LEVEL),
        }
    }
}

/// Writes an image of `tree`, in blocks of `block` bytes, to the new file `path`.
pub(crate) fn write(tree: &Tree, codec: Blocks, block: u32, path: &Path) -> Result<()> {
    let compressor = match codec {
        Blocks::Gz9 => FilesystemCompressor::new(Compressor::Gzip, None)?,
        Blocks::Xz6 => FilesystemCompressor::new(Compressor::Xz, None)?,
        Blocks::Zst(compression_level) => {
            let options = CompressionOptions::Zstd(Zstd { compression_level });
            FilesystemCompressor::new(Compressor::Zstd, Some(options))?
        }
        Blocks::Lz4Hc => FilesystemCompressor::new(Compressor::Lz4, Some(lz4::OPTIONS))?,
    };
    let seed = seed(header(tree, 0o755))?;
    let mut image = FilesystemWriter::from_fs_reader(&seed)?;
    image.set_kind(ahead::kind(matches!(codec, Blocks::Lz4Hc)));
    image.set_block_size(block);
    image.set_compressor(compressor);
    image.set_time(tree.mtime());
    let mut file = File::create_new(path)?;
    let write = || -> Result<_> {
        fill(&mut image, tree)?;
        Ok(image.write(BufWriter::new(&mut file))?)
    };
    let pack = move |plain: &[u8]| match codec {
        Blocks::Xz6 => xz::pack(plain, block)
            .map_err(|error| BackhandError::CompressionInit(error.to_string())),
        Blocks::Lz4Hc => {
            lz4::pack(plain).map_err(|error| BackhandError::CompressionInit(error.to_string()))
        }
        _ => DefaultCompressor.compress(plain, compressor, block),
    };
    let (_, length) = ahead::compressing(tree, block, pack, write)?;
    // A duplicate that was written last and taken back leaves its end behind.
    file.set_len(length)?;
    tables::renumber(path, &pack)
}

fn header(tree: &Tree, permissions: u16) -> NodeHeader {
    NodeHeader::new(permissions, 0, 0, tree.mtime())
}

/// Adds all of `tree` to the empty `image`.
fn fill<'t>(image: &mut FilesystemWriter<'_, '_, 't>, tree: &'t Tree) -> Result<()> {
    for entry in tree.entries() {
        let path = &entry.path;
        let depth = path.depth();
        if depth > DEPTH_MAX {
            bail!("{path}: more than {} directories deep", DEPTH_MAX);
        }
        if path.name().len() > NAME_MAX {
            bail!("{path}: a name of more than {NAME_MAX} bytes, the limit of squashfs");
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
