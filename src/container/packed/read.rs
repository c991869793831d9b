//! Packed files read: the fixed header, the index, the dictionary and single blobs.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::header::{HEADER, Header};
use super::index::{Index, Item};
use crate::container::codec::{BlobCodec, Unpack};

/// A container that was opened, its index read.
pub(crate) struct Container {
    pub(crate) file: BufReader<File>,
    pub(crate) header: Header,
    pub(crate) index: Index,
}

impl Container {
    /// Opens the container at `path`, whose codec must be `codec`, and reads its index.
    pub(crate) fn open<C: BlobCodec>(codec: &C, path: &Path) -> Result<Self> {
        let mut file = BufReader::with_capacity(64 << 10, File::open(path)?);
        let length = file.get_ref().metadata()?.len();
        let mut bytes = [0; HEADER];
        file.read_exact(&mut bytes).context("too short for a container")?;
        let header = Header::decode(&bytes, length)?;
        if header.tag != C::TAG {
            bail!("its codec is number {}, not {}", header.tag, C::TAG);
        }
        file.seek(SeekFrom::Start(header.index_at()))?;
        let packed = take(&mut file, header.index)?;
        let unpacked = unpack(&mut *codec.unpacker(&[])?, &packed, header.index_unpacked);
        let index = Index::decode(unpacked.context("the index")?, &header)?;
        Ok(Self { file, header, index })
    }

    pub(crate) fn dictionary(&mut self) -> Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(self.header.dictionary_at))?;
        take(&mut self.file, self.header.dictionary)
    }
}

/// The next `size` bytes of a container that is known to have them.
fn take(file: &mut BufReader<File>, size: u32) -> Result<Vec<u8>> {
    let mut bytes = vec![0; size as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The blob of the file `item`; empty for other entries and for empty files.
pub(crate) fn stored(file: &mut BufReader<File>, item: &Item) -> Result<Vec<u8>> {
    let Item::File { at, stored: size @ 1.., .. } = *item else { return Ok(Vec::new()) };
    // Relative, so that blobs read one after the other come out of the buffer.
    let here = file.stream_position()?;
    file.seek_relative(at.wrapping_sub(here) as i64)?;
    take(file, size)
}

/// The `size` bytes that a blob unpacks to; nothing has none.
pub(crate) fn unpack(codec: &mut Unpack, packed: &[u8], size: u32) -> Result<Vec<u8>> {
    if size == 0 {
        return Ok(Vec::new());
    }
    let data = codec(packed, size as usize)?;
    if data.len() != size as usize {
        bail!("it does not decompress to the {size} bytes of the index");
    }
    Ok(data)
}
