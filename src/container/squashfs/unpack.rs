//! Decompression of single blocks with a size limit.

use anyhow::{Context as _, Result, bail};
use flate2::{Decompress, FlushDecompress, Status};
use xz2::stream::{Action, Status as XzStatus, Stream};
use zstd::bulk::Decompressor;

use super::lz4;

/// Memory limit of an xz decoder, bytes: dictionaries of squashfs are at most 1 MiB.
const XZ_MEMORY: u64 = 8 << 20;

/// A compressor that an image's blocks can be read with, by its number in the superblock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Codec {
    Gzip,
    Xz,
    Lz4,
    Zstd,
}

impl Codec {
    pub(crate) fn new(number: u64) -> Result<Self> {
        match number {
            1 => Ok(Self::Gzip),
            4 => Ok(Self::Xz),
            5 => Ok(Self::Lz4),
            6 => Ok(Self::Zstd),
            _ => bail!("unsupported compressor, number {number}"),
        }
    }

    /// A decompressor of blocks, one after another.
    pub(crate) fn unpacker(self) -> Result<Unpacker> {
        Ok(match self {
            Self::Gzip => Unpacker::Gzip,
            Self::Xz => Unpacker::Xz,
            Self::Lz4 => Unpacker::Lz4,
            Self::Zstd => Unpacker::Zstd(Decompressor::new()?),
        })
    }
}

/// A decompressor, with what it keeps from one block to the next: to set up zstd takes as long as to
/// unpack a small block.
pub(crate) enum Unpacker {
    Gzip,
    Xz,
    Lz4,
    Zstd(Decompressor<'static>),
}

impl Unpacker {
    /// `packed` decompressed, if that is at most `room` bytes: a small block may be a decompression bomb.
    pub(crate) fn unpack(&mut self, packed: &[u8], room: usize) -> Result<Vec<u8>> {
        // None writes beyond the room.
        let mut plain = Vec::with_capacity(room);
        let whole = match self {
            Self::Gzip => {
                let mut stream = Decompress::new(true);
                let status = stream.decompress_vec(packed, &mut plain, FlushDecompress::Finish);
                status.context("a damaged block")? == Status::StreamEnd
            }
            Self::Xz => {
                let mut stream = Stream::new_stream_decoder(XZ_MEMORY, 0)?;
                let status = stream.process_vec(packed, &mut plain, Action::Finish);
                status.context("a damaged block")? == XzStatus::StreamEnd
            }
            Self::Lz4 => {
                plain = lz4::unpack(packed, room).context("a damaged block")?;
                true
            }
            Self::Zstd(context) => {
                context.decompress_to_buffer(packed, &mut plain).context("a damaged block")?;
                true
            }
        };
        if !whole || plain.len() > room {
            bail!("a block is truncated or decompresses to more than {room} bytes");
        }
        Ok(plain)
    }
}
