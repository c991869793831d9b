//! zstd, by the zstd crate.

use std::io::{Read, Write};

use anyhow::Result;
use zstd::bulk::{Compressor, Decompressor};
use zstd::stream::raw::CParameter;
use zstd::{Decoder, Encoder};

use super::BUILD_MEMORY;
use super::share::{MOST, THREADS, share};
use super::{BlobCodec, Codec, Pack, Unpack};
use crate::sys::version;

/// ZSTD_c_overlapLog of `zstd.h`: a worker first reads the whole window before its share, so that a cut
/// costs no matches.
const WHOLE_WINDOW: u32 = 9;

/// The window of levels 19 and below, at most (`lib/compress/clevels.h`), bytes. Reading it takes a worker
/// about as long as compressing as much, and the first job has none to read: shares are cut so that
/// both threads end together.
const WINDOW: u64 = 8 << 20;

/// zstd at one level, with a checksum, without worker threads or on two of them.
#[derive(Debug, Clone, Copy)]
pub struct Zst {
    level: i32,
    window: Option<u32>,
    shares: bool,
}

impl Zst {
    /// `zstd -N --ultra --single-thread`.
    pub const fn level(level: i32) -> Self {
        Self { level, window: None, shares: false }
    }

    /// With another window than the level's, 2 to this power bytes: what a decoder keeps.
    pub const fn window(self, log: u32) -> Self {
        Self { window: Some(log), ..self }
    }

    /// In shares of one frame that are compressed two at a time. Where they are cut depends on how much
    /// there is to compress alone, so that the bytes are the same on any number of processors.
    pub const fn two_threads(self) -> Self {
        Self { shares: true, ..self }
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
        let workers = match self.shares {
            false => "no worker".to_owned(),
            true => format!(
                "{THREADS} workers, jobs of equal work of at most {MOST} B, an even number, \
                 overlap of the window"
            ),
        };
        format!("zstd level {}, checksum, {workers}{}", self.level, window.unwrap_or_default())
    }

    fn memory(&self) -> usize {
        // The tables of the levels that the command-line tool calls ultra.
        let large = self.level > 19 && self.window.is_none_or(|log| log > 24);
        if large { 700 << 20 } else { BUILD_MEMORY }
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
        if self.shares {
            encoder.set_parameter(CParameter::NbWorkers(THREADS))?;
            encoder.set_parameter(CParameter::JobSize(share(size + WINDOW) as u32))?;
            encoder.set_parameter(CParameter::OverlapSizeLog(WHOLE_WINDOW))?;
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
