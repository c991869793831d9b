//! gzip, by flate2 on zlib-rs.

use std::io::{Read, Write};

use anyhow::Result;
use flate2::{Compression, GzBuilder, read::MultiGzDecoder};

use super::{BlobCodec, Codec};
use crate::sys::version;

/// gzip at one level.
#[derive(Debug, Clone, Copy)]
pub struct Gz {
    /// 0 to 9.
    pub level: u32,
}

impl Codec for Gz {
    const MAGIC: &'static [u8] = &[0x1f, 0x8b];

    fn tool(&self) -> String {
        format!("flate2 {} (zlib-rs {})", version::of("flate2"), version::of("zlib-rs"))
    }

    fn settings(&self) -> String {
        format!("gzip level {}", self.level)
    }

    fn compress(
        &self,
        out: &mut dyn Write,
        _size: u64,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        // No name and no time in the header, as `gzip -n` leaves them out; 3 says Unix.
        let header = GzBuilder::new().mtime(0).operating_system(3);
        let mut encoder = header.write(out, Compression::new(self.level));
        fill(&mut encoder)?;
        encoder.finish()?;
        Ok(())
    }

    fn decompress<'a>(&self, input: Box<dyn Read + 'a>) -> Result<Box<dyn Read + 'a>> {
        Ok(Box::new(MultiGzDecoder::new(input)))
    }
}

impl BlobCodec for Gz {
    const TAG: u8 = 1;
}
