//! The content of files: blocks, decompressed on all processors.

use std::fs::File;
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::metadata;
use super::metadata::Image;
use super::structures::Content;
use super::unpack::Unpacker;
use crate::sys::parallel::{in_order, processors};

/// The bit of a block's size that marks it as uncompressed.
const AS_IT_IS: u64 = 1 << 24;

/// A file whose content is asked for, with what the caller knows it by.
pub(crate) struct Wanted<T> {
    pub(crate) what: T,
    pub(crate) content: Content,
}

/// A block and its decompressed size.
struct Stored {
    at: u64,
    /// As the image has it; 0 is a block of zeros that is not stored.
    size: u64,
    plain: Plain,
}

/// Size of a decompressed block, bytes.
enum Plain {
    Just(u64),
    UpTo(u64),
}

/// Calls `visit` with the content of the files `wanted`, in the order in which the image has them, so that
/// a fragment is unpacked once for all files in it.
pub(crate) fn read<T>(
    image: &mut Image,
    mut wanted: Vec<Wanted<T>>,
    visit: &mut dyn FnMut(T, Vec<u8>) -> Result<()>,
) -> Result<()> {
    wanted.sort_by_key(|file| (file.content.fragment, file.content.start));
    let mut blocks = Vec::new();
    let mut last = None;
    for Wanted { content, .. } in &wanted {
        let mut at = content.start;
        for (number, &size) in content.blocks.iter().enumerate() {
            let plain = image.block.min(content.size - number as u64 * image.block);
            blocks.push(Stored { at, size: size.into(), plain: Plain::Just(plain) });
            at = at.saturating_add(u64::from(size) & !AS_IT_IS);
        }
        if let Some(fragment) = fresh(content, &mut last) {
            let (at, size) = image.fragment(fragment)?;
            blocks.push(Stored { at, size, plain: Plain::UpTo(image.block) });
        }
    }
    let (file, end) = (&image.file, image.end);
    let unpack = |unpacker: &mut Unpacker, block: Stored| block.unpack(file, end, unpacker);
    match blocks.len() {
        // To start a thread would take longer.
        1 => {
            let unpacked = blocks.into_iter().map(|block| unpack(&mut image.unpacker, block));
            assemble(wanted, unpacked, visit)
        }
        count => {
            let unpackers = (0..processors().min(count)).map(|_| image.codec.unpacker());
            let unpackers = unpackers.collect::<Result<Vec<_>>>()?;
            thread::scope(|scope| {
                let workers = unpackers
                    .into_iter()
                    .map(|mut unpacker| move |block| unpack(&mut unpacker, block));
                assemble(wanted, in_order(scope, blocks.into_iter(), workers), visit)
            })
        }
    }
}

/// Assembles files from their unpacked `blocks`, and calls `visit` with them.
fn assemble<T>(
    wanted: Vec<Wanted<T>>,
    mut blocks: impl Iterator<Item = Result<Vec<u8>>>,
    visit: &mut dyn FnMut(T, Vec<u8>) -> Result<()>,
) -> Result<()> {
    let mut next = || blocks.next().context("a block was not decompressed")?;
    let mut last = None;
    let mut shared = Vec::new();
    for Wanted { what, content } in wanted {
        let mut data = Vec::new();
        for _ in &content.blocks {
            data.append(&mut next()?);
        }
        if fresh(&content, &mut last).is_some() {
            shared = next()?;
        }
        if let Some((_, offset)) = content.fragment {
            let left = content.size as usize - data.len();
            let tail = shared.get(offset as usize..).and_then(|rest| rest.get(..left));
            data.extend_from_slice(tail.context("a file is outside its fragment")?);
        }
        visit(what, data)?;
    }
    Ok(())
}

/// The fragment that holds part of `content`, if it is another than the `last`.
fn fresh(content: &Content, last: &mut Option<u64>) -> Option<u64> {
    let (fragment, _) = content.fragment?;
    (last.replace(fragment) != Some(fragment)).then_some(fragment)
}

impl Stored {
    fn unpack(self, file: &File, end: u64, unpacker: &mut Unpacker) -> Result<Vec<u8>> {
        let (Plain::Just(room) | Plain::UpTo(room)) = self.plain;
        let size = self.size & !AS_IT_IS;
        let plain = if self.size == 0 && matches!(self.plain, Plain::Just(_)) {
            vec![0; room as usize]
        } else if size > room {
            bail!("a block of {size} bytes exceeds {room} bytes");
        } else {
            let stored = metadata::stored(file, end, self.at, size)?;
            if self.size & AS_IT_IS != 0 {
                stored
            } else {
                unpacker.unpack(&stored, room as usize)?
            }
        };
        match self.plain {
            Plain::Just(just) if plain.len() as u64 != just => {
                bail!("a block decompresses to {} bytes instead of {just}", plain.len())
            }
            _ => Ok(plain),
        }
    }
}
