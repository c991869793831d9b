//! The index of the packed container: a record for each entry of the tree, then all names.
//!
//! The index unpacked: the records, 12 bytes each, then the texts, one after the other, of each
//! record in order: its name (the last part of its path; empty for the root), and for a symlink its
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
//! Record 0 is the root. The entries of a directory are adjacent, in ascending order of the names'
//! bytes, and directories come by what they hold in the order of their own records: breadth first.
//! So the first child of a directory, the offset of a blob and that of a name are running sums, and
//! one pass over the records yields all three. A reader refuses anything else, and so never meets
//! a loop, a path twice, or something below a file.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use anyhow::{Result, bail};

use super::header::{HEADER, Header};
use crate::container::limits::{FILE_MAX, TREE_MAX, check_path, little_endian};
use crate::tree::{Node, Tree, TreePath};

/// Bytes of a record.
const RECORD: usize = 12;
const DIR: u8 = 0;
const FILE: u8 = 1;
const EXECUTABLE: u8 = 2;
const SYMLINK: u8 = 3;

/// The tree's paths and nodes in the order of the records, the root left out, and for each
/// directory, the root first, how many it holds.
pub(crate) fn breadth_first(tree: &Tree) -> (Vec<(&TreePath, &Node)>, Vec<usize>) {
    // Children of one directory are found as a run of the canonical order that shares a depth.
    let mut order: Vec<_> = tree.entries().iter().map(|entry| (&entry.path, &entry.node)).collect();
    // Stable: within one depth the canonical order groups by parent and sorts by name.
    order.sort_by_key(|(path, _)| path.depth());
    let mut counts = HashMap::new();
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
pub(crate) struct IndexWriter {
    records: Vec<u8>,
    texts: Vec<u8>,
}

impl IndexWriter {
    /// Adds a directory that holds `children`.
    pub(crate) fn dir(&mut self, name: &[u8], children: usize) -> Result<()> {
        self.record(DIR, name, children, 0)
    }

    /// Adds a file whose blob is of `stored` bytes.
    pub(crate) fn file(
        &mut self,
        name: &[u8],
        executable: bool,
        size: usize,
        stored: usize,
    ) -> Result<()> {
        self.record(if executable { EXECUTABLE } else { FILE }, name, size, stored)
    }

    /// Adds a symlink.
    pub(crate) fn symlink(&mut self, name: &[u8], target: &[u8]) -> Result<()> {
        self.record(SYMLINK, name, target.len(), 0)?;
        self.texts.extend_from_slice(target);
        Ok(())
    }

    fn record(&mut self, kind: u8, name: &[u8], size: usize, stored: usize) -> Result<()> {
        if name.len() > usize::from(u16::MAX) {
            bail!("name of {} bytes is too long for the container", name.len());
        }
        self.records.extend_from_slice(&u32::try_from(size)?.to_le_bytes());
        self.records.extend_from_slice(&u32::try_from(stored)?.to_le_bytes());
        self.records.extend_from_slice(&(name.len() as u16).to_le_bytes());
        self.records.extend_from_slice(&[kind, 0]);
        self.texts.extend_from_slice(name);
        Ok(())
    }

    /// How many records there are, and the index unpacked.
    pub(crate) fn finish(self) -> Result<(u32, Vec<u8>)> {
        let records = u32::try_from(self.records.len() / RECORD)?;
        Ok((records, [self.records, self.texts].concat()))
    }
}

/// One record with its running sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    name: Range<usize>,
    pub(crate) item: Item,
}

/// The entry that a record describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Dir(Range<usize>),
    /// A file and where its blob is in the container.
    File {
        executable: bool,
        size: u32,
        at: u64,
        stored: u32,
    },
    Symlink(Range<usize>),
}

impl Item {
    /// Bytes of a file's content; 0 for what has none.
    pub(crate) fn size(&self) -> u32 {
        match self {
            Self::File { size, .. } => *size,
            _ => 0,
        }
    }
}

/// An index, checked as a whole.
pub(crate) struct Index {
    bytes: Vec<u8>,
    records: Vec<Record>,
}

impl Index {
    /// Parses the unpacked index `bytes` of the container with `header`.
    pub(crate) fn decode(bytes: Vec<u8>, header: &Header) -> Result<Self> {
        let count = header.records as usize;
        let mut text = count.saturating_mul(RECORD);
        if bytes.len() < text || count == 0 {
            bail!("the index is too short for {count} records");
        }
        let mut blob = HEADER as u64;
        let mut child: usize = 1;
        let mut content = 0;
        let mut records = Vec::with_capacity(count);
        for (number, raw) in bytes[..text].chunks_exact(RECORD).enumerate() {
            let [size, stored] = [&raw[..4], &raw[4..8]].map(|field| little_endian(field) as u32);
            let (kind, zero) = (raw[10], raw[11]);
            let name = text..text + little_endian(&raw[8..10]) as usize;
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
                _ => bail!("record {number}: unknown kind {kind}"),
            };
            let is_file = matches!(item, Item::File { .. });
            let empty = if is_file { (size == 0) == (stored == 0) } else { stored == 0 };
            // A record that nothing before it holds would be its own ancestor, or nobody's child.
            if zero != 0 || !empty || number >= child || text > bytes.len() {
                bail!("record {number} of the index is inconsistent with the others");
            }
            content += if is_file { u64::from(size) } else { 0 };
            if is_file && u64::from(size) > FILE_MAX || content > TREE_MAX {
                bail!("record {number}: a size of {size} bytes exceeds the limit");
            }
            records.push(Record { name, item });
        }
        if child != count || text != bytes.len() || blob != header.dictionary_at {
            bail!("the counts in the index are inconsistent");
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
                    bail!("the index has the name '{}' out of order", name.escape_ascii());
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
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    /// The target of a symlink.
    pub(crate) fn target(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }

    /// The node of `item`, with `data` as the content of a file.
    pub(crate) fn node(&self, item: &Item, data: Vec<u8>) -> Node {
        match item {
            Item::Dir(_) => Node::Dir,
            Item::Symlink(range) => Node::Symlink { target: self.target(range).to_vec() },
            Item::File { executable, .. } => Node::File { data, executable: *executable },
        }
    }

    /// The entry at `path`.
    pub(crate) fn find(&self, path: &TreePath) -> Option<&Item> {
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

    /// Calls `each` with every path and its entry, except the root.
    pub(crate) fn walk(&self, each: &mut dyn FnMut(TreePath, &Item) -> Result<()>) -> Result<()> {
        // The paths of the directories whose children are still to come.
        let mut dirs = VecDeque::from([None]);
        for record in &self.records {
            let Item::Dir(children) = &record.item else { continue };
            let dir: Option<TreePath> = dirs.pop_front().flatten();
            for child in children.clone() {
                let path = match &dir {
                    Some(dir) => dir.join(self.name(child))?,
                    None => TreePath::new(self.name(child))?,
                };
                check_path(&path)?;
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
