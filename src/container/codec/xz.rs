//! xz, by liblzma.

use std::io::{Read, Write};

use anyhow::Result;
use xz2::stream::{CONCATENATED, Check, Filters, LzmaOptions, MtStreamBuilder, Stream};
use xz2::{read::XzDecoder, write::XzEncoder};

use super::BUILD_MEMORY;
use super::share::{MOST, THREADS, share};
use super::{BlobCodec, Codec};
use crate::sys::version;

/// LZMA_PRESET_EXTREME of liblzma's `lzma/container.h`.
const EXTREME: u32 = 1 << 31;

/// Memory limit of a decoder, bytes. Preset 9 needs 65 MiB; a header can ask for 4 GiB.
const MEMORY: u64 = 256 << 20;

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
        builder.filters(filters).check(check).threads(THREADS).block_size(share(size));
        Ok(builder.encoder()?)
    }
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
                "{THREADS} threads, blocks of an equal share of at most {MOST} B, an even number"
            ),
        };
        format!("xz preset {}{extreme}, {check}, {threads}{window}", self.preset & !EXTREME)
    }

    fn memory(&self) -> usize {
        // The levels above 6 have windows as large as a header set, and tables of 11 bytes for each byte.
        let large = self.preset & !EXTREME > 6 && self.window.is_none_or(|bytes| bytes > 16 << 20);
        if large { 400 << 20 } else { BUILD_MEMORY }
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

/// An encoder is set up again for each piece, although that costs as much as the compression: a smaller
/// dictionary would make it cheap, and the bytes not those of `xz -6`.
impl BlobCodec for Xz {
    const TAG: u8 = 2;
}
