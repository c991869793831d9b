//! The tar container, byte for byte as GNU tar writes it with the options of `gen_kheaders.sh`:
//! `--owner=0 --group=0 --numeric-owner --sort=name --mode=u=rw,go=r,a+X`.
//!
//! One thing is kept that this mode would take away: the executable bit of a file. A header has none;
//! the scripts of a set with the module-building artifacts need theirs.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use anyhow::{Result, bail};
use tar::{EntryType, Header};

pub use super::member::Member;
use super::member::SizeBudget;
use super::order::Order;
use crate::container::limits::{PATH_MAX, check_path};
use crate::tree::{Entry, Node, Tree, TreePath};

const BLOCK: u64 = 512;
/// GNU tar writes whole records of this many bytes (`--blocking-factor=20`).
const RECORD: u64 = 20 * BLOCK;
/// The longest name or link target that fits a header; a longer one gets an entry of its own.
const NAME_MAX: usize = 100;
/// Maximum size of long names and pax headers before one member, bytes. The `tar` crate would
/// hold in memory whatever length one of them declares and has.
const EXTENSIONS_MAX: u64 = 1 << 20;

/// Writes `tree` as a tar in `order`, the root directory first.
///
/// # Errors
/// Errors of `out`.
pub fn write(tree: &Tree, order: Order, out: &mut dyn Write) -> Result<()> {
    let mut written = header(out, b"./", EntryType::Directory, 0o755, 0, tree.mtime(), &[])?;
    for entry in order.of(tree) {
        let name = [b"./", entry.path.as_bytes()].concat();
        written += match &entry.node {
            Node::Dir => {
                let name = [&name, b"/".as_slice()].concat();
                header(out, &name, EntryType::Directory, 0o755, 0, entry.mtime, &[])?
            }
            Node::Symlink { target } => {
                header(out, &name, EntryType::Symlink, 0o644, 0, entry.mtime, target)?
            }
            Node::File { data, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                let size = data.len() as u64;
                header(out, &name, EntryType::Regular, mode, size, entry.mtime, &[])?
                    + content(out, data)?
            }
        };
    }
    let end = written + 2 * BLOCK;
    pad(out, end.next_multiple_of(RECORD) - written)
}

/// How many bytes [`write()`] writes for `tree`.
pub fn size(tree: &Tree) -> u64 {
    let long = |name: usize| match name {
        ..=NAME_MAX => 0,
        _ => BLOCK + (name as u64 + 1).next_multiple_of(BLOCK),
    };
    let entry = |entry: &Entry| {
        let name = entry.path.as_bytes().len() + 2;
        BLOCK
            + match &entry.node {
                Node::Dir => long(name + 1),
                Node::Symlink { target } => long(name) + long(target.len()),
                Node::File { data, .. } => long(name) + (data.len() as u64).next_multiple_of(BLOCK),
            }
    };
    let entries: u64 = tree.entries().iter().map(entry).sum();
    (BLOCK + entries + 2 * BLOCK).next_multiple_of(RECORD)
}

fn header(
    out: &mut dyn Write,
    name: &[u8],
    kind: EntryType,
    mode: u32,
    size: u64,
    mtime: u32,
    target: &[u8],
) -> Result<u64> {
    let mut written = 0;
    if target.len() > NAME_MAX {
        written += long(out, EntryType::GNULongLink, target)?;
    }
    if name.len() > NAME_MAX {
        written += long(out, EntryType::GNULongName, name)?;
    }
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_mtime(mtime.into());
    put(&mut header.as_old_mut().name, name);
    put(&mut header.as_old_mut().linkname, target);
    seal(&mut header);
    out.write_all(header.as_bytes())?;
    Ok(written + BLOCK)
}

/// A name too long for its field, in an entry before the one it belongs to.
fn long(out: &mut dyn Write, kind: EntryType, name: &[u8]) -> Result<u64> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(name.len() as u64 + 1);
    header.set_mtime(0);
    put(&mut header.as_old_mut().name, b"././@LongLink");
    seal(&mut header);
    out.write_all(header.as_bytes())?;
    Ok(BLOCK + content(out, &[name, b"\0"].concat())?)
}

fn put(field: &mut [u8; NAME_MAX], value: &[u8]) {
    let fits = value.len().min(NAME_MAX);
    field[..fits].copy_from_slice(&value[..fits]);
}

/// GNU tar ends the checksum with NUL and space where the `tar` crate writes one digit more.
fn seal(header: &mut Header) {
    header.set_cksum();
    if let Ok(sum) = header.cksum() {
        header.as_old_mut().cksum.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

fn content(out: &mut dyn Write, data: &[u8]) -> Result<u64> {
    out.write_all(data)?;
    let size = data.len() as u64;
    let padded = size.next_multiple_of(BLOCK);
    pad(out, padded - size)?;
    Ok(padded)
}

fn pad(out: &mut dyn Write, bytes: u64) -> Result<()> {
    io::copy(&mut io::repeat(0).take(bytes), out)?;
    Ok(())
}

/// Whether what starts with `head` is a tar, by the magic in its first header.
pub fn recognises(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// Calls `visit` with each member until it breaks. A stream read to its end is read to its very
/// end, so that the codec below can check its sums.
///
/// # Errors
/// A stream that is not a tar, is cut off, or has members that are no part of a tree.
pub fn walk(
    input: impl Read,
    visit: &mut dyn FnMut(Member) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let room = Cell::new(EXTENSIONS_MAX);
    let ended = Cell::new(false);
    let files = SizeBudget::default();
    let mut archive = tar::Archive::new(Watched { input, zeros: 0, ended: &ended, room: &room });
    // The crate has an error of its own for a header that is not whole.
    let early = |error: io::Error| match ended.get() {
        true => io::Error::new(io::ErrorKind::UnexpectedEof, error),
        false => error,
    };
    for member in archive.entries()? {
        let mut member = member.map_err(early)?;
        let header = member.header();
        let kind = header.entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        let mode = header.mode()?;
        let mtime = u32::try_from(header.mtime()?).unwrap_or(u32::MAX);
        let size = member.size();
        // The stored size of a sparse file is smaller than its length.
        let stored = if kind.is_gnu_sparse() { header.entry_size()? } else { size };
        room.set(stored.saturating_add(EXTENSIONS_MAX));
        let Some(path) = TreePath::from_archive(&member.path_bytes())? else {
            continue;
        };
        check_path(&path)?;
        let node = match kind {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                Node::File { data: Vec::new(), executable: mode & 0o100 != 0 }
            }
            EntryType::Directory => Node::Dir,
            EntryType::Symlink => match member.link_name_bytes() {
                Some(target) if target.len() > PATH_MAX => {
                    bail!("{path}: symlink target of {} bytes is too long", target.len())
                }
                Some(target) => Node::Symlink { target: target.into_owned() },
                None => bail!("{path}: a symlink without a target"),
            },
            other => bail!("{path}: unsupported type '{}'", char::from(other.as_byte())),
        };
        let member = Member { path, mtime, node, size, content: &mut member, room: &files };
        if visit(member)?.is_break() {
            return Ok(());
        }
    }
    let mut watched = archive.into_inner();
    room.set(u64::MAX);
    // The crate takes one block of zeros as the end mark, and the end of the stream as well. An end
    // mark has two blocks, which a file of zeros before the end must not be taken for.
    let half = watched.zeros >= BLOCK && !ended.get();
    if !half || io::copy(&mut watched, &mut io::sink())? < BLOCK {
        bail!("the tar is truncated: it has no end mark");
    }
    Ok(())
}

/// Watches over what the `tar` crate reads.
struct Watched<'a, R> {
    input: R,
    /// Zero bytes at the end of what was read.
    zeros: u64,
    /// Whether the end of the stream was met.
    ended: &'a Cell<bool>,
    /// How much may be read before the next member.
    room: &'a Cell<u64>,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.ended.set(count == 0);
        let zeros = buffer[..count].iter().rev().take_while(|&&byte| byte == 0).count();
        self.zeros = if zeros == count { self.zeros + zeros as u64 } else { zeros as u64 };
        match self.room.get().checked_sub(count as u64) {
            Some(left) => self.room.set(left),
            None => return Err(io::Error::other("the headers of a member are too long")),
        }
        Ok(count)
    }
}
