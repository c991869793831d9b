//! The directory of an archive, at its end.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::record::Record;
use crate::form::{TREE_MAX, little_endian};

/// How the end of an archive begins.
pub(super) const END: [u8; 4] = *b"PK\x05\x06";
/// Its length without a comment, and the longest comment, bytes.
const END_HEAD: usize = 22;
const COMMENT_MAX: usize = u16::MAX as usize;
/// The longest directory that is read, bytes: 65,535 records with long names.
const DIRECTORY_MAX: u64 = 64 << 20;
/// One more entry and the number means that the real one stands in a ZIP64 field.
const ENTRIES_MAX: u16 = u16::MAX - 1;

/// An archive that was opened.
pub(super) struct Directory {
    pub(super) file: File,
    /// Where the entries end.
    pub(super) end: u64,
    pub(super) records: Vec<Record>,
}

/// Writes `directory`, of `entries` records, and the end of an archive `at` which it stands.
pub(super) fn finish(directory: &[u8], entries: usize, at: u64, out: &mut dyn Write) -> Result<()> {
    let entries = u16::try_from(entries).ok().filter(|&entries| entries <= ENTRIES_MAX);
    let entries = entries.with_context(|| {
        format!("more than {ENTRIES_MAX} entries, which zip has no place for without ZIP64")
    })?;
    let number = |number: u64| {
        let number = u32::try_from(number).ok().filter(|&number| number < u32::MAX);
        number.context("beyond 4 GiB, which zip has no place for")
    };
    out.write_all(directory)?;
    out.write_all(&END)?;
    // All on the first disk.
    out.write_all(&[0; 4])?;
    out.write_all(&[entries, entries].map(u16::to_le_bytes).concat())?;
    out.write_all(&number(directory.len() as u64)?.to_le_bytes())?;
    out.write_all(&number(at)?.to_le_bytes())?;
    Ok(out.write_all(&[0; 2])?)
}

impl Directory {
    /// Opens an archive and reads its directory.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let tail = length.min((END_HEAD + COMMENT_MAX) as u64);
        let mut bytes = vec![0; tail as usize];
        file.read_exact_at(&mut bytes, length - tail)?;
        let Some((end, found)) = end(&bytes) else {
            bail!("not a zip, or cut off: there is no directory at its end");
        };
        let field = |at: usize, width: usize| little_endian(&found[at..at + width]);
        let (disks, entries) = ((field(4, 2), field(6, 2)), field(10, 2));
        let (size, at) = (field(12, 4), field(16, 4));
        if disks != (0, 0) || field(8, 2) != entries {
            bail!("an archive of several parts");
        }
        if entries > u64::from(ENTRIES_MAX) || at == u64::from(u32::MAX) {
            bail!("in ZIP64, which is not read here");
        }
        let end = length - tail + end as u64;
        if size > DIRECTORY_MAX || at + size != end {
            bail!("a directory of {size} bytes at {at}, where it ends at {end}");
        }
        let mut bytes = vec![0; size as usize];
        file.read_exact_at(&mut bytes, at)?;
        let mut rest = bytes.as_slice();
        let mut records = Vec::new();
        let mut content = 0;
        for _ in 0..entries {
            if let Some(record) = Record::decode(&mut rest)? {
                content += u64::from(record.size);
                records.push(record);
            }
        }
        if !rest.is_empty() {
            bail!("the directory has more than its {entries} entries");
        }
        if content > TREE_MAX {
            bail!("its files come to {content} bytes, more than a tree here may have");
        }
        Ok(Self { file, end: at, records })
    }
}

/// The end of an archive in its last bytes, and where there: the last place whose comment fills what is
/// behind it.
fn end(tail: &[u8]) -> Option<(usize, &[u8])> {
    (0..=tail.len().checked_sub(END_HEAD)?).rev().find_map(|at| {
        let found = tail.get(at..)?;
        let comment = little_endian(found.get(20..22)?);
        let fills = (END_HEAD as u64 + comment) == found.len() as u64;
        (found.starts_with(&END) && fills).then_some((at, found))
    })
}
