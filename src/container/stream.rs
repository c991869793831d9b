//! Compressed streams, detected from their first bytes.

use std::io::{self, BufRead, Read};

use anyhow::{Context as _, Result};

use crate::container::codec::{Codec, Gz, Plain, Xz, Zst};

/// A reader of what `input` holds: decompressed if it is gzip, xz or zstd, else as it is.
///
/// # Errors
/// `input` is unreadable.
pub(crate) fn decompress<'a>(mut input: Box<dyn BufRead + 'a>) -> Result<Box<dyn Read + 'a>> {
    let mut head = [0; 8];
    let mut filled = 0;
    while filled < head.len() {
        match input.read(&mut head[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    let head = head[..filled].to_vec();
    let is = |magic: &[u8]| head.starts_with(magic);
    let (gz, xz, zst) = (is(Gz::MAGIC), is(Xz::MAGIC), is(Zst::MAGIC));
    let whole: Box<dyn Read + 'a> = Box::new(io::Cursor::new(head).chain(input));
    // Levels are the compressor's business; any decoder of the family reads them all.
    match (gz, xz, zst) {
        (true, ..) => Gz { level: 9 }.decompress(whole),
        (_, true, _) => Xz::preset(6).decompress(whole),
        (.., true) => Zst::level(19).decompress(whole),
        _ => Plain.decompress(whole),
    }
}

/// A reader of the one compressed stream that starts at the front of `bytes`, whatever follows it;
/// `None` when none does.
///
/// # Errors
/// The library can't be set up.
pub(crate) fn embedded<'a>(bytes: &'a [u8]) -> Result<Option<Box<dyn Read + 'a>>> {
    Ok(if bytes.starts_with(Xz::MAGIC) {
        Some(Box::new(xz2::bufread::XzDecoder::new(bytes)))
    } else if bytes.starts_with(Gz::MAGIC) {
        Some(Box::new(flate2::bufread::GzDecoder::new(bytes)))
    } else if bytes.starts_with(Zst::MAGIC) {
        let decoder = zstd::Decoder::with_buffer(bytes).context("zstd")?;
        Some(Box::new(decoder.single_frame()))
    } else {
        None
    })
}

/// The places in `bytes` where a compressed stream may start.
pub(crate) fn starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let of = |magic: &'static [u8]| memchr::memmem::find_iter(bytes, magic);
    of(Xz::MAGIC).chain(of(Zst::MAGIC)).chain(of(Gz::MAGIC))
}
