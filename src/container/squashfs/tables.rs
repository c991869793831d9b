//! Rewrites the tables of an image, with inodes numbered by directory.
//!
//! A directory stores how far the number of each inode in it is from that of the first. backhand numbers
//! in the order of paths, so that what a folder holds is far apart, and stores the table of fragments as
//! it is. mksquashfs numbers folder by folder and packs all tables, which makes them smaller.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::ahead::Packed;
use super::metadata::{AS_IT_IS, Image, METADATA, SUPERBLOCK, Unpacked};
use super::structures::{Dir, Entry, Group, Inode, Kind, listing};

/// Padding of an image, bytes: a page, as with mksquashfs.
const PADDED: u64 = 4096;

/// Positions of the table offsets in the superblock, eight bytes each.
const ROOT: usize = 32;
const END: usize = 40;
const ID_TABLE: usize = 48;
const DIR_TABLE: usize = 72;
const FRAGMENT_TABLE: usize = 80;

/// Where an inode has its number, and that of a directory the one above.
const NUMBER: usize = 12;
const PARENT: usize = 28;

/// Bytes of an entry of the table of fragments, and of that of owners.
const FRAGMENT: u64 = 16;
const ID: u64 = 4;

/// Numbers the inodes of the image at `path` again, and packs its tables by `pack`.
///
/// # Errors
/// Tables that backhand does not write, or I/O errors.
pub(crate) fn renumber(path: &Path, pack: &impl Fn(&[u8]) -> Packed) -> Result<()> {
    let mut image = Image::open(path)?;
    let (fragments_at, fragments) =
        image.lookup(image.fragment_table, image.fragments * FRAGMENT)?;
    let (_, ids) = image.lookup(image.id_table, image.ids * ID)?;
    let old = Old {
        inodes: image.unpacked(image.inode_table, image.dir_table)?,
        dirs: image.unpacked(image.dir_table, fragments_at)?,
        block: image.block,
    };
    let numbers = old.numbers(image.root)?;

    let (mut inodes, mut dirs) = (Table::new(pack), Table::new(pack));
    let mut root = 0;
    let mut at = 0;
    while at < old.inodes.bytes.len() {
        let (inode, bytes) = old.inode(at)?;
        at += bytes.len();
        let mut bytes = bytes.to_vec();
        set(&mut bytes, NUMBER, 4, numbers.of(inode.number)?);
        if let Kind::Dir(dir) = inode.kind {
            let listing = old.renumbered(&dir, &numbers, &inodes.starts)?;
            set(&mut bytes, dir.start_at, 4, dirs.here().0);
            dirs.push(&listing)?;
            // The root has no parent.
            if dir.parent != 0 {
                set(&mut bytes, PARENT, 4, numbers.of(dir.parent)?);
            }
        }
        // A directory comes behind what it holds, so that the last is the root.
        let (start, offset) = inodes.here();
        root = start << 16 | offset;
        inodes.push(&bytes)?;
    }

    let mut head = image.stored(0, SUPERBLOCK as u64)?;
    let mut tail = inodes.finish()?.packed;
    let behind = |tail: &[u8]| image.inode_table + tail.len() as u64;
    set(&mut head, ROOT, 8, root);
    set(&mut head, DIR_TABLE, 8, behind(&tail));
    tail.extend(dirs.finish()?.packed);
    for (field, entries) in [(FRAGMENT_TABLE, fragments), (ID_TABLE, ids)] {
        let first = behind(&tail);
        let mut table = Table::new(pack);
        table.push(&entries)?;
        let table = table.finish()?;
        tail.extend(&table.packed);
        set(&mut head, field, 8, behind(&tail));
        // Behind the last block there is none.
        let starts = table.starts.iter().take(table.starts.len() - 1);
        tail.extend(starts.flat_map(|start| (first + start).to_le_bytes()));
    }
    let end = behind(&tail);
    set(&mut head, END, 8, end);

    let file = OpenOptions::new().write(true).open(path)?;
    file.write_all_at(&tail, image.inode_table)?;
    file.write_all_at(&head, 0)?;
    // What was there is cut off first: the end is filled up with zeros.
    file.set_len(end)?;
    Ok(file.set_len(end.next_multiple_of(PADDED))?)
}

/// The tables as backhand wrote them.
struct Old {
    inodes: Unpacked,
    dirs: Unpacked,
    block: u64,
}

impl Old {
    /// The inode at `at` of the table, and its bytes.
    fn inode(&self, at: usize) -> Result<(Inode, &[u8])> {
        let bytes = self.inodes.bytes.get(at..).context("an inode outside the table")?;
        let mut left = bytes;
        let inode = Inode::read(self.block, &mut |size| {
            let (taken, behind) = left.split_at_checked(size).context("an inode is truncated")?;
            left = behind;
            Ok(taken.to_vec())
        })?;
        if matches!(inode.kind, Kind::Other) {
            bail!("an inode of a type that is not written here");
        }
        Ok((inode, &bytes[..bytes.len() - left.len()]))
    }

    /// The inode that `offset` leads to in the block that starts at `start`.
    fn inode_in(&self, start: u64, offset: u64) -> Result<Inode> {
        Ok(self.inode(self.inodes.at(start, offset)?)?.0)
    }

    /// The new numbers: the root, all that it holds, then each directory in there likewise.
    fn numbers(&self, root: u64) -> Result<Numbers> {
        let root = self.inode_in(root >> 16, root & 0xffff)?;
        let mut numbers = Numbers(Vec::new());
        let mut next = 1;
        let mut give = |old: u64| {
            let old = old as usize;
            numbers.0.resize(numbers.0.len().max(old + 1), 0);
            numbers.0[old] = next;
            next += 1;
        };
        give(root.number);
        let mut open = vec![root];
        while let Some(Inode { kind: Kind::Dir(dir), .. }) = open.pop() {
            let mut inside = Vec::new();
            for Group { start, entries } in self.groups(&dir)? {
                for entry in entries {
                    give(entry.number);
                    if entry.is_dir {
                        inside.push(self.inode_in(start, entry.offset)?);
                    }
                }
            }
            open.extend(inside.into_iter().rev());
        }
        Ok(numbers)
    }

    /// The entries of `dir`.
    fn groups(&self, dir: &Dir) -> Result<Vec<Group<'_>>> {
        if dir.size == 0 {
            return Ok(Vec::new());
        }
        let at = self.dirs.at(dir.start, dir.offset)?;
        let bytes = self.dirs.bytes.get(at..at + dir.size as usize);
        listing(bytes.context("a listing outside the table")?)
    }

    /// The listing of `dir` with new numbers, and with the `starts` that blocks of inodes have now.
    fn renumbered(&self, dir: &Dir, numbers: &Numbers, starts: &[u64]) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(dir.size as usize);
        for Group { start, entries } in self.groups(dir)? {
            let number = |entry: &Entry| numbers.of(entry.number);
            let base = number(entries.first().context("a header without an entry")?)?;
            let start = starts.get(self.inodes.block(start)?).context("an inode ahead")?;
            for value in [entries.len() as u64 - 1, *start, base] {
                bytes.extend((value as u32).to_le_bytes());
            }
            for entry in &entries {
                let delta = i16::try_from(number(entry)?.wrapping_sub(base) as i64);
                let at = bytes.len();
                bytes.extend(entry.bytes);
                set(&mut bytes, at + 2, 2, delta.context("a folder is too large")? as u64);
            }
        }
        Ok(bytes)
    }
}

/// The new number of each inode by its old one; 0 where there is none.
struct Numbers(Vec<u64>);

impl Numbers {
    fn of(&self, old: u64) -> Result<u64> {
        let new = self.0.get(old as usize).copied().filter(|&new| new != 0);
        new.with_context(|| format!("inode {old} is in no directory"))
    }
}

/// A table that is written: blocks of metadata.
struct Table<'p, P> {
    pack: &'p P,
    packed: Vec<u8>,
    /// Where each block starts, and at last where the next one will.
    starts: Vec<u64>,
    plain: Vec<u8>,
}

impl<'p, P: Fn(&[u8]) -> Packed> Table<'p, P> {
    fn new(pack: &'p P) -> Self {
        Self { pack, packed: Vec::new(), starts: vec![0], plain: Vec::new() }
    }

    /// Where the next bytes go: the start of the block, and where in there.
    fn here(&self) -> (u64, u64) {
        (self.packed.len() as u64, self.plain.len() as u64)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.plain.extend(bytes);
        while self.plain.len() >= METADATA {
            let behind = self.plain.split_off(METADATA);
            let block = std::mem::replace(&mut self.plain, behind);
            self.block(&block)?;
        }
        Ok(())
    }

    fn block(&mut self, plain: &[u8]) -> Result<()> {
        let packed = (self.pack)(plain)?;
        let (mark, bytes) =
            if packed.len() < plain.len() { (0, packed.as_slice()) } else { (AS_IT_IS, plain) };
        self.packed.extend((bytes.len() as u16 | mark as u16).to_le_bytes());
        self.packed.extend(bytes);
        self.starts.push(self.packed.len() as u64);
        Ok(())
    }

    fn finish(mut self) -> Result<Self> {
        let last = std::mem::take(&mut self.plain);
        if !last.is_empty() {
            self.block(&last)?;
        }
        Ok(self)
    }
}

/// Stores `value` at `at` in `width` bytes.
fn set(bytes: &mut [u8], at: usize, width: usize, value: u64) {
    bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
}
