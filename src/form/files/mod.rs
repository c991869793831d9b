//! Packed files: each file compressed on its own, behind a compressed index, in one container.
//!
//! Reading one header takes the fixed header, the index, its own blob and the dictionary, if there
//! is one. The layout is documented in [`header`] and [`index`].

mod header;
mod index;

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::codec::{BlobCodec, Unpack};
use super::{Form, Layout, Visit, VisitFile, page_rounded};
use crate::parallel::{in_order, processors};
use crate::tree::{Entry, Node, Tree, TreePath};
use header::{HEADER, Header};
use index::{Index, IndexWriter, Item};

/// A row of the form table: one codec with its settings.
pub(super) struct Files<C> {
    pub(super) id: &'static str,
    pub(super) about: &'static str,
    pub(super) codec: C,
    /// Up to how many bytes of dictionary are trained on the files.
    pub(super) dictionary: Option<usize>,
}

/// Is shown each entry with its blob, which is empty for all but files that are not.
type Put<'a> = dyn FnMut(&TreePath, &Node, Vec<u8>) -> Result<()> + 'a;

impl<C: BlobCodec> Files<C> {
    fn pack(&self, tree: &Tree, out: &mut BufWriter<File>) -> Result<()> {
        let dictionary = self.dictionary.map_or_else(Vec::new, |bytes| train(tree, bytes));
        let mut index = IndexWriter::default();
        let (entries, held) = index::breadth_first(tree);
        let mut held = held.into_iter();
        out.write_all(&[0; HEADER])?;
        let mut dictionary_at = HEADER as u64;
        index.dir(b"", held.next().unwrap_or(0))?;
        self.blobs(&entries, &dictionary, &mut |path, node, blob| {
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
        let index = self.codec.packer(&[])?(&unpacked)?;
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
        &self,
        entries: &[(&TreePath, &Node)],
        dictionary: &[u8],
        put: &mut Put,
    ) -> Result<()> {
        let packers: Vec<_> =
            (0..processors()).map(|_| self.codec.packer(dictionary)).collect::<Result<_>>()?;
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

    fn open(&self, artifact: &Path) -> Result<Container> {
        let mut file = BufReader::with_capacity(64 << 10, File::open(artifact)?);
        let length = file.get_ref().metadata()?.len();
        let mut bytes = [0; HEADER];
        file.read_exact(&mut bytes).context("too short for a container")?;
        let header = Header::decode(&bytes, length)?;
        if header.tag != C::TAG {
            bail!("its codec is number {}, which is not the one of {}", header.tag, self.id);
        }
        file.seek(SeekFrom::Start(header.index_at()))?;
        let packed = take(&mut file, header.index)?;
        let unpacked = unpack(&mut *self.codec.unpacker(&[])?, &packed, header.index_unpacked);
        let index = Index::decode(unpacked.context("the index")?, &header)?;
        Ok(Container { file, header, index })
    }
}

impl<C: BlobCodec> Form for Files<C> {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn layout(&self) -> Layout {
        Layout::PerFile
    }

    fn tool(&self) -> Result<String> {
        Ok(self.codec.tool())
    }

    fn settings(&self) -> String {
        match self.dictionary {
            Some(bytes) => format!("{}, dictionary of {bytes} B", self.codec.settings()),
            None => self.codec.settings(),
        }
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        let build = || self.pack(tree, &mut BufWriter::new(File::create_new(artifact)?));
        build().with_context(|| artifact.display().to_string())
    }

    fn recognises(&self, head: &[u8]) -> bool {
        header::starts(head, C::TAG)
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk = || -> Result<()> {
            let mut container = self.open(artifact)?;
            let dictionary = container.dictionary()?;
            let Container { mut file, header, index } = container;
            let unpackers: Vec<_> = (0..processors())
                .map(|_| self.codec.unpacker(&dictionary))
                .collect::<Result<_>>()?;
            thread::scope(|scope| {
                // The records come in the order of the walk; the root has no part in it.
                let records = index.records().iter().skip(1);
                let packed = records
                    .map(|record| Ok((record.item.size(), stored(&mut file, &record.item)?)));
                let workers = unpackers.into_iter().map(|mut codec| {
                    move |packed: Result<(u32, Vec<u8>)>| {
                        let (size, packed) = packed?;
                        unpack(&mut *codec, &packed, size)
                    }
                });
                let mut contents = in_order(scope, packed, workers);
                index.walk(&mut |path, item| {
                    let data = contents.next().context("not decompressed").flatten();
                    let data = data.with_context(|| path.to_string())?;
                    visit(Entry { path, mtime: header.mtime, node: index.node(item, data) })
                })
            })
        };
        walk().with_context(|| artifact.display().to_string())
    }

    fn walk_stored(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk = || -> Result<()> {
            let mut container = self.open(artifact)?;
            let dictionary = container.dictionary()?;
            let Container { mut file, header, index } = container;
            let mtime = header.mtime;
            if !dictionary.is_empty() {
                let node = Node::File { data: dictionary, executable: false };
                visit(Entry { path: TreePath::new(".dictionary")?, mtime, node })?;
            }
            index.walk(&mut |path, item| {
                let data = stored(&mut file, item).with_context(|| path.to_string())?;
                visit(Entry { path, mtime, node: index.node(item, data) })
            })
        };
        walk().with_context(|| artifact.display().to_string())
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let mut read = || -> Result<()> {
            let mut container = self.open(artifact)?;
            let dictionary = container.dictionary()?;
            let mut codec = self.codec.unpacker(&dictionary)?;
            for path in paths {
                match container.index.find(path) {
                    Some(item @ Item::File { .. }) => {
                        let data = stored(&mut container.file, item)
                            .and_then(|packed| unpack(&mut *codec, &packed, item.size()));
                        visit(path, data.with_context(|| path.to_string())?)?;
                    }
                    Some(Item::Symlink(range)) => {
                        let target = container.index.target(range).to_vec();
                        return Err(super::not_a_file(path, &Node::Symlink { target }));
                    }
                    Some(Item::Dir(_)) => return Err(super::not_a_file(path, &Node::Dir)),
                    None => bail!("{path}: no such file"),
                }
            }
            Ok(())
        };
        read().with_context(|| artifact.display().to_string())
    }

    fn pages(&self, artifact: &Path) -> Result<Option<u64>> {
        let container = self.open(artifact).with_context(|| artifact.display().to_string())?;
        let blobs = container.index.records().iter().map(|record| match record.item {
            Item::File { stored, .. } => page_rounded(stored.into()),
            _ => 0,
        });
        Ok(Some(blobs.sum::<u64>() + page_rounded(container.header.dictionary.into())))
    }
}

/// A container that was opened, its index read.
struct Container {
    file: BufReader<File>,
    header: Header,
    index: Index,
}

impl Container {
    fn dictionary(&mut self) -> Result<Vec<u8>> {
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
fn stored(file: &mut BufReader<File>, item: &Item) -> Result<Vec<u8>> {
    let Item::File { at, stored: size @ 1.., .. } = *item else { return Ok(Vec::new()) };
    // Relative, so that blobs read one after the other come out of the buffer.
    let here = file.stream_position()?;
    file.seek_relative(at.wrapping_sub(here) as i64)?;
    take(file, size)
}

/// The `size` bytes that a blob unpacks to; nothing has none.
fn unpack(codec: &mut Unpack, packed: &[u8], size: u32) -> Result<Vec<u8>> {
    if size == 0 {
        return Ok(Vec::new());
    }
    let data = codec(packed, size as usize)?;
    if data.len() != size as usize {
        bail!("it does not decompress to the {size} bytes of the index");
    }
    Ok(data)
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
