//! Compression for backhand: decompressing keeps to the size of a block, compressing takes what was
//! compressed ahead.

use std::io::{self, Read as _};

use backhand::compression::{CompressionAction, Compressor, DefaultCompressor};
use backhand::kind::Kind;
use backhand::{BackhandError, FilesystemCompressor, SuperBlock};
use flate2::read::ZlibDecoder;
use xz2::read::XzDecoder;
use xz2::stream::Stream;

use super::ahead;

/// What an xz decoder may take, bytes: squashfs knows no dictionary over 1 MiB.
const XZ_MEMORY: u64 = 8 << 20;

/// Compresses as backhand does, or has done [`ahead`], and decompresses no more than backhand made
/// room for.
///
/// backhand hands over an empty buffer of one block's capacity, 8 KiB for metadata, and lets xz and
/// gzip grow it to 4 MiB and more: a small image of small bombs would take all memory. Its xz decoder
/// also takes whatever dictionary a stream asks for, up to 4 GiB.
struct Bounded;

/// Squashfs 4.0, little-endian, through [`Bounded`].
pub(super) fn kind() -> Kind {
    Kind::new_v4(&Bounded)
}

impl CompressionAction for Bounded {
    type Error = BackhandError;
    type Compressor = Compressor;
    type FilesystemCompressor = FilesystemCompressor;
    type SuperBlock = SuperBlock;

    fn decompress(
        &self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        compressor: Compressor,
    ) -> Result<(), BackhandError> {
        let room = out.capacity() as u64;
        let read = match compressor {
            Compressor::Gzip => ZlibDecoder::new(bytes).take(room + 1).read_to_end(out)?,
            Compressor::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY, 0).map_err(io::Error::from)?;
                XzDecoder::new_stream(bytes, stream).take(room + 1).read_to_end(out)?
            }
            // The zstd crate keeps to the capacity by itself.
            other => return DefaultCompressor.decompress(bytes, out, other),
        };
        if read as u64 > room {
            return Err(BackhandError::CorruptedOrInvalidSquashfs);
        }
        Ok(())
    }

    fn compress(
        &self,
        bytes: &[u8],
        compressor: FilesystemCompressor,
        block: u32,
    ) -> Result<Vec<u8>, BackhandError> {
        match ahead::take(bytes) {
            Some(packed) => packed,
            None => DefaultCompressor.compress(bytes, compressor, block),
        }
    }

    fn compression_options(
        &self,
        superblock: &mut SuperBlock,
        kind: &Kind,
        compressor: FilesystemCompressor,
    ) -> Result<Option<Vec<u8>>, BackhandError> {
        DefaultCompressor.compression_options(superblock, kind, compressor)
    }
}
