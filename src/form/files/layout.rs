//! The layout of the packed container: its fixed header and its index, written and read.
//!
//! All numbers are little-endian; there is no padding and no alignment.
//!
//! ```text
//! header      64 bytes
//! blobs       one for each file that is not empty, in the order of the records
//! dictionary  as the codec takes it; may be empty
//! index       compressed by the same codec, without the dictionary
//! ```
//!
//! Header:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `KHDFILES` |
//! | 8 | 2 | version, 1 |
//! | 10 | 1 | codec: 1 gzip, 2 xz, 3 zstd |
//! | 11 | 1 | 0 |
//! | 12 | 4 | modification time of every entry, seconds since 1970 |
//! | 16 | 4 | records in the index |
//! | 20 | 4 | bytes of the dictionary |
//! | 24 | 8 | offset of the dictionary, where the blobs end |
//! | 32 | 8 | offset of the index, where the dictionary ends |
//! | 40 | 4 | bytes of the index as stored; the container ends there |
//! | 44 | 4 | bytes of the index unpacked |
//! | 48 | 12 | 0 |
//! | 60 | 4 | CRC-32 (that of gzip) of the 60 bytes before |
//!
//! The index unpacked: the records, 12 bytes each, then the texts, one after the other, of each
//! record in turn: its name (the last part of its path; empty for the root), and for a symlink its
//! target. A record:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 4 | size: of a file its content, of a symlink its target, of a directory how many it holds |
//! | 4 | 4 | bytes of the blob; 0 for an empty file, a symlink and a directory |
//! | 8 | 2 | bytes of the name |
//! | 10 | 1 | kind: 0 directory, 1 file, 2 executable file, 3 symlink |
//! | 11 | 1 | 0 |
//!
//! Record 0 is the root. What a directory holds stands together, in ascending order of the names'
//! bytes, and directories come by what they hold in the order of their own records: breadth first.
//! So the first child of a directory, the offset of a blob and that of a name are running sums, and
//! one pass over the records yields all three. A reader refuses anything else, and so never meets
//! a loop, a path twice, or something below a file.

use anyhow::{Result, bail};
use flate2::Crc;

use crate::form::{FILE_MAX, PATH_MAX, TREE_MAX};
use crate::tree::{Node, Tree, TreePath};

/// The first bytes of every container.
pub(super) const MAGIC: &[u8; 8] = b"KHDFILES";
const VERSION: u16 = 1;
/// Where the magic, the version and the codec's tag are.
const TAG_AT: usize = 10;
/// Bytes of the fixed header.
pub(super) const HEADER: usize = 64;
const CRC_AT: usize = HEADER - 4;
const RECORD: usize = 12;
/// The longest index that is unpacked, bytes: a million paths of a hundred bytes and more.
const INDEX_MAX: u32 = 128 << 20;

const DIR: u8 = 0;
const FILE: u8 = 1;
const EXECUTABLE: u8 = 2;
const SYMLINK: u8 = 3;

/// The fixed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) tag: u8,
    pub(super) mtime: u32,
    pub(super) records: u32,
    pub(super) dictionary_at: u64,
    pub(super) dictionary: u32,
    pub(super) index: u32,
    pub(super) index_unpacked: u32,
}

impl Header {
    pub(super) fn index_at(&self) -> u64 {
        self.dictionary_at + u64::from(self.dictionary)
    }

    pub(super) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
        put(0, MAGIC);
        put(8, &VERSION.to_le_bytes());
        put(TAG_AT, &[self.tag]);
        put(12, &self.mtime.to_le_bytes());
        put(16, &self.records.to_le_bytes());
        put(20, &self.dictionary.to_le_bytes());
        put(24, &self.dictionary_at.to_le_bytes());
        put(32, &self.index_at().to_le_bytes());
        put(40, &self.index.to_le_bytes());
        put(44, &self.index_unpacked.to_le_bytes());
        let crc = crc(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Takes the header of a container that has `length` bytes in all.
    pub(super) fn decode(bytes: &[u8; HEADER], length: u64) -> Result<Self> {
        if !bytes.starts_with(MAGIC) {
            bail!("not a container of packed files");
        }
        if le(&bytes[CRC_AT..]) != u64::from(crc(&bytes[..CRC_AT])) {
            bail!("the header is damaged: its checksum is wrong");
        }
        if le(&bytes[8..10]) != u64::from(VERSION) {
            bail!("the container is of version {}, not {VERSION}", le(&bytes[8..10]));
        }
        let word = |at: usize| le(&bytes[at..at + 4]) as u32;
        let header = Self {
            tag: bytes[TAG_AT],
            mtime: word(12),
            records: word(16),
            dictionary: word(20),
            dictionary_at: le(&bytes[24..32]),
            index: word(40),
            index_unpacked: word(44),
        };
        // Lengths are held against the container before anything is allocated by them.
        let end = header
            .dictionary_at
            .checked_add(u64::from(header.dictionary) + u64::from(header.index));
        if header.dictionary_at < HEADER as u64 || end != Some(length) {
            bail!("{length} bytes are not the length that the header tells: truncated or altered");
        }
        if header.encode() != *bytes {
            bail!("the header contradicts itself");
        }
        if header.index_unpacked > INDEX_MAX {
            bail!("the header tells of an index of {} bytes", header.index_unpacked);
        }
        Ok(header)
    }
}

/// Whether `head` starts a container of the codec with `tag`.
pub(super) fn starts(head: &[u8], tag: u8) -> bool {
    head.starts_with(MAGIC) && head.get(TAG_AT) == Some(&tag)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The tree's paths and nodes in the order of the records, the root left out, and for each
/// directory, the root first, how many it holds.
pub(super) fn breadth_first(tree: &Tree) -> (Vec<(&TreePath, &Node)>, Vec<usize>) {
    // Children of one directory are found as a run of the canonical order that shares a depth.
    let depth = |path: &TreePath| path.as_bytes().iter().filter(|&&byte| byte == b'/').count();
    let mut order: Vec<_> = tree.entries().iter().map(|entry| (&entry.path, &entry.node)).collect();
    // Stable: within one depth the canonical order groups by parent and sorts by name.
    order.sort_by_key(|(path, _)| depth(path));
    let mut counts = std::collections::HashMap::new();
    for (path, _) in &order {
        *counts.entry(path.parent()).or_insert(0) += 1;
    }
    let mut held = vec![counts.remove(&None).unwrap_or(0)];
    for (path, node) in &order {
        if **node == Node::Dir {
            held.push(counts.remove(&Some((*path).clone())).unwrap_or(0));
        }
    }
    (order, held)
}

/// Writes an index, record by record.
#[derive(Default)]
pub(super) struct IndexWriter {
    records: Vec<u8>,
    texts: Vec<u8>,
}

impl IndexWriter {
    /// Adds a directory that holds `children`.
    pub(super) fn dir(&mut self, name: &[u8], children: usize) -> Result<()> {
        self.record(DIR, name, children, 0)
    }

    /// Adds a file whose blob is of `stored` bytes.
    pub(super) fn file(
        &mut self,
        name: &[u8],
        executable: bool,
        size: usize,
        stored: usize,
    ) -> Result<()> {
        self.record(if executable { EXECUTABLE } else { FILE }, name, size, stored)
    }

    /// Adds a symlink.
    pub(super) fn symlink(&mut self, name: &[u8], target: &[u8]) -> Result<()> {
        self.record(SYMLINK, name, target.len(), 0)?;
        self.texts.extend_from_slice(target);
        Ok(())
    }

    fn record(&mut self, kind: u8, name: &[u8], size: usize, stored: usize) -> Result<()> {
        if name.len() > usize::from(u16::MAX) {
            bail!("a name of {} bytes, which the container has no place for", name.len());
        }
        self.records.extend_from_slice(&u32::try_from(size)?.to_le_bytes());
        self.records.extend_from_slice(&u32::try_from(stored)?.to_le_bytes());
        self.records.extend_from_slice(&(name.len() as u16).to_le_bytes());
        self.records.extend_from_slice(&[kind, 0]);
        self.texts.extend_from_slice(name);
        Ok(())
    }

    /// How many records there are, and the index unpacked.
    pub(super) fn finish(self) -> Result<(u32, Vec<u8>)> {
        let records = u32::try_from(self.records.len() / RECORD)?;
        Ok((records, [self.records, self.texts].concat()))
    }
}

/// One record with its running sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    name: std::ops::Range<usize>,
    pub(super) item: Item,
}

/// What a record tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// The records of what it holds.
    Dir(std::ops::Range<usize>),
    /// A file and where its blob is in the container.
    File { executable: bool, size: u32, at: u64, stored: u32 },
    /// Where the target is in the index.
    Symlink(std::ops::Range<usize>),
}

/// An index, checked as a whole.
pub(super) struct Index {
    bytes: Vec<u8>,
    records: Vec<Record>,
}

impl Index {
    /// Takes the unpacked index `bytes` of the container with `header`.
    pub(super) fn decode(bytes: Vec<u8>, header: &Header) -> Result<Self> {
        let count = header.records as usize;
        let mut text = count.saturating_mul(RECORD);
        if bytes.len() < text || count == 0 {
            bail!("the index has no place for {count} records");
        }
        let mut blob = HEADER as u64;
        let mut child: usize = 1;
        let mut content = 0;
        let mut records = Vec::with_capacity(count);
        for (number, raw) in bytes[..text].chunks_exact(RECORD).enumerate() {
            let [size, stored] = [&raw[..4], &raw[4..8]].map(|field| le(field) as u32);
            let (kind, zero) = (raw[10], raw[11]);
            let name = text..text + le(&raw[8..10]) as usize;
            text = name.end;
            let item = match kind {
                DIR => {
                    let first = child;
                    child = child.saturating_add(size as usize);
                    Item::Dir(first..child)
                }
                FILE | EXECUTABLE => {
                    let at = blob;
                    blob += u64::from(stored);
                    Item::File { executable: kind == EXECUTABLE, size, at, stored }
                }
                SYMLINK => {
                    let target = text..text.saturating_add(size as usize);
                    text = target.end;
                    Item::Symlink(target)
                }
                _ => bail!("record {number} is of kind {kind}, which there is none of"),
            };
            let is_file = matches!(item, Item::File { .. });
            let empty = if is_file { (size == 0) == (stored == 0) } else { stored == 0 };
            // A record that nothing before it holds would be its own ancestor, or nobody's child.
            if zero != 0 || !empty || number >= child || text > bytes.len() {
                bail!("record {number} of the index contradicts the others");
            }
            content += if is_file { u64::from(size) } else { 0 };
            if is_file && u64::from(size) > FILE_MAX || content > TREE_MAX {
                bail!("record {number} tells of {size} bytes, more than a tree here may have");
            }
            records.push(Record { name, item });
        }
        if child != count || text != bytes.len() || blob != header.dictionary_at {
            bail!("the index does not add up");
        }
        let index = Self { bytes, records };
        index.check_names()?;
        Ok(index)
    }

    fn check_names(&self) -> Result<()> {
        match self.records.first() {
            Some(Record { item: Item::Dir(_), name }) if name.is_empty() => {}
            _ => bail!("the index does not start with the root"),
        }
        for record in &self.records {
            let Item::Dir(children) = &record.item else { continue };
            let mut last: &[u8] = b"";
            for child in children.clone() {
                let name = self.name(child);
                if name <= last || name.contains(&b'/') {
                    bail!(
                        "the index has the name {:?} out of place",
                        name.escape_ascii().to_string()
                    );
                }
                last = name;
            }
        }
        Ok(())
    }

    fn name(&self, record: usize) -> &[u8] {
        &self.bytes[self.records[record].name.clone()]
    }

    /// The records in their order.
    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    /// The target of a symlink.
    pub(super) fn target(&self, range: &std::ops::Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }

    /// What stands at `path`.
    pub(super) fn find(&self, path: &TreePath) -> Option<&Item> {
        let mut item = &self.records.first()?.item;
        for part in path.as_bytes().split(|&byte| byte == b'/') {
            let Item::Dir(children) = item else { return None };
            let offset = self.records[children.clone()]
                .binary_search_by(|record| self.bytes[record.name.clone()].cmp(part))
                .ok()?;
            item = &self.records[children.start + offset].item;
        }
        Some(item)
    }

    /// Shows `each` every path with what stands there, the root left out.
    pub(super) fn walk(&self, each: &mut dyn FnMut(TreePath, &Item) -> Result<()>) -> Result<()> {
        // The paths of the directories whose children are still to come.
        let mut dirs = std::collections::VecDeque::from([None]);
        for record in &self.records {
            let Item::Dir(children) = &record.item else { continue };
            let dir: Option<TreePath> = dirs.pop_front().flatten();
            for child in children.clone() {
                let path = match &dir {
                    Some(dir) => dir.join(self.name(child))?,
                    None => TreePath::new(self.name(child))?,
                };
                if path.as_bytes().len() > PATH_MAX {
                    bail!("{path}: longer than {PATH_MAX} bytes");
                }
                let item = &self.records[child].item;
                if matches!(item, Item::Dir(_)) {
                    dirs.push_back(Some(path.clone()));
                }
                each(path, item)?;
            }
        }
        Ok(())
    }
}
