//! xz, by liblzma.

use std::io::{Read, Write};

use anyhow::Result;
use xz2::stream::{CONCATENATED, Check, Filters, LzmaOptions, MtStreamBuilder, Stream};
use xz2::{read::XzDecoder, write::XzEncoder};

use super::{BlobCodec, Codec};
use crate::version;

/// LZMA_PRESET_EXTREME of liblzma's `lzma/container.h`.
const EXTREME: u32 = 1 << 31;

/// What a decoder may take, bytes. Preset 9 needs 65 MiB; a header can ask for 4 GiB.
const MEMORY: u64 = 256 << 20;

/// Threads of an encoder that works on blocks, as many on every machine.
const THREADS: u32 = 2;

/// The most that a block of a stream in blocks is, bytes: threads hold blocks in memory.
const BLOCK_MAX: u64 = 32 << 20;

/// xz at one preset, in one thread and one block, or in equal blocks on two threads.
#[derive(Debug, Clone, Copy)]
pub struct Xz {
    preset: u32,
    crc32: bool,
    blocks: bool,
    window: Option<u32>,
}

impl Xz {
    /// `xz -N` with its default check, CRC64.
    pub const fn preset(preset: u32) -> Self {
        Self { preset, crc32: false, blocks: false, window: None }
    }

    /// `xz -Ne`.
    pub const fn extreme(preset: u32) -> Self {
        Self { preset: preset | EXTREME, ..Self::preset(preset) }
    }

    /// With CRC32, the check that every kernel's decoder knows.
    pub const fn crc32(self) -> Self {
        Self { crc32: true, ..self }
    }

    /// With another window than the preset's, bytes: what a decoder keeps, xz's dictionary.
    pub const fn window(self, bytes: u32) -> Self {
        Self { window: Some(bytes), ..self }
    }

    /// In blocks that are compressed two at a time. Where they are cut depends on how much there is to
    /// compress alone, so that the bytes are the same on any number of processors.
    pub const fn two_threads(self) -> Self {
        Self { blocks: true, ..self }
    }

    fn encoder(&self, size: u64) -> Result<Stream> {
        let check = if self.crc32 { Check::Crc32 } else { Check::Crc64 };
        let mut options = LzmaOptions::new_preset(self.preset)?;
        if let Some(bytes) = self.window {
            options.dict_size(bytes);
        }
        let mut filters = Filters::new();
        filters.lzma2(&options);
        if !self.blocks {
            return Ok(Stream::new_stream_encoder(&filters, check)?);
        }
        let mut builder = MtStreamBuilder::new();
        builder.filters(filters).check(check).threads(THREADS).block_size(block(size));
        Ok(builder.encoder()?)
    }
}

/// The size of the blocks that `size` bytes are cut into: as few and as large as give both threads the
/// same to do, since each costs the matches that would have reached back into the one before.
fn block(size: u64) -> u64 {
    let threads = u64::from(THREADS);
    let rounds = size.div_ceil(threads * BLOCK_MAX).max(1);
    size.div_ceil(threads * rounds).max(1)
}

impl Codec for Xz {
    const MAGIC: &'static [u8] = b"\xfd7zXZ\0";

    fn tool(&self) -> String {
        format!(
            "liblzma {} (crate; xz of liblzma-sys {})",
            version::of("liblzma"),
            version::of("liblzma-sys")
        )
    }

    fn settings(&self) -> String {
        let extreme = if self.preset & EXTREME == 0 { "" } else { " extreme" };
        let check = if self.crc32 { "CRC32" } else { "CRC64" };
        let window = self.window.map(|bytes| format!(", window of {bytes} B")).unwrap_or_default();
        let threads = match self.blocks {
            false => "1 thread".to_owned(),
            true => format!(
                "{THREADS} threads, blocks of an equal share of at most {BLOCK_MAX} B, an even number"
            ),
        };
        format!("xz preset {}{extreme}, {check}, {threads}{window}", self.preset & !EXTREME)
    }

    fn compress(
        &self,
        out: &mut dyn Write,
        size: u64,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let mut encoder = XzEncoder::new_stream(out, self.encoder(size)?);
        fill(&mut encoder)?;
        encoder.finish()?;
        Ok(())
    }

    fn decompress<'a>(&self, input: Box<dyn Read + 'a>) -> Result<Box<dyn Read + 'a>> {
        let stream = Stream::new_stream_decoder(MEMORY, CONCATENATED)?;
        Ok(Box::new(XzDecoder::new_stream(input, stream)))
    }
}

/// An encoder is set up anew for each piece, although that costs as much as the compression: a smaller
/// dictionary would make it cheap, and the bytes not those of `xz -6`.
impl BlobCodec for Xz {
    const TAG: u8 = 2;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_equal_even_in_number_and_not_too_large() {
        for (size, expected) in [(0, 1), (1, 1), (10_240, 5120), (34_344_960, 17_172_480)] {
            assert_eq!(block(size), expected);
        }
        for size in [1u64, 3, 7_000_001, 64 << 20, (64 << 20) + 1, 1_300_000_000] {
            let count = size.div_ceil(block(size));
            assert!(block(size) <= BLOCK_MAX && (count % 2 == 0 || size < 8), "{size}: {count}");
        }
    }
}
