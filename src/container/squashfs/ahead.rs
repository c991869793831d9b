//! Blocks of an image compressed on all processors before backhand asks for them.
//!
//! backhand writes an image in one thread: it fills a block, has it compressed, waits. Which blocks it
//! will fill is known from the tree, so they are compressed beforehand, and backhand finds the result
//! ready. What it asks for is compared with what was foreseen: should the two ever differ, a block is packed
//! when it is asked for, and the image is the same and only takes longer. One exception: a block behind the
//! last that was foreseen, no longer than one of the tables, is taken for one of those.

use std::borrow::Cow;
use std::cell::RefCell;
use std::iter::Peekable;
use std::slice::Chunks;
use std::thread;

use backhand::compression::{CompressionAction, Compressor, DefaultCompressor};
use backhand::kind::Kind;
use backhand::{BackhandError, FilesystemCompressor, SuperBlock};

use super::lz4;
use super::metadata::METADATA;
use crate::sys::parallel::{InOrder, in_order, processors};
use crate::tree::Tree;

/// The flag of a superblock that options follow: `SQUASHFS_COMP_OPT` of the kernel's `squashfs_fs.h`,
/// bit 10.
const OPTIONS_PRESENT: u16 = 1 << 10;

/// How a block is packed.
type Pack = dyn Fn(&[u8]) -> Packed;

/// A compressed block.
pub(crate) type Packed = Result<Vec<u8>, BackhandError>;

/// A block as backhand will ask for it, packed.
struct Block {
    plain: Vec<u8>,
    packed: Packed,
}

/// The blocks of one image, and how one is packed that was not foreseen.
struct Foreseen {
    blocks: Peekable<InOrder<Block>>,
    pack: Box<Pack>,
}

thread_local! {
    /// The blocks of the image that this thread writes: backhand wants a compressor that lives for
    /// ever, which therefore can't hold them.
    static FORESEEN: RefCell<Option<Foreseen>> = const { RefCell::new(None) };
}

/// Runs `write`, which writes an image of `tree` by backhand, while its blocks of `block` bytes are
/// compressed by `pack`.
pub(crate) fn compressing<T>(
    tree: &Tree,
    block: u32,
    pack: impl Fn(&[u8]) -> Packed + Clone + Send + 'static,
    write: impl FnOnce() -> T,
) -> T {
    /// Ends the workers also where `write` fails or panics.
    struct Forget;
    impl Drop for Forget {
        fn drop(&mut self) {
            FORESEEN.take();
        }
    }
    thread::scope(|scope| {
        let work = {
            let pack = pack.clone();
            move |plain: Cow<[u8]>| Block { packed: pack(&plain), plain: plain.into_owned() }
        };
        let files = tree.files().map(|(_, data)| data);
        let blocks = in_order(scope, Blocks::new(files, block as usize), vec![work; processors()]);
        FORESEEN.set(Some(Foreseen { blocks: blocks.peekable(), pack: Box::new(pack) }));
        let _forget = Forget;
        write()
    })
}

/// Hands backhand what was compressed ahead.
enum Ahead {
    /// With such options of the compressor as backhand writes.
    Usual,
    /// With those of LZ4, which backhand would compress by an LZ4 that it does not have here.
    Lz4,
}

/// Squashfs 4.0, little-endian, through [`Ahead`]; `lz4`: whether that is the compressor.
pub(crate) fn kind(lz4: bool) -> Kind {
    Kind::new_v4(if lz4 { &Ahead::Lz4 } else { &Ahead::Usual })
}

impl CompressionAction for Ahead {
    type Error = BackhandError;
    type Compressor = Compressor;
    type FilesystemCompressor = FilesystemCompressor;
    type SuperBlock = SuperBlock;

    fn decompress(
        &self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        compressor: Compressor,
    ) -> Result<(), BackhandError> {
        DefaultCompressor.decompress(bytes, out, compressor)
    }

    fn compress(
        &self,
        bytes: &[u8],
        compressor: FilesystemCompressor,
        block: u32,
    ) -> Result<Vec<u8>, BackhandError> {
        FORESEEN.with_borrow_mut(|foreseen| match foreseen {
            Some(Foreseen { blocks, pack }) => match blocks.next_if(|block| block.plain == bytes) {
                Some(block) => block.packed,
                None if bytes.len() <= METADATA && blocks.peek().is_none() => Ok(as_it_is(bytes)),
                None => pack(bytes),
            },
            None => DefaultCompressor.compress(bytes, compressor, block),
        })
    }

    fn compression_options(
        &self,
        superblock: &mut SuperBlock,
        kind: &Kind,
        compressor: FilesystemCompressor,
    ) -> Result<Option<Vec<u8>>, BackhandError> {
        if let Ahead::Lz4 = self {
            superblock.flags |= OPTIONS_PRESENT;
            return Ok(Some(lz4::STORED_OPTIONS.to_vec()));
        }
        DefaultCompressor.compression_options(superblock, kind, compressor)
    }
}

/// Makes backhand store table blocks uncompressed: they are compressed when complete, by
/// [`super::tables`].
fn as_it_is(bytes: &[u8]) -> Vec<u8> {
    vec![0; bytes.len() + 1]
}

/// The blocks that backhand fills from files in its order: a file shorter than a block goes to a
/// fragment, which is full when the next would not fit; others are cut up, their ends too, and a
/// block of zeros is a hole.
struct Blocks<'a, F> {
    files: F,
    chunks: Chunks<'a, u8>,
    fragment: Vec<u8>,
    block: usize,
}

impl<'a, F: Iterator<Item = &'a [u8]>> Blocks<'a, F> {
    fn new(files: F, block: usize) -> Self {
        Self { files, chunks: [].chunks(block), fragment: Vec::new(), block }
    }
}

impl<'a, F: Iterator<Item = &'a [u8]>> Iterator for Blocks<'a, F> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(chunk) = self.chunks.find(|chunk| chunk.iter().any(|&byte| byte != 0)) {
                return Some(Cow::Borrowed(chunk));
            }
            match self.files.next() {
                Some(data) if data.len() >= self.block => self.chunks = data.chunks(self.block),
                Some(data) if self.fragment.len() + data.len() > self.block => {
                    let full = std::mem::replace(&mut self.fragment, data.to_vec());
                    return Some(Cow::Owned(full));
                }
                Some(data) => self.fragment.extend_from_slice(data),
                None if self.fragment.is_empty() => return None,
                None => return Some(Cow::Owned(std::mem::take(&mut self.fragment))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use backhand::{FilesystemWriter, NodeHeader};

    use super::*;
    use crate::tree::{Entry, Node, TreePath};

    const BLOCK: u32 = 4096;

    #[test]
    fn every_block_that_backhand_fills_was_foreseen() {
        let block = BLOCK as usize;
        let files = [
            ("a-b.h", vec![1; 3000]),
            ("a/c.h", vec![2; 1096]),
            ("a.h", vec![3; 1]),
            ("empty.h", Vec::new()),
            ("hole.h", [vec![4; block], vec![0; block], vec![5; 10]].concat()),
            ("twice.h", [vec![4; block], vec![0; block], vec![5; 10]].concat()),
            ("whole.h", vec![6; block]),
            ("zeros.h", vec![0; 2 * block]),
            ("z.h", vec![7; block - 1]),
        ];
        let entries = files.map(|(path, data)| Entry {
            path: TreePath::new(path).unwrap(),
            mtime: 0,
            node: Node::File { data, executable: false },
        });
        let tree = Tree::new(entries.into(), 0).unwrap();
        let compressor = FilesystemCompressor::new(Compressor::Gzip, None).unwrap();
        let mut image = FilesystemWriter::default();
        image.set_kind(kind(false));
        image.set_block_size(BLOCK);
        image.set_compressor(compressor);
        image.push_dir("a", NodeHeader::default()).unwrap();
        for (path, data) in tree.files() {
            image.push_file(data, path.as_path(), NodeHeader::default()).unwrap();
        }
        let pack = move |plain: &[u8]| DefaultCompressor.compress(plain, compressor, BLOCK);
        let left = compressing(&tree, BLOCK, pack, || {
            image.write(Cursor::new(Vec::new())).unwrap();
            FORESEEN.take().unwrap().blocks.count()
        });
        assert_eq!(left, 0);
    }

    #[test]
    fn a_block_behind_the_last_is_packed_unless_it_may_be_one_of_a_table() {
        let compressor = FilesystemCompressor::new(Compressor::Gzip, None).unwrap();
        let pack = move |plain: &[u8]| DefaultCompressor.compress(plain, compressor, BLOCK);
        for (length, packed) in [(METADATA, false), (METADATA + 1, true)] {
            let plain = vec![1; length];
            let tree = Tree::new(Vec::new(), 0).unwrap();
            let ahead = || Ahead::Usual.compress(&plain, compressor, BLOCK);
            let bytes = compressing(&tree, BLOCK, pack, ahead).unwrap();
            assert_eq!(bytes.len() < length, packed, "{length}");
        }
    }
}
