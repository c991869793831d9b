//! The superblock and the metadata blocks of an image, read on demand.
//!
//! After the kernel's `fs/squashfs/squashfs_fs.h`. Nothing of an image is trusted: what is kept in
//! memory is bounded, and every place is looked for inside the image.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};

use super::unpack::{Codec, Unpacker};
use crate::container::limits::little_endian;

/// Bytes of the superblock.
pub(crate) const SUPERBLOCK: usize = 96;
/// Most bytes of a metadata block, unpacked.
pub(crate) const METADATA: usize = 8 << 10;
/// The bit of a metadata block's length that marks it as uncompressed.
pub(crate) const AS_IT_IS: u64 = 1 << 15;
/// Maximum size of all metadata in memory, bytes: half a million inodes.
const HELD_MAX: usize = 32 << 20;

/// An image that was opened.
pub(crate) struct Image {
    pub(crate) file: File,
    pub(crate) codec: Codec,
    pub(crate) unpacker: Unpacker,
    pub(crate) block: u64,
    /// Where the image ends.
    pub(crate) end: u64,
    /// Where the root's inode is: as [`Place`] packs it.
    pub(crate) root: u64,
    pub(crate) inode_table: u64,
    pub(crate) dir_table: u64,
    pub(crate) fragment_table: u64,
    pub(crate) fragments: u64,
    pub(crate) id_table: u64,
    pub(crate) ids: u64,
    blocks: HashMap<u64, Rc<Block>>,
}

/// A metadata block and where the next one starts.
struct Block {
    bytes: Vec<u8>,
    next: u64,
}

/// A table that was unpacked whole: blocks of [`METADATA`] bytes, the last as many as it has.
pub(crate) struct Unpacked {
    /// Where each block is, from the first on, as it is stored.
    starts: Vec<u64>,
    pub(crate) bytes: Vec<u8>,
}

impl Unpacked {
    /// Which block starts at `start`, from 0.
    pub(crate) fn block(&self, start: u64) -> Result<usize> {
        self.starts
            .binary_search(&start)
            .ok()
            .with_context(|| format!("no block starts at {start}"))
    }

    /// Where in the bytes it is that `offset` leads to in the block that starts at `start`.
    pub(crate) fn at(&self, start: u64, offset: u64) -> Result<usize> {
        Ok(self.block(start)? * METADATA + offset as usize)
    }
}

/// A place in the metadata: where its block is in the image, and where it is in the block unpacked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) block: u64,
    pub(crate) offset: u64,
}

impl Image {
    /// Opens an image and reads its superblock.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut bytes = [0; SUPERBLOCK];
        file.read_exact_at(&mut bytes, 0).context("too short for an image")?;
        let field = |at: usize, width: usize| little_endian(&bytes[at..at + width]);
        let (block, log, version) = (field(12, 4), field(22, 2), (field(28, 2), field(30, 2)));
        if !bytes.starts_with(b"hsqs") || version != (4, 0) {
            bail!("not a squashfs 4.0 image");
        }
        if !(12..=20).contains(&log) || block != 1 << log {
            bail!("unsupported block size of {block} bytes");
        }
        let codec = Codec::new(field(20, 2))?;
        let image = Self {
            file,
            codec,
            unpacker: codec.unpacker()?,
            block,
            end: field(40, 8),
            root: field(32, 8),
            inode_table: field(64, 8),
            dir_table: field(72, 8),
            fragment_table: field(80, 8),
            fragments: field(16, 4),
            id_table: field(48, 8),
            ids: field(26, 2),
            blocks: HashMap::new(),
        };
        if image.end > length {
            bail!("truncated: {length} bytes of {}", image.end);
        }
        Ok(image)
    }

    /// Where what is stored ends: what comes behind is padding.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// The next `size` bytes from `place`, which moves behind them.
    pub(crate) fn take(&mut self, place: &mut Place, size: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(size.min(METADATA));
        while bytes.len() < size {
            let block = self.metadata(place.block)?;
            let rest = block.bytes.get(place.offset as usize..).unwrap_or_default();
            let part = rest.len().min(size - bytes.len());
            bytes.extend_from_slice(&rest[..part]);
            place.offset += part as u64;
            if part == rest.len() && bytes.len() < size {
                let behind = place.offset.saturating_sub(block.bytes.len() as u64);
                if behind > 0 {
                    bail!("an offset {behind} bytes past the end of its metadata block");
                }
                *place = Place { block: block.next, offset: 0 };
            }
        }
        Ok(bytes)
    }

    fn metadata(&mut self, at: u64) -> Result<Rc<Block>> {
        if let Some(block) = self.blocks.get(&at) {
            return Ok(block.clone());
        }
        if (self.blocks.len() + 1) * METADATA > HELD_MAX {
            bail!("the metadata exceed {HELD_MAX} bytes");
        }
        let head = little_endian(&self.stored(at, 2)?);
        let size = head & !AS_IT_IS;
        if size as usize > METADATA {
            bail!("invalid size of a metadata block: {size} bytes");
        }
        let stored = self.stored(at + 2, size)?;
        let bytes =
            if head & AS_IT_IS != 0 { stored } else { self.unpacker.unpack(&stored, METADATA)? };
        // An empty block would make a reader loop forever.
        if bytes.is_empty() {
            bail!("an empty metadata block");
        }
        let block = Rc::new(Block { bytes, next: at + 2 + size });
        self.blocks.insert(at, block.clone());
        Ok(block)
    }

    /// The metadata blocks from `start` up to `end`, unpacked one behind the other.
    pub(crate) fn unpacked(&mut self, start: u64, end: u64) -> Result<Unpacked> {
        let mut table = Unpacked { starts: Vec::new(), bytes: Vec::new() };
        let mut at = start;
        while at < end {
            let block = self.metadata(at)?;
            table.starts.push(at - start);
            table.bytes.extend_from_slice(&block.bytes);
            at = block.next;
        }
        Ok(table)
    }

    /// Where the first block is of the table that is looked up from `pointers`, and its `size` bytes.
    pub(crate) fn lookup(&mut self, pointers: u64, size: u64) -> Result<(u64, Vec<u8>)> {
        if size == 0 {
            return Ok((pointers, Vec::new()));
        }
        let block = little_endian(&self.stored(pointers, 8)?);
        let bytes = self.take(&mut Place { block, offset: 0 }, size as usize)?;
        Ok((block, bytes))
    }

    /// Bytes of the image as they are stored; `size` must have been found small.
    pub(crate) fn stored(&self, at: u64, size: u64) -> Result<Vec<u8>> {
        stored(&self.file, self.end, at, size)
    }

    /// Where a fragment's block is and the size that is stored of it, as the table has them.
    pub(crate) fn fragment(&mut self, number: u64) -> Result<(u64, u64)> {
        const ENTRY: u64 = 16;
        if number >= self.fragments {
            bail!("fragment {number} is out of range, the table has {}", self.fragments);
        }
        let (block, at) = (number * ENTRY / METADATA as u64, number * ENTRY % METADATA as u64);
        let pointer = self.fragment_table.saturating_add(block * 8);
        let block = little_endian(&self.stored(pointer, 8)?);
        let entry = self.take(&mut Place { block, offset: at }, ENTRY as usize)?;
        Ok((little_endian(&entry[..8]), little_endian(&entry[8..12])))
    }
}

/// `size` bytes at `at` of an image that ends at `end`.
pub(crate) fn stored(file: &File, end: u64, at: u64, size: u64) -> Result<Vec<u8>> {
    if at.checked_add(size).is_none_or(|behind| behind > end) {
        bail!("{size} bytes at {at} are outside the image");
    }
    let mut bytes = vec![0; size as usize];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}
