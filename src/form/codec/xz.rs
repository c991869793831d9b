//! xz, by liblzma.

use std::io::{Read, Write};

use anyhow::Result;
use xz2::stream::{CONCATENATED, Check, Filters, LzmaOptions, Stream};
use xz2::{read::XzDecoder, write::XzEncoder};

use super::{BlobCodec, Codec};
use crate::version;

/// LZMA_PRESET_EXTREME of liblzma's `lzma/container.h`.
const EXTREME: u32 = 1 << 31;

/// What a decoder may take, bytes. Preset 9 needs 65 MiB; a header can ask for 4 GiB.
const MEMORY: u64 = 256 << 20;

/// xz at one preset, in one thread and one block.
#[derive(Debug, Clone, Copy)]
pub struct Xz {
    preset: u32,
    crc32: bool,
    window: Option<u32>,
}

impl Xz {
    /// `xz -N` with its default check, CRC64.
    pub const fn preset(preset: u32) -> Self {
        Self { preset, crc32: false, window: None }
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
        format!("xz preset {}{extreme}, {check}, 1 thread{window}", self.preset & !EXTREME)
    }

    fn compress(
        &self,
        out: &mut dyn Write,
        _size: u64,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let check = if self.crc32 { Check::Crc32 } else { Check::Crc64 };
        let stream = match self.window {
            None => Stream::new_easy_encoder(self.preset, check)?,
            Some(bytes) => {
                let mut options = LzmaOptions::new_preset(self.preset)?;
                options.dict_size(bytes);
                Stream::new_stream_encoder(Filters::new().lzma2(&options), check)?
            }
        };
        let mut encoder = XzEncoder::new_stream(out, stream);
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
