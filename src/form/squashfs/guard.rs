//! What is checked of an image before backhand may build its tree in memory.
//!
//! backhand trusts an image more than one of unknown origin deserves. It reads metadata blocks as
//! long as there are any, follows directories by recursion, clones the block list of a file for each
//! name it has and the whole path for each entry, and adds lengths without looking for an overflow.
//! So [`tables`] looks at the superblock and counts metadata blocks before backhand reads any, and
//! [`entries`] goes through the directories by the tables that backhand has read, before backhand
//! does. Within these limits what backhand does is bounded.

use std::collections::HashSet;
use std::io::{BufRead, Seek, SeekFrom};

use anyhow::{Context as _, Result, bail};
use backhand::v4::inode::{Inode, InodeInner};
use backhand::{Squashfs, SuperBlock};

use crate::form::{FILE_MAX, PATH_MAX, TREE_MAX};

/// Uncompressed bytes of a metadata block.
const METADATA: u64 = 8 << 10;
/// The longest inode or directory table, bytes uncompressed: room for half a million inodes.
const TABLE_MAX: u64 = 16 << 20;
/// What the paths and block lists in backhand's memory may come to, bytes.
const HELD_MAX: u64 = 256 << 20;
/// How deep directories may nest: backhand recurses, reading and writing.
pub(super) const DEPTH_MAX: usize = 256;
/// What the superblock has in place of a table that is not there.
const ABSENT: u64 = u64::MAX;
/// backhand takes a file's size if it is below this, and reserves memory for its block list.
const BACKHAND_FILE_MAX: u64 = 2 << 40;

/// Holds the superblock of an image of `length` bytes against the image.
///
/// # Errors
/// Tables that are not where they can be, or too large.
pub(super) fn tables(
    image: &mut (impl BufRead + Seek),
    superblock: &SuperBlock,
    length: u64,
) -> Result<()> {
    let SuperBlock { bytes_used, inode_table, dir_table, .. } = *superblock;
    if bytes_used > length {
        bail!("truncated: {length} bytes of {bytes_used}");
    }
    let fragments = superblock.frag_count != 0 && superblock.frag_table != ABSENT;
    let exported = superblock.nfs_export_table_exists() && superblock.export_table != ABSENT;
    let after = match (fragments, exported) {
        (true, _) => superblock.frag_table,
        (_, true) => superblock.export_table,
        _ => superblock.id_table,
    };
    if [after, superblock.id_table].iter().any(|table| table.saturating_add(8) > bytes_used) {
        bail!("the superblock tells of a table outside the image");
    }
    image.seek(SeekFrom::Start(after))?;
    let mut pointer = [0; 8];
    image.read_exact(&mut pointer)?;
    let dir_end = u64::from_le_bytes(pointer);
    // What backhand caches, at worst: it never drops a fragment.
    if u64::from(superblock.frag_count) * u64::from(superblock.block_size) > TREE_MAX {
        bail!("{} fragments are more than any tree here has", superblock.frag_count);
    }
    chain(image, inode_table, dir_table).context("the inode table")?;
    chain(image, dir_table, dir_end).context("the directory table")?;
    let reserve = BACKHAND_FILE_MAX / u64::from(superblock.block_size) * 4;
    // A refusal here is an error; inside backhand it would be an abort.
    Vec::<u8>::new()
        .try_reserve_exact(reserve as usize)
        .with_context(|| format!("backhand may reserve {reserve} bytes for one file of this image"))
}

/// Goes along the metadata blocks from `start` to `end` without decompressing them.
fn chain(image: &mut (impl BufRead + Seek), start: u64, end: u64) -> Result<()> {
    let mut at = image.seek(SeekFrom::Start(start))?;
    let mut room = TABLE_MAX;
    while at < end {
        let mut length = [0; 2];
        image.read_exact(&mut length)?;
        let stored = u64::from(u16::from_le_bytes(length) & 0x7fff);
        // Short hops stay in the buffer.
        image.seek_relative(stored as i64)?;
        at += 2 + stored;
        let Some(left) = room.checked_sub(METADATA) else {
            bail!("longer than {TABLE_MAX} bytes");
        };
        room = left;
    }
    if at != end {
        bail!("it does not end where the next begins");
    }
    Ok(())
}

/// Goes through the directories of an image whose tables are read.
///
/// # Errors
/// Directories that loop, nest too deep or are malformed, files too long, too much of anything.
pub(super) fn entries(image: &Squashfs) -> Result<()> {
    let mut seen = HashSet::new();
    let (mut held, mut content) = (0, 0);
    let mut open = vec![(&image.root_inode, 0, 0)];
    while let Some((dir, path, depth)) = open.pop() {
        if !seen.insert(dir.header.inode_number) {
            bail!("a directory stands twice, or holds itself");
        }
        if depth > DEPTH_MAX {
            bail!("directories nest more than {DEPTH_MAX} deep");
        }
        for (number, name) in list(image, dir)? {
            let Some(inode) = image.inodes.get(&number) else {
                bail!("an entry has inode {number}, which is not there");
            };
            let path = path + 1 + name;
            if path > PATH_MAX {
                bail!("a path is longer than {PATH_MAX} bytes");
            }
            let (size, blocks) = match &inode.inner {
                InodeInner::BasicDirectory(_) | InodeInner::ExtendedDirectory(_) => {
                    open.push((inode, path, depth + 1));
                    (0, 0)
                }
                InodeInner::BasicFile(file) => (file.file_size.into(), file.block_sizes.len()),
                InodeInner::ExtendedFile(file) => (file.file_size, file.block_sizes.len()),
                _ => (0, 0),
            };
            if size > FILE_MAX {
                bail!("a file of {size} bytes, more than {FILE_MAX}");
            }
            content += size;
            held += (size_of::<Inode>() + path + blocks * 4) as u64;
            if content > TREE_MAX || held > HELD_MAX {
                bail!("its entries come to more than any tree here");
            }
        }
    }
    Ok(())
}

/// The inode number and the length of the name of each entry of a directory.
fn list(image: &Squashfs, dir: &Inode) -> Result<Vec<(u32, usize)>> {
    let (block, offset, size) = match &dir.inner {
        InodeInner::BasicDirectory(dir) => {
            (dir.block_index, dir.block_offset, u32::from(dir.file_size))
        }
        InodeInner::ExtendedDirectory(dir) => (dir.block_index, dir.block_offset, dir.file_size),
        _ => bail!("inode {} is not a directory", dir.header.inode_number),
    };
    // Three bytes more than are stored, as if for `.` and `..`.
    let Some(size @ 1..) = (size as usize).checked_sub(3) else { return Ok(Vec::new()) };
    let (starts, table) = &image.dir_blocks;
    let bytes = starts.get(&u64::from(block)).and_then(|start| {
        let start = usize::try_from(*start).ok()? + usize::from(offset);
        table.get(start..)?.get(..size)
    });
    let mut bytes = bytes.context("a directory lies outside the directory table")?;
    let mut entries = Vec::new();
    let mut listed = || -> Option<()> {
        while !bytes.is_empty() {
            let [count, _, base] = [0, 4, 8].map(|at| bytes.get(at..at + 4));
            let [count, base] = [number(count?), number(base?)];
            bytes = bytes.get(12..)?;
            // One more than the count says, and 256 at most.
            for _ in 0..=Some(count).filter(|&count| count < 256)? {
                let delta = number(bytes.get(2..4)?) as u16 as i16;
                let name = number(bytes.get(6..8)?) as usize + 1;
                bytes = bytes.get(8 + name..)?;
                let inode = i32::try_from(base).ok()?.checked_add(delta.into())?;
                entries.push((u32::try_from(inode).ok()?, name));
            }
        }
        Some(())
    };
    listed().context("a directory is malformed")?;
    Ok(entries)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}
