//! Zip: each file deflated on its own, found through the directory at the archive's end.
//!
//! After PKWARE's APPNOTE.TXT 6.3.10, without encryption, and with ZIP64 for more than 65,534 entries alone,
//! so for up to 4 GiB. Modes and symlinks are kept as Info-ZIP keeps them, times to two seconds and in UTC.

mod directory;
mod record;
mod time;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, bail};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::{Form, Layout, Visit, VisitFile, page_rounded};
use crate::parallel::{in_order, processors};
use crate::tree::{Entry, Node, Tree, TreePath};
use crate::version;
use directory::Directory;
use record::{DEFLATED, Packed, Record, STORED};

/// A row of the form table.
pub(super) struct Zip {
    pub(super) id: &'static str,
    pub(super) about: &'static str,
    /// Of deflate, 1 to 9.
    pub(super) level: u32,
}

impl Zip {
    fn write(&self, tree: &Tree, out: &mut BufWriter<File>) -> Result<()> {
        let mut directory = Vec::new();
        let mut at = 0;
        let mut put = |path: &TreePath, node: &Node, packed: Packed| -> Result<()> {
            let record = Record::new(path, node, tree.mtime(), at, &packed)?;
            let mut head = Vec::new();
            record.encode_local(&mut head);
            out.write_all(&head)?;
            out.write_all(&packed.bytes)?;
            at += head.len() as u64 + packed.bytes.len() as u64;
            record.encode_central(&mut directory);
            Ok(())
        };
        thread::scope(|scope| {
            let work = |node: &Node| self.pack(node);
            let nodes = tree.entries().iter().map(|entry| &entry.node);
            let packed = in_order(scope, nodes, vec![work; processors()]);
            for (Entry { path, node, .. }, packed) in tree.entries().iter().zip(packed) {
                packed
                    .and_then(|packed| put(path, node, packed))
                    .with_context(|| path.to_string())?;
            }
            Ok::<_, anyhow::Error>(())
        })?;
        directory::finish(&directory, tree.entries().len(), at, out)?;
        Ok(out.flush()?)
    }

    /// What of `node` is stored: deflated where that makes it shorter.
    fn pack(&self, node: &Node) -> Result<Packed> {
        let (content, deflates) = match node {
            Node::Dir => (&[][..], false),
            Node::Symlink { target } => (target.as_slice(), false),
            Node::File { data, .. } => (data.as_slice(), true),
        };
        let mut crc = Crc::new();
        crc.update(content);
        let mut packed = Packed {
            method: STORED,
            crc: crc.sum(),
            size: content.len() as u64,
            bytes: content.to_vec(),
        };
        if deflates {
            // What does not fit into as many bytes is stored.
            let mut bytes = Vec::with_capacity(content.len());
            let mut deflate = Compress::new(Compression::new(self.level), false);
            let status = deflate.compress_vec(content, &mut bytes, FlushCompress::Finish)?;
            if status == Status::StreamEnd && bytes.len() < content.len() {
                (packed.method, packed.bytes) = (DEFLATED, bytes);
            }
        }
        Ok(packed)
    }
}

impl Form for Zip {
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
        let flate2 = version::of("flate2");
        Ok(format!(
            "kheaders-bench {}, flate2 {flate2} (crate; zlib-rs {})",
            version::OWN,
            version::of("zlib-rs")
        ))
    }

    fn settings(&self) -> String {
        format!("deflate level {}", self.level)
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        let build = || self.write(tree, &mut BufWriter::new(File::create_new(artifact)?));
        build().with_context(|| artifact.display().to_string())
    }

    fn recognises(&self, head: &[u8]) -> bool {
        record::recognises(head)
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk = || -> Result<()> {
            let Directory { file, end, records } = Directory::open(artifact)?;
            thread::scope(|scope| {
                let content = |record: &Record| record.content(&file, end);
                let contents = in_order(scope, records.iter(), vec![content; processors()]);
                for (record, content) in records.iter().zip(contents) {
                    let node = content.and_then(|content| record.node(content));
                    let node = node.with_context(|| record.path.to_string())?;
                    visit(Entry { path: record.path.clone(), mtime: record.mtime(), node })?;
                }
                Ok(())
            })
        };
        walk().with_context(|| artifact.display().to_string())
    }

    fn walk_stored(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk = || -> Result<()> {
            let Directory { file, end, records } = Directory::open(artifact)?;
            for record in &records {
                let stored = record.stored(&file, end).and_then(|stored| record.node(stored));
                let node = stored.with_context(|| record.path.to_string())?;
                visit(Entry { path: record.path.clone(), mtime: record.mtime(), node })?;
            }
            Ok(())
        };
        walk().with_context(|| artifact.display().to_string())
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let mut read = || -> Result<()> {
            let Directory { file, end, records } = Directory::open(artifact)?;
            let found: HashMap<_, _> =
                records.iter().map(|record| (&record.path, record)).collect();
            for path in paths {
                let Some(record) = found.get(path) else { bail!("{path}: not there") };
                let node = record.content(&file, end).and_then(|content| record.node(content));
                match node.with_context(|| path.to_string())? {
                    Node::File { data, .. } => visit(path, data)?,
                    node => return Err(super::not_a_file(path, &node)),
                }
            }
            Ok(())
        };
        read().with_context(|| artifact.display().to_string())
    }

    fn pages(&self, artifact: &Path) -> Result<Option<u64>> {
        let directory =
            Directory::open(artifact).with_context(|| artifact.display().to_string())?;
        let files = directory.records.iter().filter(|record| record.is_file());
        Ok(Some(files.map(|file| page_rounded(file.packed.into())).sum()))
    }
}
