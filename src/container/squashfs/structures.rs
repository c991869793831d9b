//! Inodes and directory listings as they are stored, after the kernel's `fs/squashfs/squashfs_fs.h`.

use anyhow::{Context as _, Result, bail};

use crate::container::limits::{FILE_MAX, PATH_MAX, little_endian};

/// The fragment number of a file without a fragment.
const NO_FRAGMENT: u64 = u32::MAX as u64;
/// The longest directory that is read, bytes: a hundred thousand names and more.
const DIR_MAX: u64 = 4 << 20;
/// The most entries below one header.
const ENTRIES_MAX: u64 = 256;

/// A file, symlink or directory of an image.
pub(crate) struct Inode {
    pub(crate) mtime: u32,
    pub(crate) executable: bool,
    pub(crate) number: u64,
    pub(crate) kind: Kind,
}

/// The type of an inode.
pub(crate) enum Kind {
    Dir(Dir),
    File(Content),
    Symlink(Vec<u8>),
    Other,
}

/// Where the listing of a directory is.
pub(crate) struct Dir {
    /// The start of its block in the table of directories, and where in there.
    pub(crate) start: u64,
    pub(crate) offset: u64,
    /// Where in the inode that start is stored.
    pub(crate) start_at: usize,
    pub(crate) size: u64,
    /// The number of the directory above.
    pub(crate) parent: u64,
}

/// Where a file's content is.
pub(crate) struct Content {
    pub(crate) size: u64,
    /// Where its own blocks start.
    pub(crate) start: u64,
    /// The stored sizes of its own blocks, as the inode has them.
    pub(crate) blocks: Vec<u32>,
    /// The fragment that holds its end or all of it, and where in there.
    pub(crate) fragment: Option<(u64, u64)>,
}

/// Returns the next bytes of a table.
type Take<'t> = dyn FnMut(usize) -> Result<Vec<u8>> + 't;

impl Inode {
    /// Reads an inode of an image with data blocks of `block` bytes.
    ///
    /// # Errors
    /// Errors of `take`; a file, directory or target that is too long, a type that there is none of.
    pub(crate) fn read(block: u64, take: &mut Take) -> Result<Self> {
        let [kind, mode, _, _, mtime, number] = fields(take, [2, 2, 2, 2, 4, 4])?;
        let kind = match kind {
            1 => {
                let [start, _, size, offset, parent] = fields(take, [4, 4, 2, 2, 4])?;
                Kind::Dir(Dir::new(start, offset, 16, size, parent)?)
            }
            8 => {
                let [_, size, start, parent, _, offset, _] = fields(take, [4, 4, 4, 4, 2, 2, 4])?;
                Kind::Dir(Dir::new(start, offset, 24, size, parent)?)
            }
            2 => {
                let [start, fragment, offset, size] = fields(take, [4; 4])?;
                Kind::File(Content::read(block, take, start, size, (fragment, offset))?)
            }
            9 => {
                let [start, size, _, _, fragment, offset, _] = fields(take, [8, 8, 8, 4, 4, 4, 4])?;
                Kind::File(Content::read(block, take, start, size, (fragment, offset))?)
            }
            3 | 10 => {
                let [_, size] = fields(take, [4, 4])?;
                if size > PATH_MAX as u64 {
                    bail!("a symlink target of {size} bytes is too long");
                }
                Kind::Symlink(take(size as usize)?)
            }
            4..=7 | 11..=14 => Kind::Other,
            _ => bail!("unknown inode type {kind}"),
        };
        Ok(Self { mtime: mtime as u32, executable: mode & 0o100 != 0, number, kind })
    }
}

impl Dir {
    fn new(start: u64, offset: u64, start_at: usize, size: u64, parent: u64) -> Result<Self> {
        // Three bytes more than are stored, as if for `.` and `..`.
        let size = size.saturating_sub(3);
        if size > DIR_MAX {
            bail!("a directory of {size} bytes is too large");
        }
        Ok(Self { start, offset, start_at, size, parent })
    }
}

impl Content {
    fn read(
        block: u64,
        take: &mut Take,
        start: u64,
        size: u64,
        (fragment, offset): (u64, u64),
    ) -> Result<Self> {
        if size > FILE_MAX {
            bail!("a file of {size} bytes, more than {FILE_MAX}");
        }
        let fragment = (fragment != NO_FRAGMENT).then_some((fragment, offset));
        let blocks = match fragment {
            Some(_) => size / block,
            None => size.div_ceil(block),
        };
        let sizes = take(blocks as usize * 4)?;
        let blocks = sizes.chunks_exact(4).map(|size| little_endian(size) as u32).collect();
        Ok(Self { size, start, blocks, fragment })
    }
}

/// Entries of a directory whose inodes are in one block.
pub(crate) struct Group<'b> {
    /// Where that block starts in the table of inodes.
    pub(crate) start: u64,
    pub(crate) entries: Vec<Entry<'b>>,
}

/// An entry of a directory.
pub(crate) struct Entry<'b> {
    /// The number of its inode, and where in its block that is.
    pub(crate) number: u64,
    pub(crate) offset: u64,
    pub(crate) is_dir: bool,
    pub(crate) name: &'b [u8],
    /// All of it as it is stored: where, how far the number is from that of its group, type, and name.
    pub(crate) bytes: &'b [u8],
}

/// Parses the listing `left` of a directory.
///
/// # Errors
/// It is malformed.
pub(crate) fn listing(mut left: &[u8]) -> Result<Vec<Group<'_>>> {
    let mut groups = Vec::new();
    while !left.is_empty() {
        let [count, start, base] = split(&mut left, [4, 4, 4])?;
        if count >= ENTRIES_MAX {
            bail!("a directory is malformed");
        }
        let mut entries = Vec::new();
        // The count is stored minus one.
        for _ in 0..=count {
            let whole = left;
            let [offset, delta, kind, length] = split(&mut left, [2, 2, 2, 2])?;
            let (name, behind) =
                left.split_at_checked(length as usize + 1).context("a directory is malformed")?;
            left = behind;
            let number = base.wrapping_add_signed(i64::from(delta as i16));
            let bytes = &whole[..whole.len() - behind.len()];
            entries.push(Entry { number, offset, is_dir: kind == 1, name, bytes });
        }
        groups.push(Group { start, entries });
    }
    Ok(groups)
}

/// The next numbers, each of the width in `widths`, bytes.
fn fields<const N: usize>(take: &mut Take, widths: [u8; N]) -> Result<[u64; N]> {
    let size = widths.iter().map(|&width| usize::from(width)).sum();
    split(&mut take(size)?.as_slice(), widths)
}

/// Splits numbers off the front of `bytes`.
fn split<const N: usize>(bytes: &mut &[u8], widths: [u8; N]) -> Result<[u64; N]> {
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let (field, behind) =
            bytes.split_at_checked(width.into()).context("a directory is malformed")?;
        *number = little_endian(field);
        *bytes = behind;
    }
    Ok(numbers)
}
