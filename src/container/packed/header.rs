//! The fixed header of the packed container, and where everything else is.
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
//! Blobs and index are whole gzip members, xz streams (one block, CRC-32) or zstd frames (with
//! content size and checksum; those with a dictionary bear its number). A gzip member has the ten
//! bytes of header that must be and eight of trailer, raw deflate between them.
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

use anyhow::{Result, bail};
use flate2::Crc;

use crate::container::limits::little_endian;

/// The first bytes of every container.
pub(crate) const MAGIC: &[u8; 8] = b"KHDFILES";
const VERSION: u16 = 1;
/// Where the magic, the version and the codec's tag are.
const TAG_AT: usize = 10;
/// Bytes of the fixed header.
pub(crate) const HEADER: usize = 64;
const CRC_AT: usize = HEADER - 4;
/// The longest index that is unpacked, bytes: a million paths of a hundred bytes and more.
const INDEX_MAX: u32 = 128 << 20;

/// The fixed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) tag: u8,
    pub(crate) mtime: u32,
    pub(crate) records: u32,
    pub(crate) dictionary_at: u64,
    pub(crate) dictionary: u32,
    pub(crate) index: u32,
    pub(crate) index_unpacked: u32,
}

impl Header {
    pub(crate) fn index_at(&self) -> u64 {
        self.dictionary_at + u64::from(self.dictionary)
    }

    pub(crate) fn encode(&self) -> [u8; HEADER] {
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

    /// Parses the header of a container of `length` bytes.
    pub(crate) fn decode(bytes: &[u8; HEADER], length: u64) -> Result<Self> {
        if !bytes.starts_with(MAGIC) {
            bail!("not a container of packed files");
        }
        if little_endian(&bytes[CRC_AT..]) != u64::from(crc(&bytes[..CRC_AT])) {
            bail!("the header is damaged: its checksum is wrong");
        }
        if little_endian(&bytes[8..10]) != u64::from(VERSION) {
            bail!("unsupported container version {}, not {VERSION}", little_endian(&bytes[8..10]));
        }
        let word = |at: usize| little_endian(&bytes[at..at + 4]) as u32;
        let header = Self {
            tag: bytes[TAG_AT],
            mtime: word(12),
            records: word(16),
            dictionary: word(20),
            dictionary_at: little_endian(&bytes[24..32]),
            index: word(40),
            index_unpacked: word(44),
        };
        // Lengths are compared with the container before anything is allocated by them.
        let end = header
            .dictionary_at
            .checked_add(u64::from(header.dictionary) + u64::from(header.index));
        if header.dictionary_at < HEADER as u64 || end != Some(length) {
            bail!("truncated or altered: {length} bytes differ from the length in the header");
        }
        if header.encode() != *bytes {
            bail!("the header is inconsistent");
        }
        if header.index_unpacked > INDEX_MAX {
            bail!("an index of {} bytes exceeds the limit", header.index_unpacked);
        }
        Ok(header)
    }
}

/// Whether `head` starts a container of the codec with `tag`.
pub(crate) fn starts(head: &[u8], tag: u8) -> bool {
    head.starts_with(MAGIC) && head.get(TAG_AT) == Some(&tag)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
