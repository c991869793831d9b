//! Packed files: each file compressed on its own, behind a compressed index, in one container.
//!
//! Reading one header takes the fixed header, the index, its own blob and the dictionary, if there
//! is one.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::api::{Form, Visit, VisitFile, not_a_file, page_rounded};
use crate::container::codec::BlobCodec;
use crate::container::packed::header;
use crate::container::packed::index::Item;
use crate::container::packed::read::{Container, stored, unpack};
use crate::container::packed::write::pack;
use crate::record::Layout;
use crate::sys::parallel::{in_order, processors};
use crate::tree::{Entry, Node, Tree, TreePath};

/// One codec with its settings.
pub(super) struct Files<C> {
    pub(super) id: String,
    pub(super) codec: C,
    /// Up to how many bytes of dictionary are trained on the files.
    pub(super) dictionary: Option<usize>,
}

impl<C: BlobCodec> Form for Files<C> {
    fn id(&self) -> &str {
        &self.id
    }

    fn what(&self) -> &'static str {
        "each file packed"
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
        let build = || {
            let mut out = BufWriter::new(File::create_new(artifact)?);
            pack(&self.codec, self.dictionary, tree, &mut out)
        };
        build().with_context(|| artifact.display().to_string())
    }

    fn recognises(&self, head: &[u8]) -> bool {
        header::starts(head, C::TAG)
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk = || -> Result<()> {
            let mut container = Container::open(&self.codec, artifact)?;
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
            let mut container = Container::open(&self.codec, artifact)?;
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
            let mut container = Container::open(&self.codec, artifact)?;
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
                        return Err(not_a_file(path, &Node::Symlink { target }));
                    }
                    Some(Item::Dir(_)) => return Err(not_a_file(path, &Node::Dir)),
                    None => bail!("{path}: no such file"),
                }
            }
            Ok(())
        };
        read().with_context(|| artifact.display().to_string())
    }

    fn pages(&self, artifact: &Path) -> Result<Option<u64>> {
        let container = Container::open(&self.codec, artifact)
            .with_context(|| artifact.display().to_string())?;
        let blobs = container.index.records().iter().map(|record| match record.item {
            Item::File { stored, .. } => page_rounded(stored.into()),
            _ => 0,
        });
        Ok(Some(blobs.sum::<u64>() + page_rounded(container.header.dictionary.into())))
    }
}
