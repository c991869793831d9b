//! One block as an xz stream, byte for byte as backhand writes it, without a thread per block.
//!
//! backhand asks liblzma's encoder for threads, which starts one for every block and buffers for it.
//! Here the raw encoder runs on the thread that is there, and the container is put round what it makes,
//! after the .xz file format, version 1.2.1.

use anyhow::{Result, bail};
use flate2::Crc;
use xz2::stream::{Action, Filters, LzmaOptions, Status, Stream};

/// The preset that backhand and mksquashfs have as default.
const PRESET: u32 = 6;
/// Stream flags: CRC32, the check that the kernel's decoder knows.
const FLAGS: [u8; 2] = [0, 1];
/// Block flags: one filter, both sizes present.
const BLOCK_FLAGS: u8 = 0xc0;
/// The filter's number, LZMA2, and the length of its properties.
const FILTER: [u8; 2] = [0x21, 1];

/// `plain` as one xz stream with a dictionary of `dictionary` bytes, a power of two.
pub(crate) fn pack(plain: &[u8], dictionary: u32) -> Result<Vec<u8>> {
    let lzma2 = lzma2(plain, dictionary)?;
    let (packed, unpacked) = (lzma2.len() as u64, plain.len() as u64);

    let mut header = vec![0, BLOCK_FLAGS];
    number(&mut header, packed);
    number(&mut header, unpacked);
    header.extend(FILTER);
    header.push(((dictionary.ilog2() - 12) * 2) as u8);
    // liblzma leaves room for the sizes of the largest block that it would put into one thread.
    let mut largest = Vec::new();
    number(&mut largest, (u64::from(dictionary) * 3).max(1 << 20));
    let size = (5 + 2 * largest.len()).next_multiple_of(4);
    header.resize(header.len().max(size), 0);
    header[0] = (header.len() / 4) as u8;
    let header = sealed(header);

    let mut index = vec![0, 1];
    number(&mut index, header.len() as u64 + packed + 4);
    number(&mut index, unpacked);
    let index = sealed(index);
    let backward = ((index.len() / 4 - 1) as u32).to_le_bytes();

    let mut stream = b"\xfd7zXZ\0".to_vec();
    stream.extend([&FLAGS[..], &crc(&FLAGS)].concat());
    stream.extend(header);
    stream.extend(lzma2);
    stream.resize(stream.len().next_multiple_of(4), 0);
    stream.extend(crc(plain));
    stream.extend(index);
    let footer = [&backward[..], &FLAGS].concat();
    stream.extend([&crc(&footer)[..], &footer, b"YZ"].concat());
    Ok(stream)
}

fn lzma2(plain: &[u8], dictionary: u32) -> Result<Vec<u8>> {
    let mut options = LzmaOptions::new_preset(PRESET)?;
    options.dict_size(dictionary);
    let mut stream = Stream::new_raw_encoder(Filters::new().lzma2(&options))?;
    // What can't be compressed is stored in chunks of 64 KiB with three bytes each.
    let mut packed = Vec::with_capacity(plain.len() + plain.len() / 1024 + 64);
    match stream.process_vec(plain, &mut packed, Action::Finish)? {
        Status::StreamEnd => Ok(packed),
        _ => bail!("the xz output exceeds its bound"),
    }
}

/// Adds a number in the format's variable length: seven bits a byte, the lowest first.
fn number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Filled up to a multiple of four bytes, with its checksum behind it.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let crc = crc(&bytes);
    bytes.extend(crc);
    bytes
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use backhand::FilesystemCompressor;
    use backhand::compression::{CompressionAction as _, Compressor, DefaultCompressor};

    use super::*;

    #[test]
    fn a_block_is_what_backhand_makes_of_it() {
        let xz = FilesystemCompressor::new(Compressor::Xz, None).unwrap();
        let text: Vec<u8> =
            (0..1u32 << 20).flat_map(|n| (n / 7).to_string().into_bytes()).collect();
        let noise: Vec<u8> = text
            .iter()
            .scan(1u32, |state, _| {
                *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                Some((*state >> 24) as u8)
            })
            .collect();
        for block in [4 << 10, 128 << 10, 1 << 20] {
            for size in [1, 100, 4095, block as usize - 1, block as usize] {
                for plain in [&text[..size.min(block as usize)], &noise[..size.min(block as usize)]]
                {
                    let theirs = DefaultCompressor.compress(plain, xz, block).unwrap();
                    assert_eq!(
                        pack(plain, block).unwrap(),
                        theirs,
                        "{size} bytes in blocks of {block}"
                    );
                }
            }
        }
    }
}
