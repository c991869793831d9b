//! Packed files written: each file compressed on its own, the index at the end.

use std::io::{Seek, SeekFrom, Write};
use std::thread;

use anyhow::{Context as _, Result};

use super::header::{HEADER, Header};
use super::index::{self, IndexWriter};
use crate::container::codec::BlobCodec;
use crate::sys::parallel::{in_order, processors};
use crate::tree::{Node, Tree, TreePath};

/// Is shown each entry with its blob, which is empty for all but files that are not.
type Put<'a> = dyn FnMut(&TreePath, &Node, Vec<u8>) -> Result<()> + 'a;

/// Writes `tree` to `out`, with up to `dictionary` bytes of a dictionary that is trained on its files.
pub(crate) fn pack<C: BlobCodec>(
    codec: &C,
    dictionary: Option<usize>,
    tree: &Tree,
    out: &mut (impl Write + Seek),
) -> Result<()> {
    let dictionary = dictionary.map_or_else(Vec::new, |bytes| train(tree, bytes));
    let mut index = IndexWriter::default();
    let (entries, held) = index::breadth_first(tree);
    let mut held = held.into_iter();
    out.write_all(&[0; HEADER])?;
    let mut dictionary_at = HEADER as u64;
    index.dir(b"", held.next().unwrap_or(0))?;
    blobs(codec, &entries, &dictionary, &mut |path, node, blob| {
        let name = path.name();
        out.write_all(&blob)?;
        dictionary_at += blob.len() as u64;
        match node {
            Node::Dir => index.dir(name, held.next().unwrap_or(0)),
            Node::Symlink { target } => index.symlink(name, target),
            Node::File { data, executable } => {
                index.file(name, *executable, data.len(), blob.len())
            }
        }
    })?;
    out.write_all(&dictionary)?;
    let (records, unpacked) = index.finish()?;
    let index = codec.packer(&[])?(&unpacked)?;
    out.write_all(&index)?;
    let header = Header {
        tag: C::TAG,
        mtime: tree.mtime(),
        records,
        dictionary_at,
        dictionary: u32::try_from(dictionary.len())?,
        index: u32::try_from(index.len())?,
        index_unpacked: u32::try_from(unpacked.len())?,
    };
    out.seek(SeekFrom::Start(0))?;
    out.write_all(&header.encode())?;
    out.flush()?;
    Ok(())
}

/// Compresses the files on all processors, and shows `put` every entry in order.
fn blobs(
    codec: &impl BlobCodec,
    entries: &[(&TreePath, &Node)],
    dictionary: &[u8],
    put: &mut Put,
) -> Result<()> {
    let packers: Vec<_> =
        (0..processors()).map(|_| codec.packer(dictionary)).collect::<Result<_>>()?;
    thread::scope(|scope| {
        let workers = packers.into_iter().map(|mut pack| {
            move |node: &Node| match node {
                Node::File { data, .. } if !data.is_empty() => pack(data),
                _ => Ok(Vec::new()),
            }
        });
        let blobs = in_order(scope, entries.iter().map(|(_, node)| *node), workers);
        for ((path, node), blob) in entries.iter().zip(blobs) {
            blob.and_then(|blob| put(path, node, blob)).with_context(|| path.to_string())?;
        }
        Ok(())
    })
}

/// A zstd dictionary of up to `bytes`, trained on the files of `tree` in canonical order, in one
/// thread, by ZDICT with its own settings.
///
/// Empty when ZDICT finds too little to train on: a few files, or too short ones. The container then
/// has none, as its header says, and is read like any other.
fn train(tree: &Tree, bytes: usize) -> Vec<u8> {
    let whole = tree.files().map(|(_, data)| data.len()).sum::<usize>();
    let files = tree.files().map(|(_, data)| data).step_by(whole.div_ceil(TRAINED).max(1));
    let samples: Vec<_> = files.filter(|data| !data.is_empty()).collect();
    zstd::dict::from_samples(&samples, bytes).unwrap_or_default()
}

/// Up to about how many bytes a dictionary is trained on: ten header sets. ZDICT has them copied into one
/// piece; of a larger tree every second file is taken, or every third.
const TRAINED: usize = 320 << 20;
