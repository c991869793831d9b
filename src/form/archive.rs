//! A tar through a codec: one compressed stream.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::codec::Codec;
use super::order::Order;
use super::{Form, Layout, TREE_MAX, Visit, VisitFile, tar};
use crate::parallel::read_ahead;
use crate::tree::{Node, Tree, TreePath};
use crate::version;

/// A row of the form table: a tar in one codec with its settings.
pub(super) struct Archive<C> {
    pub(super) id: &'static str,
    pub(super) about: &'static str,
    pub(super) codec: C,
    pub(super) order: Order,
}

impl<C: Codec> Archive<C> {
    fn open(&self, artifact: &Path) -> Result<Box<dyn Read>> {
        let file = BufReader::with_capacity(64 << 10, File::open(artifact)?);
        self.codec.decompress(Box::new(file))
    }
}

impl<C: Codec> Form for Archive<C> {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn layout(&self) -> Layout {
        Layout::Stream
    }

    fn tool(&self) -> Result<String> {
        let tar = format!("tar {} (crate)", version::of("tar"));
        let codec = self.codec.tool();
        Ok(if codec.is_empty() { tar } else { format!("{tar}, {codec}") })
    }

    fn settings(&self) -> String {
        match self.order {
            Order::Name => self.codec.settings(),
            order => format!("{}, files by {}", self.codec.settings(), order.name()),
        }
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        let build = || -> Result<()> {
            let mut out = BufWriter::new(File::create_new(artifact)?);
            let mut fill = |out: &mut dyn std::io::Write| {
                // One write for each header is too fine for a codec.
                let mut buffered = BufWriter::with_capacity(128 << 10, out);
                tar::write(tree, self.order, &mut buffered)?;
                Ok(buffered.flush()?)
            };
            self.codec.compress(&mut out, tar::size(tree), &mut fill)?;
            out.flush()?;
            Ok(())
        };
        build().with_context(|| artifact.display().to_string())
    }

    fn recognises(&self, head: &[u8]) -> bool {
        if C::MAGIC.is_empty() { tar::recognises(head) } else { head.starts_with(C::MAGIC) }
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let mut content: u64 = 0;
        let mut walk = |tar: &mut dyn Read| -> Result<()> {
            tar::walk(tar, &mut |member| {
                content = content.saturating_add(member.size);
                if content > TREE_MAX {
                    bail!("{}: its files come to more than {TREE_MAX} bytes", member.path);
                }
                visit(member.into_entry()?)?;
                Ok(ControlFlow::Continue(()))
            })
        };
        // Decompressing goes on while what was decompressed is visited.
        thread::scope(|scope| walk(&mut read_ahead(scope, || self.open(artifact))))
            .with_context(|| artifact.display().to_string())
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let mut wanted: HashSet<&TreePath> = paths.iter().collect();
        let mut read = || -> Result<()> {
            if wanted.is_empty() {
                return Ok(());
            }
            tar::walk(self.open(artifact)?, &mut |member| {
                if wanted.remove(&member.path) {
                    let entry = member.into_entry()?;
                    match entry.node {
                        Node::File { data, .. } => visit(&entry.path, data)?,
                        node => return Err(super::not_a_file(&entry.path, &node)),
                    }
                }
                Ok(if wanted.is_empty() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
            match wanted.iter().next() {
                Some(missing) => bail!("{missing}: not there"),
                None => Ok(()),
            }
        };
        read().with_context(|| artifact.display().to_string())
    }
}
