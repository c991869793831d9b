//! Codecs: compression of one stream, for archives and for single files.

mod gz;
mod plain;
mod xz;
mod zst;

use std::io::{Read, Write};

use anyhow::Result;

pub use gz::Gz;
pub use plain::Plain;
pub use xz::Xz;
pub use zst::Zst;

/// A compressor with its settings, and the decompressor for all of its family.
pub trait Codec: Sync {
    /// The first bytes of everything it writes.
    const MAGIC: &'static [u8];

    /// Library and version, `flate2 1.1.11 (zlib-rs 0.6.8)`.
    fn tool(&self) -> String;

    /// Compresses what `fill` writes, into `out`. `size` is how much that will be.
    ///
    /// # Errors
    /// Those of `fill`, `out` and the library.
    fn compress(
        &self,
        out: &mut dyn Write,
        size: u64,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<()>,
    ) -> Result<()>;

    /// A reader of what `input` holds compressed; integrity checks included.
    ///
    /// # Errors
    /// The library can't be set up.
    fn decompress<'a>(&self, input: Box<dyn Read + 'a>) -> Result<Box<dyn Read + 'a>>;
}
