//! Codecs: compression of one stream, for archives and for single files.

mod gz;
mod plain;
mod share;
mod xz;
mod zst;

use std::io::{Read, Write};

use anyhow::Result;

pub use gz::Gz;
pub use plain::Plain;
pub use xz::Xz;
pub use zst::Zst;

/// Upper bound of the memory of most builds besides the tree, bytes.
pub(crate) const BUILD_MEMORY: usize = 128 << 20;

/// A compressor with its settings, and the decompressor for all of its family.
pub trait Codec: Send + Sync {
    /// The first bytes of everything it writes.
    const MAGIC: &'static [u8];

    /// Library and version, `flate2 1.1.11 (zlib-rs 0.6.8)`.
    fn tool(&self) -> String;

    /// Every setting that changes bytes.
    fn settings(&self) -> String;

    /// About how much memory it takes to compress a header set, bytes.
    fn memory(&self) -> usize {
        BUILD_MEMORY
    }

    /// Compresses what `fill` writes, into `out`. `size` is how much that will be.
    ///
    /// # Errors
    /// Errors of `fill`, `out` and the library.
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

/// Compresses one piece after another, each into a whole stream of its own.
pub type Pack<'a> = dyn FnMut(&[u8]) -> Result<Vec<u8>> + Send + 'a;

/// Takes one piece after another, and the expected size of each; returns at most one
/// byte above that.
pub type Unpack<'a> = dyn FnMut(&[u8], usize) -> Result<Vec<u8>> + Send + 'a;

/// A codec for many small pieces, with a dictionary where it knows such a thing.
///
/// The provided methods set up the library afresh for each piece and leave the dictionary out.
pub trait BlobCodec: Codec {
    /// How the packed container spells the codec.
    const TAG: u8;

    /// A compressor of pieces with `dictionary`, which is empty where there is none.
    ///
    /// # Errors
    /// The library can't be set up.
    fn packer<'a>(&'a self, _dictionary: &'a [u8]) -> Result<Box<Pack<'a>>> {
        Ok(Box::new(|data| {
            let mut blob = Vec::new();
            self.compress(&mut blob, data.len() as u64, &mut |out| Ok(out.write_all(data)?))?;
            Ok(blob)
        }))
    }

    /// The inverse.
    ///
    /// # Errors
    /// The library can't be set up.
    fn unpacker<'a>(&'a self, _dictionary: &'a [u8]) -> Result<Box<Unpack<'a>>> {
        Ok(Box::new(|blob, size| {
            // The size is not trusted with an allocation: it may be a lie.
            let mut data = Vec::new();
            self.decompress(Box::new(blob))?.take(size as u64 + 1).read_to_end(&mut data)?;
            Ok(data)
        }))
    }
}
