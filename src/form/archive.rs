//! A tar or a cpio through a codec: one compressed stream.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::codec::Codec;
use super::member::Member;
use super::order::Order;
use super::{Form, Layout, Visit, VisitFile, cpio, tar};
use crate::parallel::read_ahead;
use crate::tree::{Node, Tree, TreePath};
use crate::version;

/// The container format of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Tar(Order),
    Cpio,
}

/// A tar as the kernel makes it.
pub(super) const TAR: Container = Container::Tar(Order::Name);

impl Container {
    /// Writes `tree`.
    fn write(self, tree: &Tree, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Tar(order) => tar::write(tree, order, out),
            Self::Cpio => cpio::write(tree, out),
        }
    }

    /// How many bytes [`Container::write`] writes.
    fn size(self, tree: &Tree) -> u64 {
        match self {
            Self::Tar(_) => tar::size(tree),
            Self::Cpio => cpio::size(tree),
        }
    }
}

/// Calls `visit` with each member of a stream, which its first bytes identify: under the same codec a
/// tar and a cpio look alike.
fn walk(
    mut input: impl Read,
    visit: &mut dyn FnMut(Member) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut head = Vec::new();
    input.by_ref().take(6).read_to_end(&mut head)?;
    let whole = head.as_slice().chain(input);
    if cpio::recognises(&head) { cpio::walk(whole, visit) } else { tar::walk(whole, visit) }
}

/// Adds "truncated" to an error, as each library has another text for it.
fn cut_off(error: anyhow::Error) -> anyhow::Error {
    let ends_early = error.chain().any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::UnexpectedEof)
    });
    if ends_early { error.context("truncated") } else { error }
}

/// A row of the form table: a container in one codec with its settings.
pub(super) struct Archive<C> {
    pub(super) id: &'static str,
    pub(super) about: &'static str,
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
        let container = match self.container {
            Container::Tar(_) => format!("tar {} (crate)", version::of("tar")),
            Container::Cpio => format!("kheaders-bench {}", version::OWN),
        };
        let codec = self.codec.tool();
        Ok(if codec.is_empty() { container } else { format!("{container}, {codec}") })
    }

    fn settings(&self) -> String {
        match self.container {
            Container::Tar(order) if order != Order::Name => {
                format!("{}, files by {}", self.codec.settings(), order.name())
            }
            _ => self.codec.settings(),
        }
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
                Some(missing) => bail!("{missing}: no such file"),
                None => Ok(()),
            }
        };
        read().map_err(cut_off).with_context(|| artifact.display().to_string())
    }
}
