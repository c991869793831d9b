//! A tar or a cpio through a codec: one compressed stream.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::api::{Form, Visit, VisitFile, not_a_file};
use crate::container::archive::{Container, cut_off, walk};
use crate::container::codec::Codec;
use crate::container::tar;
use crate::record::Layout;
use crate::sys::parallel::read_ahead;
use crate::sys::version;
use crate::tree::{Node, Tree, TreePath};

/// A container in one codec with its settings.
pub(super) struct Archive<C> {
    pub(super) id: String,
    pub(super) container: Container,
    pub(super) codec: C,
}

impl<C: Codec> Archive<C> {
    fn open(&self, artifact: &Path) -> Result<Box<dyn Read>> {
        let file = BufReader::with_capacity(64 << 10, File::open(artifact)?);
        self.codec.decompress(Box::new(file))
    }
}

impl<C: Codec> Form for Archive<C> {
    fn id(&self) -> &str {
        &self.id
    }

    fn what(&self) -> &'static str {
        match self.container {
            Container::Tar(_) => "tar",
            Container::Cpio => "cpio",
        }
    }

    fn layout(&self) -> Layout {
        Layout::Stream
    }

    fn tool(&self) -> Result<String> {
        let container = match self.container {
            Container::Tar(_) => format!("tar {} (crate)", version::of("tar")),
            Container::Cpio => format!("kheaders-bench {}", version::OWN),
        };
        let codec = self.codec.tool();
        Ok(if codec.is_empty() { container } else { format!("{container}, {codec}") })
    }

    fn settings(&self) -> String {
        let order = match self.container {
            Container::Tar(order) => order.name(),
            Container::Cpio => None,
        };
        let order = order.map_or_else(String::new, |name| format!(", files by {name}"));
        self.codec.settings() + &order
    }

    fn build_memory(&self) -> usize {
        self.codec.memory()
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        let build = || -> Result<()> {
            let mut out = BufWriter::new(File::create_new(artifact)?);
            let mut fill = |out: &mut dyn Write| {
                // One write for each header is too fine for a codec.
                let mut buffered = BufWriter::with_capacity(128 << 10, out);
                self.container.write(tree, &mut buffered)?;
                Ok(buffered.flush()?)
            };
            self.codec.compress(&mut out, self.container.size(tree), &mut fill)?;
            out.flush()?;
            Ok(())
        };
        build().with_context(|| artifact.display().to_string())
    }

    fn recognises(&self, head: &[u8]) -> bool {
        if C::MAGIC.is_empty() { tar::recognises(head) } else { head.starts_with(C::MAGIC) }
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut walk_all = |stream: &mut dyn Read| -> Result<()> {
            walk(stream, &mut |member| {
                visit(member.into_entry()?)?;
                Ok(ControlFlow::Continue(()))
            })
        };
        // Decompressing goes on while what was decompressed is visited.
        thread::scope(|scope| walk_all(&mut read_ahead(scope, || self.open(artifact))))
            .map_err(cut_off)
            .with_context(|| artifact.display().to_string())
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let mut wanted: HashSet<&TreePath> = paths.iter().collect();
        let mut read = || -> Result<()> {
            if wanted.is_empty() {
                return Ok(());
            }
            walk(self.open(artifact)?, &mut |member| {
                if wanted.remove(&member.path) {
                    let entry = member.into_entry()?;
                    match entry.node {
                        Node::File { data, .. } => visit(&entry.path, data)?,
                        node => return Err(not_a_file(&entry.path, &node)),
                    }
                }
                Ok(if wanted.is_empty() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
            match wanted.iter().next() {
                Some(missing) => bail!("{missing}: no such file"),
                None => Ok(()),
            }
        };
        read().map_err(cut_off).with_context(|| artifact.display().to_string())
    }
}
