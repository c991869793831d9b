//! What the project's own file system holds, beside its module (`src/guest/modules/khfs_*.c`).

use anyhow::{Result, bail};

use super::squashfs::{INFLATE, LZMA2, ZSTD_CONTEXT};
use super::{derived, kmalloc, le, pages};
use crate::record::Term;

/// `KHFS_STRIDE` and `struct khfs_mark` of `khfs_index.c` and `khfs.h`.
const STRIDE: u64 = 16;
const MARK: u64 = 12;
/// `sizeof(struct ZSTD_DDict_s)`, `lib/zstd/decompress/zstd_ddict.c`, within a few hundred bytes:
/// the tables of [`ZSTD_CONTEXT`] without its literals.
const ZSTD_DICTIONARY: u64 = (2 * 513 + 257) * 8 + 4097 * 4 + 2560 + 100;

/// The fields that count of the container's header; its layout is in `src/form/files/header.rs`.
struct Header {
    codec: u64,
    records: u64,
    dictionary: u64,
    index: u64,
}

impl Header {
    fn decode(head: &[u8]) -> Result<Self> {
        if !head.starts_with(b"KHDFILES") {
            bail!("not a container of packed files");
        }
        Ok(Self {
            codec: le::<1>(head, 10),
            records: le::<4>(head, 16),
            dictionary: le::<4>(head, 20),
            index: le::<4>(head, 44),
        })
    }
}

/// The container that `head` begins, mounted.
pub(super) fn mounted(head: &[u8]) -> Result<Vec<Term>> {
    let header = Header::decode(head)?;
    let marks = header.records.div_ceil(STRIDE) * MARK;
    let dictionary = if header.dictionary > 0 { kmalloc(ZSTD_DICTIONARY) } else { 0 };
    Ok(vec![
        derived("khfs: the index, unpacked", pages(header.index)),
        derived("khfs: marks in the index", kmalloc(marks)),
        derived("khfs: tables of the dictionary", dictionary),
    ])
}

/// What is kept for the next read, from the first read on.
pub(super) fn workspace(head: &[u8]) -> Result<Vec<Term>> {
    let bytes = match Header::decode(head)?.codec {
        1 => pages(INFLATE),
        2 => kmalloc(LZMA2),
        3 => pages(ZSTD_CONTEXT),
        other => bail!("there is no codec {other}"),
    };
    Ok(vec![derived("khfs: a workspace of the codec", bytes)])
}
