//! Blocks in LZ4's high compression, by the library that mksquashfs calls: backhand's has the fast
//! mode only.

use std::io;

use backhand::compression::{CompressionOptions, Lz4};
use lz4::block::{CompressionMode, compress, decompress_to_buffer};

use crate::sys::version;

/// `LZ4HC_CLEVEL_MAX` of `lz4hc.h`.
pub(crate) const LEVEL: i32 = 12;

/// `LZ4_LEGACY` of the kernel's `fs/squashfs/lz4_wrapper.c`, the only format that it takes, and
/// `LZ4_HC` of squashfs-tools' `lz4_wrapper.h`, a note of the mode.
pub(crate) const OPTIONS: CompressionOptions =
    CompressionOptions::Lz4(Lz4 { version: 1, flags: 1 });

/// [`OPTIONS`] as an image has them: a metadata block of eight bytes stored as they are.
pub(crate) const STORED_OPTIONS: [u8; 10] = [8, 0x80, 1, 0, 0, 0, 1, 0, 0, 0];

/// The library and its version.
pub(crate) fn tool() -> String {
    format!("lz4 {} (crate; liblz4 {})", version::of("lz4"), lz4::version())
}

/// `plain` compressed.
pub(crate) fn pack(plain: &[u8]) -> io::Result<Vec<u8>> {
    compress(plain, Some(CompressionMode::HIGHCOMPRESSION(LEVEL)), false)
}

/// `packed` decompressed, if that is at most `room` bytes.
pub(crate) fn unpack(packed: &[u8], room: usize) -> io::Result<Vec<u8>> {
    let mut plain = vec![0; room];
    let count = decompress_to_buffer(packed, i32::try_from(room).ok(), &mut plain)?;
    plain.truncate(count);
    Ok(plain)
}
