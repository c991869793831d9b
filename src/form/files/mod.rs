//! Packed files: each file compressed on its own, behind a compressed index, in one container.
//!
//! Reading one header takes the fixed header, the index, its own blob and the dictionary, if there
//! is one. The bytes are laid out as [`header`] and [`index`] tell.

mod header;
mod index;

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::codec::{BlobCodec, Unpack};
use super::{Form, Layout, Visit, VisitFile, page_rounded};
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

impl<C: BlobCodec> Files<C> {
    fn pack(&self, tree: &Tree, out: &mut BufWriter<File>) -> Result<()> {
        let dictionary = self.dictionary.map_or_else(Vec::new, |bytes| train(tree, bytes));
        let mut pack = self.codec.packer(&dictionary)?;
        let mut index = IndexWriter::default();
        let (entries, held) = index::breadth_first(tree);
        let mut held = held.into_iter();
        out.write_all(&[0; HEADER])?;
        let mut dictionary_at = HEADER as u64;
        index.dir(b"", held.next().unwrap_or(0))?;
        for (path, node) in entries {
            let name = path.name();
            let mut put = || match node {
                Node::Dir => index.dir(name, held.next().unwrap_or(0)),
                Node::Symlink { target } => index.symlink(name, target),
                Node::File { data, executable } => {
                    let blob = if data.is_empty() { Vec::new() } else { pack(data)? };
                    out.write_all(&blob)?;
                    dictionary_at += blob.len() as u64;
                    index.file(name, *executable, data.len(), blob.len())
                }
            };
            put().with_context(|| path.to_string())?;
        }
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

    fn open(&self, artifact: &Path) -> Result<Container> {
        let mut file = BufReader::with_capacity(64 << 10, File::open(artifact)?);
        let length = file.get_ref().metadata()?.len();
        let mut bytes = [0; HEADER];
        file.read_exact(&mut bytes).context("too short for a container")?;
        let header = Header::decode(&bytes, length)?;
        if header.tag != C::TAG {
            bail!("its codec is number {}, which {} does not read", header.tag, self.id);
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
            let mut unpack = self.codec.unpacker(&dictionary)?;
            container.walk(&mut |file, item| blob(file, &mut *unpack, item), visit)
        };
        walk().with_context(|| artifact.display().to_string())
    }

    fn walk_stored(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk = || -> Result<()> {
            let mut container = self.open(artifact)?;
            let (data, mtime) = (container.dictionary()?, container.header.mtime);
            if !data.is_empty() {
                let node = Node::File { data, executable: false };
                visit(Entry { path: TreePath::new(".dictionary")?, mtime, node })?;
            }
            container.walk(&mut stored, visit)
        };
        walk().with_context(|| artifact.display().to_string())
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let mut read = || -> Result<()> {
            let mut container = self.open(artifact)?;
            let dictionary = container.dictionary()?;
            let mut unpack = self.codec.unpacker(&dictionary)?;
            for path in paths {
                match container.index.find(path) {
                    Some(item @ Item::File { .. }) => {
                        let data = blob(&mut container.file, &mut *unpack, item);
                        visit(path, data.with_context(|| path.to_string())?)?;
                    }
                    Some(Item::Symlink(range)) => {
                        let target = container.index.target(range).to_vec();
                        return Err(super::not_a_file(path, &Node::Symlink { target }));
                    }
                    Some(Item::Dir(_)) => return Err(super::not_a_file(path, &Node::Dir)),
                    None => bail!("{path}: not there"),
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

    /// Shows `visit` every entry, the content of its files by `content`.
    fn walk(self, content: &mut Content, visit: &mut Visit) -> Result<()> {
        let Self { mut file, header, index } = self;
        index.walk(&mut |path, item| {
            let node = match item {
                Item::Dir(_) => Node::Dir,
                Item::Symlink(range) => Node::Symlink { target: index.target(range).to_vec() },
                Item::File { executable, .. } => {
                    let data = content(&mut file, item).with_context(|| path.to_string())?;
                    Node::File { data, executable: *executable }
                }
            };
            visit(Entry { path, mtime: header.mtime, node })
        })
    }
}

/// What makes the content of a file out of its place in the container.
type Content<'a> = dyn FnMut(&mut BufReader<File>, &Item) -> Result<Vec<u8>> + 'a;

/// The next `size` bytes of a container that is known to have them.
fn take(file: &mut BufReader<File>, size: u32) -> Result<Vec<u8>> {
    let mut bytes = vec![0; size as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The bytes stored for the file that `item` tells of.
fn stored(file: &mut BufReader<File>, item: &Item) -> Result<Vec<u8>> {
    let Item::File { at, stored, .. } = *item else { bail!("not a file") };
    // Relative, so that blobs read one after the other come out of the buffer.
    let here = file.stream_position()?;
    file.seek_relative(at.wrapping_sub(here) as i64)?;
    take(file, stored)
}

/// The content of the file that `item` tells of.
fn blob(file: &mut BufReader<File>, codec: &mut Unpack, item: &Item) -> Result<Vec<u8>> {
    match *item {
        Item::File { size: 0, .. } => Ok(Vec::new()),
        Item::File { size, .. } => unpack(codec, &stored(file, item)?, size),
        _ => bail!("not a file"),
    }
}

fn unpack(codec: &mut Unpack, packed: &[u8], size: u32) -> Result<Vec<u8>> {
    let data = codec(packed, size as usize)?;
    if data.len() != size as usize {
        bail!("it does not unpack to the {size} bytes that the container tells");
    }
    Ok(data)
}

/// A zstd dictionary of up to `bytes`, trained on the files of `tree` in canonical order, in one
/// thread, by ZDICT with its own settings.
///
/// Empty when ZDICT finds too little to train on: a few files, or too short ones. The container then
/// has none, as its header tells, and is read like any other.
fn train(tree: &Tree, bytes: usize) -> Vec<u8> {
    let samples: Vec<_> = tree.files().map(|(_, data)| data).filter(|d| !d.is_empty()).collect();
    zstd::dict::from_samples(&samples, bytes).unwrap_or_default()
}
