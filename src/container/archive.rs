//! A tar or a cpio as one stream, before any compression.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use anyhow::Result;

use crate::container::member::Member;
use crate::container::order::Order;
use crate::container::{cpio, tar};
use crate::tree::Tree;

/// The container format of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    Tar(Order),
    Cpio,
}

impl Container {
    /// Writes `tree`.
    pub(crate) fn write(self, tree: &Tree, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Tar(order) => tar::write(tree, order, out),
            Self::Cpio => cpio::write(tree, out),
        }
    }

    /// How many bytes [`Container::write`] writes.
    pub(crate) fn size(self, tree: &Tree) -> u64 {
        match self {
            Self::Tar(_) => tar::size(tree),
            Self::Cpio => cpio::size(tree),
        }
    }
}

/// Shows `visit` each member of a stream, which its first bytes identify: under the same codec a
/// tar and a cpio look alike.
pub(crate) fn walk(
    mut input: impl Read,
    visit: &mut dyn FnMut(Member) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut head = Vec::new();
    input.by_ref().take(6).read_to_end(&mut head)?;
    let whole = head.as_slice().chain(input);
    if cpio::recognises(&head) { cpio::walk(whole, visit) } else { tar::walk(whole, visit) }
}

/// Adds "truncated" to an error, as each library has another text for it.
pub(crate) fn cut_off(error: anyhow::Error) -> anyhow::Error {
    let ends_early = error.chain().any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::UnexpectedEof)
    });
    if ends_early { error.context("truncated") } else { error }
}
