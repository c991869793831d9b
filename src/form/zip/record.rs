//! What an archive tells of each entry, before its content and again in the directory.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, Result, bail};
use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::time;
use crate::form::{FILE_MAX, PATH_MAX, check_path, little_endian};
use crate::tree::{Node, TreePath};

/// How the header of an entry begins, and that of its record in the directory.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
/// Their lengths up to the name.
const LOCAL_HEAD: usize = 30;
const CENTRAL_HEAD: usize = 46;
/// The format's version: 2.0, as deflate and directories need it.
const VERSION: u16 = 20;
/// The system that modes are of, in the upper byte of the version of the writer: Unix.
const UNIX: u16 = 3;
/// Flags: an encrypted entry, and a name in UTF-8.
const ENCRYPTED: u16 = 1;
const UTF8: u16 = 1 << 11;
/// The attribute by which DOS knows a directory.
const DOS_DIR: u32 = 0x10;
/// What an entry is, in a mode: `S_IFMT` and its like.
const KIND: u32 = 0o170_000;
const DIR: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;

/// Methods of compression.
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// A content as it is stored.
pub(super) struct Packed {
    pub(super) method: u16,
    /// Of the content unpacked.
    pub(super) crc: u32,
    pub(super) size: u64,
    pub(super) bytes: Vec<u8>,
}

/// An entry but for its content.
pub(super) struct Record {
    pub(super) path: TreePath,
    /// As `st_mode` has it.
    mode: u32,
    /// As [`time::stamp`] has it.
    stamp: u32,
    method: u16,
    crc: u32,
    /// Bytes that are stored, and that they unpack to.
    pub(super) packed: u32,
    pub(super) size: u32,
    /// Where its header is.
    at: u32,
}

/// Whether an archive starts with `head`: with an entry, or with the end of one that has none.
pub(super) fn recognises(head: &[u8]) -> bool {
    head.starts_with(&LOCAL) || head.starts_with(&super::directory::END)
}

impl Record {
    /// The record of `node`, whose header will be `at`.
    pub(super) fn new(
        path: &TreePath,
        node: &Node,
        mtime: u32,
        at: u64,
        packed: &Packed,
    ) -> Result<Self> {
        const FULL: &str = "beyond 4 GiB, which zip has no place for";
        // The highest number means that the real one stands in a ZIP64 field.
        let number = |number: u64| match u32::try_from(number) {
            Ok(number) if number < u32::MAX => Ok(number),
            _ => bail!(FULL),
        };
        if path.as_bytes().len() > PATH_MAX {
            bail!("a path of more than {PATH_MAX} bytes, which zip has no place for here");
        }
        let mode = match node {
            Node::Dir => DIR | 0o755,
            Node::Symlink { .. } => SYMLINK | 0o777,
            Node::File { executable: false, .. } => FILE | 0o644,
            Node::File { executable: true, .. } => FILE | 0o755,
        };
        Ok(Self {
            path: path.clone(),
            mode,
            stamp: time::stamp(mtime),
            method: packed.method,
            crc: packed.crc,
            packed: number(packed.bytes.len() as u64)?,
            size: number(packed.size)?,
            at: number(at)?,
        })
    }

    /// Adds its header, which the content follows.
    pub(super) fn encode_local(&self, out: &mut Vec<u8>) {
        out.extend(LOCAL);
        let name = self.encode_shared(out);
        out.extend(name);
    }

    /// Adds its record in the directory.
    pub(super) fn encode_central(&self, out: &mut Vec<u8>) {
        out.extend(CENTRAL);
        out.extend((UNIX << 8 | VERSION).to_le_bytes());
        let name = self.encode_shared(out);
        // A comment, the number of a disk, internal attributes.
        out.extend([0; 6]);
        let dos = if self.mode & KIND == DIR { DOS_DIR } else { 0 };
        out.extend((self.mode << 16 | dos).to_le_bytes());
        out.extend(self.at.to_le_bytes());
        out.extend(name);
    }

    /// Adds what header and record have in common; returns the name, which follows later.
    fn encode_shared(&self, out: &mut Vec<u8>) -> Vec<u8> {
        let mut name = self.path.as_bytes().to_vec();
        let utf8 = !name.is_ascii() && std::str::from_utf8(&name).is_ok();
        if self.mode & KIND == DIR {
            name.push(b'/');
        }
        let flags = if utf8 { UTF8 } else { 0 };
        out.extend([VERSION, flags, self.method].map(u16::to_le_bytes).concat());
        let numbers = [self.stamp, self.crc, self.packed, self.size];
        out.extend(numbers.map(u32::to_le_bytes).concat());
        // No path is longer than PATH_MAX; behind it the length of extra fields.
        out.extend((name.len() as u16).to_le_bytes());
        out.extend([0; 2]);
        name
    }

    /// The record that `rest` begins with, which it is taken from; `None` for the root.
    pub(super) fn decode(rest: &mut &[u8]) -> Result<Option<Self>> {
        const CUT: &str = "the directory is cut off";
        let (head, behind) = rest.split_at_checked(CENTRAL_HEAD).context(CUT)?;
        if !head.starts_with(&CENTRAL) {
            bail!("the directory is malformed");
        }
        let short = |at: usize| little_endian(&head[at..at + 2]) as u16;
        let long = |at: usize| little_endian(&head[at..at + 4]) as u32;
        let (name, extra, comment) = (short(28).into(), short(30), short(32));
        let (name, behind) = behind.split_at_checked(name).context(CUT)?;
        let behind = behind.get(usize::from(extra) + usize::from(comment)..).context(CUT)?;
        *rest = behind;
        let Some(path) = TreePath::from_archive(name)? else { return Ok(None) };
        check_path(&path)?;
        let mode = long(38) >> 16;
        let record = Self {
            mode: match (short(4) >> 8, mode & KIND) {
                (UNIX, 1..) => mode,
                _ if name.ends_with(b"/") => DIR | 0o755,
                _ => FILE | 0o644,
            },
            stamp: long(12),
            method: short(10),
            crc: long(16),
            packed: long(20),
            size: long(24),
            at: long(42),
            path,
        };
        let Self { path, mode, method, size, packed, at, .. } = &record;
        if short(8) & ENCRYPTED != 0 {
            bail!("{path}: encrypted");
        }
        if ![DIR, FILE, SYMLINK].contains(&(mode & KIND)) {
            bail!("{path}: an entry of mode {mode:o}, which a tree has no place for");
        }
        if ![STORED, DEFLATED].contains(method) {
            bail!("{path}: compressed by method {method}, which is not read here");
        }
        if [size, packed, at].into_iter().any(|&number| number == u32::MAX) {
            bail!("{path}: in ZIP64, which is not read here");
        }
        if u64::from(*size) > FILE_MAX {
            bail!("{path}: a file of {size} bytes, more than {FILE_MAX}");
        }
        Ok(Some(record))
    }

    /// Seconds since 1970; 0 for a time that there is not.
    pub(super) fn mtime(&self) -> u32 {
        time::mtime(self.stamp)
    }

    pub(super) fn is_file(&self) -> bool {
        self.mode & KIND == FILE
    }

    /// What the entry is, with `content`.
    pub(super) fn node(&self, content: Vec<u8>) -> Result<Node> {
        Ok(match self.mode & KIND {
            DIR if content.is_empty() => Node::Dir,
            DIR => bail!("a directory with content"),
            SYMLINK if content.is_empty() => bail!("a symlink without a target"),
            SYMLINK => Node::Symlink { target: content },
            _ => Node::File { data: content, executable: self.mode & 0o100 != 0 },
        })
    }

    /// The bytes that are stored in an archive whose entries end at `end`.
    pub(super) fn stored(&self, file: &File, end: u64) -> Result<Vec<u8>> {
        let mut head = [0; LOCAL_HEAD];
        let inside = |at: u64, size: u64| match at + size {
            behind if behind <= end => Ok(at),
            _ => bail!("{size} bytes at {at} are outside the archive's entries"),
        };
        let at = u64::from(self.at);
        file.read_exact_at(&mut head, inside(at, LOCAL_HEAD as u64)?)?;
        if !head.starts_with(&LOCAL) {
            bail!("its header is malformed");
        }
        let named = little_endian(&head[26..28]) + little_endian(&head[28..30]);
        let at = inside(at + LOCAL_HEAD as u64 + named, self.packed.into())?;
        let mut bytes = vec![0; self.packed as usize];
        file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }

    /// Its content, held against the sum.
    pub(super) fn content(&self, file: &File, end: u64) -> Result<Vec<u8>> {
        let stored = self.stored(file, end)?;
        let size = self.size as usize;
        let content = match self.method {
            STORED => stored,
            _ => inflate(&stored, size)?,
        };
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() != size || crc.sum() != self.crc {
            bail!("it does not unpack to the {size} bytes and the sum that the directory tells");
        }
        Ok(content)
    }
}

/// What `packed` inflates to, no more than one byte above `size`.
fn inflate(packed: &[u8], size: usize) -> Result<Vec<u8>> {
    // Deflate makes at most 1032 of a byte: a lie about the size is told before it costs memory.
    let likely = packed.len().saturating_mul(1032);
    let mut content = Vec::with_capacity(size.min(likely) + 1);
    let mut stream = Decompress::new(false);
    let status = stream.decompress_vec(packed, &mut content, FlushDecompress::Finish);
    match status.context("damaged")? {
        Status::StreamEnd if stream.total_in() == packed.len() as u64 => Ok(content),
        _ => bail!("damaged: its deflated bytes end elsewhere"),
    }
}
