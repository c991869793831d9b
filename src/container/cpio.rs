//! The cpio container in the "newc" format, which the kernel unpacks as an initramfs.
//!
//! After the kernel's `Documentation/driver-api/early-userspace/buffer-format.rst`. There is no entry
//! for the root, as the kernel has one before it unpacks anything.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use anyhow::{Context as _, Result, bail};

use super::member::{Member, SizeBudget};
use crate::container::limits::PATH_MAX;
use crate::tree::{Entry, Node, Tree, TreePath};

const MAGIC: &[u8] = b"070701";
/// The magic and thirteen numbers of eight hexadecimal digits.
const HEADER: u64 = 6 + 13 * 8;
/// The name of the entry that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";

/// The file type bits of a mode, and three of their values: `S_IFMT` and its
/// like.
const KIND: u32 = 0o170_000;
const DIR: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;

/// An entry but for its content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    pub(crate) name: &'a [u8],
    /// File type and permissions, as in `st_mode`.
    pub(crate) mode: u32,
    /// Seconds since 1970.
    pub(crate) mtime: u32,
    pub(crate) device: (u32, u32),
}

/// Writes the entry of number `inode`, padded.
///
/// # Errors
/// Errors of `out`; a name or content too long for the format.
pub(crate) fn entry(
    out: &mut dyn Write,
    inode: u32,
    header: Header,
    content: &[u8],
) -> io::Result<()> {
    let Header { name, mode, mtime, device: (major, minor) } = header;
    let number = |length: usize| {
        let too_long =
            |_| io::Error::other(format!("{}: of 4 GiB, too long for a cpio", name.escape_ascii()));
        u32::try_from(length).map_err(too_long)
    };
    let (size, name_size) = (number(content.len())?, number(name.len() + 1)?);
    // ino, mode, uid, gid, nlink, mtime, filesize, major, minor, rmajor, rminor, namesize, check
    let fields = [inode, mode, 0, 0, 1, mtime, size, 0, 0, major, minor, name_size, 0];
    out.write_all(MAGIC)?;
    for field in fields {
        write!(out, "{field:08x}")?;
    }
    out.write_all(name)?;
    let head = HEADER + u64::from(name_size);
    out.write_all(&[0; 4][..1 + padding(head)])?;
    out.write_all(content)?;
    out.write_all(&[0; 4][..padding(size.into())])
}

/// Writes the entry that ends an archive.
///
/// # Errors
/// Errors of `out`.
pub(crate) fn trailer(out: &mut dyn Write) -> io::Result<()> {
    entry(out, 0, Header { name: TRAILER, mode: 0, mtime: 0, device: (0, 0) }, b"")
}

/// Writes `tree` as a cpio.
///
/// # Errors
/// Errors of `out`; a file of 4 GiB or more, or one with the name that ends an archive.
pub(crate) fn write(tree: &Tree, out: &mut dyn Write) -> Result<()> {
    for (number, Entry { path, mtime, node }) in (1..).zip(tree.entries()) {
        if path.as_bytes() == TRAILER {
            bail!("{path}: name of the cpio trailer");
        }
        let (mode, content) = match node {
            Node::Dir => (DIR | 0o755, &[][..]),
            Node::Symlink { target } => (SYMLINK | 0o777, target.as_slice()),
            Node::File { data, executable: false } => (FILE | 0o644, data.as_slice()),
            Node::File { data, executable: true } => (FILE | 0o755, data.as_slice()),
        };
        let header = Header { name: path.as_bytes(), mode, mtime: *mtime, device: (0, 0) };
        entry(out, number, header, content)?;
    }
    Ok(trailer(out)?)
}

/// How many bytes [`write()`] writes for `tree`.
pub(crate) fn size(tree: &Tree) -> u64 {
    let of = |name: &[u8], content: usize| {
        padded(HEADER + name.len() as u64 + 1) + padded(content as u64)
    };
    let entry = |entry: &Entry| {
        let content = match &entry.node {
            Node::Dir => 0,
            Node::Symlink { target } => target.len(),
            Node::File { data, .. } => data.len(),
        };
        of(entry.path.as_bytes(), content)
    };
    tree.entries().iter().map(entry).sum::<u64>() + of(TRAILER, 0)
}

fn padded(length: u64) -> u64 {
    length.next_multiple_of(4)
}

/// How many bytes to the next multiple of four.
fn padding(length: u64) -> usize {
    (padded(length) - length) as usize
}

/// Whether what starts with `head` is a cpio of this format.
pub(crate) fn recognises(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Calls `visit` with each member until it breaks. A stream read to its end is read to its very
/// end, so that the codec below can check its sums.
///
/// # Errors
/// A stream that is not such a cpio, is cut off, goes on behind its end, or has members that are no
/// part of a tree.
pub(crate) fn walk(
    mut input: impl Read,
    visit: &mut dyn FnMut(Member) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let files = SizeBudget::default();
    loop {
        let fields = header(&mut input)?;
        let [_, mode, _, _, links, mtime, size, _, _, _, _, name_size, _] = fields;
        if name_size == 0 || name_size as usize > PATH_MAX + 1 {
            bail!("invalid name length of {name_size} bytes");
        }
        let mut name = take(&mut input, name_size)?;
        let nul = name.pop();
        take(&mut input, padding(HEADER + u64::from(name_size)) as u32)?;
        if nul != Some(0) {
            bail!("{}: name without a terminating NUL", name.escape_ascii());
        }
        if name == TRAILER {
            break;
        }
        let Some(path) = TreePath::from_archive(&name)? else {
            skip(&mut input, padded(size.into()))?;
            continue;
        };
        let mut size = u64::from(size);
        let padding = padding(size);
        let node = match mode & KIND {
            FILE if links > 1 => bail!("{path}: hard links are not supported"),
            FILE => Node::File { data: Vec::new(), executable: mode & 0o100 != 0 },
            DIR => Node::Dir,
            SYMLINK if size > PATH_MAX as u64 => {
                bail!("{path}: symlink target of {size} bytes is too long")
            }
            SYMLINK => {
                let target = take(&mut input, size as u32)?;
                size = 0;
                Node::Symlink { target }
            }
            _ => bail!("{path}: unsupported file type, mode {mode:o}"),
        };
        let mut content = input.by_ref().take(size);
        let member = Member { path, mtime, node, size, content: &mut content, room: &files };
        if visit(member)?.is_break() {
            return Ok(());
        }
        let left = content.limit();
        skip(&mut input, left + padding as u64)?;
    }
    let mut behind = [0; 4096];
    loop {
        match input.read(&mut behind)? {
            0 => return Ok(()),
            count if behind[..count].iter().any(|&byte| byte != 0) => {
                bail!("data after the cpio trailer")
            }
            _ => {}
        }
    }
}

/// The numbers of the next header.
fn header(input: &mut impl Read) -> Result<[u32; 13]> {
    let bytes = take(input, HEADER as u32)?;
    let Some(digits) = bytes.strip_prefix(MAGIC) else { bail!("not a cpio of the newc format") };
    let mut fields = [0; 13];
    for (field, digits) in fields.iter_mut().zip(digits.chunks_exact(8)) {
        // `from_str_radix` would take a sign.
        let number = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'));
        let number = number.and_then(|text| u32::from_str_radix(text, 16).ok());
        *field = number.with_context(|| format!("invalid number '{}'", digits.escape_ascii()))?;
    }
    Ok(fields)
}

/// The next `size` bytes, which must have been found to be few.
fn take(input: &mut impl Read, size: u32) -> Result<Vec<u8>> {
    let mut bytes = vec![0; size as usize];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip(input: &mut impl Read, size: u64) -> Result<()> {
    if io::copy(&mut input.by_ref().take(size), &mut io::sink())? < size {
        bail!("the cpio is truncated");
    }
    Ok(())
}
