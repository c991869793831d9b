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
/// The longest directory that is read, bytes: half a million records with long names.
const DIRECTORY_MAX: u64 = 64 << 20;
/// Stands for a number of entries that only the end in ZIP64 has room for.
const MANY: u16 = u16::MAX;
/// How the end in ZIP64 begins, and its length; the same of what leads to it. Both stand before the end.
const END64: [u8; 4] = *b"PK\x06\x06";
const END64_LENGTH: usize = 56;
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_LENGTH: usize = 20;
/// The first version that reads ZIP64, 4.5, made on Unix.
const VERSION64: [u8; 4] = [45, 3, 45, 0];

/// An archive that was opened.
pub(super) struct Directory {
    pub(super) file: File,
    /// Where the entries end.
    pub(super) end: u64,
    pub(super) records: Vec<Record>,
}

/// Writes `directory`, of `entries` records, and the end of an archive `at` which it stands.
pub(super) fn finish(directory: &[u8], entries: usize, at: u64, out: &mut dyn Write) -> Result<()> {
    let number = |number: u64| {
        let number = u32::try_from(number).ok().filter(|&number| number < u32::MAX);
        number.context("beyond 4 GiB, which zip has no place for")
    };
    out.write_all(directory)?;
    let few = u16::try_from(entries).unwrap_or(MANY);
    if few == MANY {
        out.write_all(&end64(entries as u64, directory.len() as u64, at))?;
    }
    out.write_all(&END)?;
    // All on the first disk.
    out.write_all(&[0; 4])?;
    out.write_all(&[few, few].map(u16::to_le_bytes).concat())?;
    out.write_all(&number(directory.len() as u64)?.to_le_bytes())?;
    out.write_all(&number(at)?.to_le_bytes())?;
    Ok(out.write_all(&[0; 2])?)
}

/// The end in ZIP64 of `entries` records in `size` bytes `at` an offset, and what leads to it.
fn end64(entries: u64, size: u64, at: u64) -> Vec<u8> {
    let mut bytes = END64.to_vec();
    bytes.extend((END64_LENGTH as u64 - 12).to_le_bytes());
    bytes.extend(VERSION64);
    // All on the first disk.
    bytes.extend([0; 8]);
    bytes.extend([entries, entries, size, at].map(u64::to_le_bytes).concat());
    bytes.extend(LOCATOR);
    bytes.extend([0; 4]);
    bytes.extend((at + size).to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes
}

/// The number of entries that the end in ZIP64 tells, and where that begins, `before` the end.
fn many(file: &File, before: u64) -> Result<(u64, u64)> {
    let length = END64_LENGTH + LOCATOR_LENGTH;
    let at = before.checked_sub(length as u64).context("there is no end in ZIP64")?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at)?;
    let field = |at: usize, width: usize| little_endian(&bytes[at..at + width]);
    let locator = END64_LENGTH;
    if !bytes.starts_with(&END64)
        || !bytes[locator..].starts_with(&LOCATOR)
        || field(locator + 8, 8) != at
    {
        bail!("an end in ZIP64 that does not stand right before the end");
    }
    if field(24, 8) != field(32, 8) {
        bail!("an archive of several parts");
    }
    Ok((field(32, 8), at))
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
        let (disks, mut entries) = ((field(4, 2), field(6, 2)), field(10, 2));
        let (size, at) = (field(12, 4), field(16, 4));
        if disks != (0, 0) || field(8, 2) != entries {
            bail!("an archive of several parts");
        }
        if size == u64::from(u32::MAX) || at == u64::from(u32::MAX) {
            bail!("in ZIP64 for its size, and only for its entries it is read here");
        }
        let mut end = length - tail + end as u64;
        if entries == u64::from(MANY) {
            (entries, end) = many(&file, end)?;
        }
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
