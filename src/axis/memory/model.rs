//! What the kernel's sources let expect of each state, beside what is measured: computed alone.
//!
//! Every figure is a sum of [`Term`]s. `reports/METHODOLOGY.md` derives them; the constants stand
//! where they are used, each with its source in Linux 6.12. Nothing is fitted to a measurement:
//! what the terms leave out (block devices, super blocks, page tables) shows as the residual.

mod contents;
mod khfs;
mod sections;
mod slab;
mod squashfs;
mod unbooted;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::form::{PAGE, little_endian};
use crate::record::{Model, Origin, Term};

pub(super) use contents::Contents;
pub(super) use unbooted::{UNBOOTED, unbooted};

/// The release whose sources the terms are derived from.
const RELEASE: &str = "6.12.";

/// A kernel, as far as the model needs it.
pub(super) struct Kernel<'a> {
    /// What `uname -r` says, and more.
    pub(super) release: &'a str,
    /// Processors; all that are possible are there.
    pub(super) cpus: u64,
    /// Options of its configuration.
    pub(super) config: &'a BTreeMap<String, String>,
    /// The project's own modules, by name, before a blob is put in.
    pub(super) modules: &'a [(String, Vec<u8>)],
}

/// Something that a kernel holds.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// A module of that name with the artifact in it.
    Module(&'static str),
    /// The tree's files on tmpfs, as they are or as they are stored.
    Files,
    /// The artifact as one file on tmpfs.
    Image,
    /// A mounted image.
    Squashfs,
    /// A mounted container.
    Khfs,
    /// What the container's reader keeps for the next read.
    Workspace,
    /// What reading all of an image leaves in caches.
    SquashfsRead,
    /// What reading all of a container leaves in caches.
    KhfsRead,
}

use Part::{Files, Image, Khfs, KhfsRead, Module, Squashfs, SquashfsRead, Workspace};

/// A delivery's figures, each named as its metric ends, with all that is held then.
type States = &'static [(&'static str, &'static [Part])];

const DELIVERIES: &[(&str, States)] = &[
    (
        "module",
        &[
            ("loaded.pinned", &[Module("khdr")]),
            ("read.pinned", &[Module("khdr")]),
            ("unloaded.pinned", &[]),
        ],
    ),
    (
        "extract-unload",
        &[
            ("loaded.pinned", &[Module("khdr")]),
            ("extracted.pinned", &[Module("khdr"), Files]),
            ("unloaded.pinned", &[Files]),
            ("removed.pinned", &[]),
        ],
    ),
    ("tmpfs", &[("present.pinned", &[Files]), ("removed.pinned", &[])]),
    (
        "blockdev",
        &[
            ("loaded.pinned", &[Module("kblk")]),
            ("mounted.pinned", &[Module("kblk"), Squashfs]),
            ("one.pinned", &[Module("kblk"), Squashfs]),
            ("closure.pinned", &[Module("kblk"), Squashfs]),
            ("all.pinned", &[Module("kblk"), Squashfs]),
            ("all.reclaimable", &[SquashfsRead]),
            ("unmounted.pinned", &[Module("kblk")]),
            ("unloaded.pinned", &[]),
        ],
    ),
    (
        "loop-module",
        &[
            ("loaded.pinned", &[Module("khdr")]),
            ("mounted.pinned", &[Module("khdr"), Squashfs]),
            ("one.pinned", &[Module("khdr"), Squashfs]),
            ("closure.pinned", &[Module("khdr"), Squashfs]),
            ("all.pinned", &[Module("khdr"), Squashfs]),
            ("all.reclaimable", &[SquashfsRead]),
            ("unmounted.pinned", &[Module("khdr")]),
            ("unloaded.pinned", &[]),
        ],
    ),
    (
        "loop-tmpfs",
        &[
            ("loaded.pinned", &[Image]),
            ("mounted.pinned", &[Image, Squashfs]),
            ("one.pinned", &[Image, Squashfs]),
            ("closure.pinned", &[Image, Squashfs]),
            ("all.pinned", &[Image, Squashfs]),
            ("all.reclaimable", &[SquashfsRead]),
            ("unmounted.pinned", &[Image]),
            ("unloaded.pinned", &[]),
        ],
    ),
    (
        "pseudofs",
        &[
            ("loaded.pinned", &[Module("khfs")]),
            ("mounted.pinned", &[Module("khfs"), Khfs]),
            ("one.pinned", &[Module("khfs"), Khfs, Workspace]),
            ("closure.pinned", &[Module("khfs"), Khfs, Workspace]),
            ("all.pinned", &[Module("khfs"), Khfs, Workspace]),
            ("all.reclaimable", &[KhfsRead]),
            ("unmounted.pinned", &[Module("khfs")]),
            ("unloaded.pinned", &[]),
        ],
    ),
];

/// What is modelled of `form`, whose artifact is at `artifact`, in `delivery`.
pub(super) fn models(
    kernel: &Kernel,
    contents: &Contents,
    form: &str,
    delivery: &str,
    artifact: &Path,
) -> Vec<Model> {
    let known = DELIVERIES.iter().find(|(id, _)| *id == delivery);
    let states = known.map_or(&[][..], |(_, states)| states);
    let model = |(state, parts): &(&str, &[Part])| {
        let terms = kernel.known().and_then(|()| {
            let terms = parts.iter().map(|part| part.terms(kernel, contents, artifact));
            Ok(terms.collect::<Result<Vec<_>>>()?.concat())
        });
        let (terms, missing) = match terms {
            Ok(terms) => (terms, None),
            Err(error) => (Vec::new(), Some(format!("{error:#}"))),
        };
        let metric = format!("memory.{delivery}.{state}");
        Model { form: form.to_owned(), metric, terms, missing }
    };
    states.iter().map(model).collect()
}

impl Kernel<'_> {
    /// Fails for a kernel that the terms were not derived from.
    fn known(&self) -> Result<()> {
        let known = self.release.starts_with(RELEASE);
        anyhow::ensure!(known, "the model is of Linux {RELEASE}x, not of {}", self.release);
        Ok(())
    }

    fn has(&self, option: &str) -> bool {
        self.config.get(option).is_some_and(|value| value == "y")
    }
}

impl Part {
    fn terms(self, kernel: &Kernel, contents: &Contents, artifact: &Path) -> Result<Vec<Term>> {
        let length = || {
            let meta = std::fs::metadata(artifact).with_context(|| artifact.display().to_string());
            Ok::<_, anyhow::Error>(meta?.len())
        };
        match self {
            Module(name) => sections::terms(kernel.modules, name, length()?),
            Files => contents.on_tmpfs(kernel),
            Image => contents::image(kernel, length()?),
            Squashfs => squashfs::mounted(kernel, &head(artifact)?),
            Khfs => khfs::mounted(&head(artifact)?),
            Workspace => khfs::workspace(&head(artifact)?),
            SquashfsRead => squashfs::read(kernel, contents, &head(artifact)?),
            KhfsRead => contents.read_by_khfs(kernel),
        }
    }
}

/// The first bytes of a file, as many as any header here has.
fn head(artifact: &Path) -> Result<[u8; 96]> {
    let mut head = [0; 96];
    let read = File::open(artifact).and_then(|mut file| file.read_exact(&mut head));
    read.with_context(|| artifact.display().to_string())?;
    Ok(head)
}

fn derived(what: &str, bytes: u64) -> Term {
    Term { what: what.to_owned(), bytes, origin: Origin::Derived }
}

fn read(what: &str, bytes: u64) -> Term {
    Term { what: what.to_owned(), bytes, origin: Origin::Read }
}

fn pages(bytes: u64) -> u64 {
    bytes.next_multiple_of(PAGE)
}

/// What `kmalloc` takes for `bytes`: the next power of two, from its caches as from whole pages
/// (`mm/slub.c`, `___kmalloc_large_node`). The caches of 96 and 192 bytes are left out.
fn kmalloc(bytes: u64) -> u64 {
    if bytes == 0 { 0 } else { bytes.next_power_of_two().max(8) }
}

/// The `N` bytes at `at` as a little-endian number.
fn le<const N: usize>(head: &[u8], at: usize) -> u64 {
    little_endian(head.get(at..at + N).unwrap_or_default())
}

#[cfg(test)]
mod tests;
