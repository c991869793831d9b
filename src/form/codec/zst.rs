//! zstd, by the zstd crate.

use std::io::{Read, Write};

use anyhow::Result;
use zstd::bulk::{Compressor, Decompressor};
use zstd::stream::raw::CParameter;
use zstd::{Decoder, Encoder};

use super::{BlobCodec, Codec, Pack, Unpack};
use crate::version;

/// zstd at one level, without worker threads, with a checksum.
#[derive(Debug, Clone, Copy)]
pub struct Zst {
    level: i32,
    window: Option<u32>,
}

impl Zst {
    /// `zstd -N --ultra --single-thread`.
    pub const fn level(level: i32) -> Self {
        Self { level, window: None }
    }

    /// With another window than the level's, 2 to this power bytes: what a decoder keeps.
    pub const fn window(self, log: u32) -> Self {
        Self { window: Some(log), ..self }
    }
}

impl Codec for Zst {
    const MAGIC: &'static [u8] = &[0x28, 0xb5, 0x2f, 0xfd];

    fn tool(&self) -> String {
        format!(
            "zstd {} (crate; libzstd {})",
            version::of("zstd"),
            zstd::zstd_safe::version_string()
        )
    }

    fn settings(&self) -> String {
        let window = self.window.map(|log| format!(", window of {} B", 1u64 << log));
        format!("zstd level {}, checksum, no worker{}", self.level, window.unwrap_or_default())
    }

    fn compress(
        &self,
        out: &mut dyn Write,
        size: u64,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let mut encoder = Encoder::new(out, self.level)?;
        encoder.set_parameter(CParameter::ChecksumFlag(true))?;
        if let Some(log) = self.window {
            encoder.set_parameter(CParameter::WindowLog(log))?;
        }
        encoder.set_pledged_src_size(Some(size))?;
        fill(&mut encoder)?;
        encoder.finish()?;
        Ok(())
    }

    fn decompress<'a>(&self, input: Box<dyn Read + 'a>) -> Result<Box<dyn Read + 'a>> {
        Ok(Box::new(Decoder::new(input)?))
    }
}

/// One context for all pieces: setting one up costs more than compressing a header.
impl BlobCodec for Zst {
    const TAG: u8 = 3;

    fn packer<'a>(&'a self, dictionary: &'a [u8]) -> Result<Box<Pack<'a>>> {
        let mut context = Compressor::with_dictionary(self.level, dictionary)?;
        context.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Box::new(move |data| Ok(context.compress(data)?)))
    }

    fn unpacker<'a>(&'a self, dictionary: &'a [u8]) -> Result<Box<Unpack<'a>>> {
        let mut context = Decompressor::with_dictionary(dictionary)?;
        Ok(Box::new(move |blob, size| Ok(context.decompress(blob, size)?)))
    }
}
