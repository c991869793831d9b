//! Forms: the ways to store a tree. The id of each has every setting that changes its size.
//!
//! [`FORMS`] and [`MORE`] are the truth. The command line, the tests, the benches and the reports
//! learn a form from its row there.

mod archive;
pub mod codec;
pub(crate) mod cpio;
mod erofs;
mod files;
mod folder;
mod member;
mod more;
pub mod named;
pub mod order;
mod squashfs;
pub mod tar;
pub mod variant;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use crate::tree::folder::{Links, Writer};
use crate::tree::{Entry, Node, Tree, TreePath};
use archive::{Archive, TAR};
use codec::{Gz, Plain, Xz, Zst};
use files::Files;
use folder::Folder;
pub use more::MORE;

/// How an artifact is laid out, which decides what can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Folder,
    /// One stream: reading the end requires reading everything before it.
    Stream,
    /// Each file stored on its own, behind an index.
    PerFile,
    /// A file-system image that a kernel can mount, with the name `mount -t` takes.
    Image(&'static str),
}

impl Layout {
    /// Its name in records.
    pub fn id(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Stream => "stream",
            Self::PerFile => "per-file",
            Self::Image(_) => "image",
        }
    }
}

/// Is shown the entries of an artifact, in whatever order it has them.
pub type Visit<'a> = dyn FnMut(Entry) -> Result<()> + 'a;

/// Is shown the content of the files asked for, in whatever order the artifact has them.
pub type VisitFile<'a> = dyn FnMut(&TreePath, Vec<u8>) -> Result<()> + 'a;

/// One way to store a tree.
pub trait Form: Sync {
    /// Its name: family, codec and every knob that changes bytes, `tar.xz-6`.
    fn id(&self) -> &'static str;

    /// One line on what it is, for people.
    fn about(&self) -> &'static str;

    /// How its artifact is laid out.
    fn layout(&self) -> Layout;

    /// The libraries or the tool that build and read it, each with its version.
    ///
    /// # Errors
    /// A tool that is not there.
    fn tool(&self) -> Result<String>;

    /// Every setting that changes bytes, from the values it builds with. The id is a name, and can be
    /// kept when a value is changed; this can't.
    fn settings(&self) -> String;

    /// Approximate memory of a build besides the tree, bytes. A worker touches as much before its
    /// clock starts.
    fn build_memory(&self) -> usize {
        BUILD_MEMORY
    }

    /// Writes `tree` to `artifact`, which does not exist yet.
    ///
    /// # Errors
    /// I/O errors, or errors of the library; the error names the artifact.
    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()>;

    /// Whether an artifact that starts with `head` (up to `HEAD` bytes) is of this form's family.
    fn recognises(&self, head: &[u8]) -> bool;

    /// Calls `visit` with every entry.
    ///
    /// # Errors
    /// An artifact that is truncated, altered or hostile, and those of `visit`.
    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()>;

    /// Calls `visit` with the regular files at `paths`, reading no more of the artifact than it must.
    ///
    /// # Errors
    /// As [`Form::walk`]; a path that is not there or not a regular file.
    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()>;

    /// Writes every entry below the empty folder `into`: for an artifact that this program has built
    /// itself, as symlinks may lead anywhere.
    ///
    /// # Errors
    /// As [`Form::walk`], and I/O errors of `into`.
    fn extract(&self, artifact: &Path, into: &Path) -> Result<()> {
        let mut writer = Writer::new(into, Links::Any);
        self.walk(artifact, &mut |entry| writer.put(entry))?;
        writer.finish()
    }

    /// Why it is not known what single files take, where a tool is at hand that extracts all or nothing.
    fn all_or_nothing(&self) -> Option<&'static str> {
        None
    }

    /// Calls `visit` with every entry, each file with its bytes as they are stored, compressed on its own,
    /// and the dictionary, if there is one, as the file `.dictionary`.
    ///
    /// # Errors
    /// As [`Form::walk`]; a form that does not store files one by one.
    fn walk_stored(&self, artifact: &Path, _visit: &mut Visit) -> Result<()> {
        bail!("{}: {} does not store files one by one", artifact.display(), self.id())
    }

    /// The bytes of `artifact` that are not padding at its end; `None` when there is no padding.
    ///
    /// # Errors
    /// As [`Form::walk`].
    fn unpadded(&self, _artifact: &Path) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Bytes that the stored files take when each is rounded up to whole 4 KiB pages, as in a
    /// folder or in memory; `None` when files are not stored one by one.
    ///
    /// # Errors
    /// As [`Form::walk`].
    fn pages(&self, _artifact: &Path) -> Result<Option<u64>> {
        Ok(None)
    }
}

/// Upper bound of the memory of most builds besides the tree, bytes.
const BUILD_MEMORY: usize = 128 << 20;

/// Bytes at the start of an artifact that identify its form: the superblock of EROFS starts at 1024.
const HEAD: u64 = 2048;

/// The page size that [`Form::pages`] rounds to, bytes.
pub const PAGE: u64 = 4096;

/// The longest file that is read from an artifact, bytes: far more than any header or Module.symvers
/// has, and little enough that an artifact which lies about a length can't exhaust the memory.
pub const FILE_MAX: u64 = 256 << 20;

/// Maximum total size of the files of one artifact, bytes: fifty header sets, so that a small
/// artifact can't unpack to more than a disk holds.
pub const TREE_MAX: u64 = 2 << 30;

/// The longest path that is read from an artifact, bytes: Linux's `PATH_MAX` without its NUL. Longer
/// ones can't be created, and an artifact that nests directories endlessly would cost their sum.
pub const PATH_MAX: usize = 4095;

/// Fails for a path longer than [`PATH_MAX`], without showing it.
fn check_path(path: &TreePath) -> Result<()> {
    ensure!(path.as_bytes().len() <= PATH_MAX, "a path is longer than {PATH_MAX} bytes");
    Ok(())
}

/// `bytes` in whole pages.
pub fn page_rounded(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE) * PAGE
}

/// The forms of a run that names none, baselines first, in the order of reports.
pub static FORMS: &[&dyn Form] = &[
    &Folder,
    &Archive { id: "tar", about: "uncompressed tar", container: TAR, codec: Plain },
    &Archive { id: "tar.gz-9", about: "tar, gzip level 9", container: TAR, codec: Gz { level: 9 } },
    &Archive {
        id: "tar.xz-6",
        about: "tar, xz preset 6, 1 thread: the kernel's",
        container: TAR,
        codec: Xz::preset(6),
    },
    &Archive {
        id: "tar.xz-9e",
        about: "tar, xz preset 9 extreme, 1 thread",
        container: TAR,
        codec: Xz::extreme(9),
    },
    &Archive {
        id: "tar.zst-10",
        about: "tar, zstd level 10, no worker",
        container: TAR,
        codec: Zst::level(10),
    },
    &Archive {
        id: "tar.zst-19",
        about: "tar, zstd level 19, no worker",
        container: TAR,
        codec: Zst::level(19),
    },
    &Archive {
        id: "tar.zst-22",
        about: "tar, zstd level 22, no worker",
        container: TAR,
        codec: Zst::level(22),
    },
    &Files {
        id: "files.gz-9",
        about: "each file gzip level 9, packed",
        codec: Gz { level: 9 },
        dictionary: None,
    },
    &Files {
        id: "files.xz-6",
        about: "each file xz preset 6, packed",
        codec: Xz::preset(6).crc32(),
        dictionary: None,
    },
    &Files {
        id: "files.zst-19",
        about: "each file zstd level 19, packed",
        codec: Zst::level(19),
        dictionary: None,
    },
    &Files {
        id: "files.zst-19+dict112k",
        about: "each file zstd level 19 with a trained 112 KiB dictionary, packed",
        codec: Zst::level(19),
        dictionary: Some(112 << 10),
    },
    &squashfs::Squashfs {
        id: "squashfs.gz-128k",
        about: "squashfs, gzip level 9, 128 KiB blocks",
        codec: squashfs::Codec::Gz9,
        block: 128 << 10,
    },
    &squashfs::Squashfs {
        id: "squashfs.zst15-128k",
        about: "squashfs, zstd level 15, 128 KiB blocks",
        codec: squashfs::Codec::Zst(15),
        block: 128 << 10,
    },
    &squashfs::Squashfs {
        id: "squashfs.xz-4k",
        about: "squashfs, xz, 4 KiB blocks",
        codec: squashfs::Codec::Xz6,
        block: 4 << 10,
    },
    &squashfs::Squashfs {
        id: "squashfs.xz-128k",
        about: "squashfs, xz, 128 KiB blocks",
        codec: squashfs::Codec::Xz6,
        block: 128 << 10,
    },
    &squashfs::Squashfs {
        id: "squashfs.xz-1m",
        about: "squashfs, xz, 1 MiB blocks",
        codec: squashfs::Codec::Xz6,
        block: 1 << 20,
    },
];

/// Every row, in the order of reports.
pub fn all() -> impl Iterator<Item = &'static dyn Form> + Clone {
    FORMS.iter().chain(MORE).copied()
}

/// The form named `id`: a row of the table, or a variant that the id spells out.
///
/// # Errors
/// No such form, or a malformed setting; the error names the nearest form.
pub fn by_id(id: &str) -> Result<&'static dyn Form> {
    if let Some(form) = all().find(|form| form.id() == id) {
        return Ok(form);
    }
    ensure!(
        !id.contains('@'),
        "{id}: no such form; ids with @ are reference tools, which only `run` measures\nfix: kheaders-bench list references"
    );
    match variant::parse(id)? {
        Some(form) => Ok(form),
        None => {
            let like = |form: &&dyn Form| strsim::damerau_levenshtein(id, form.id());
            let nearest = all().min_by_key(like).map_or("tree", Form::id);
            bail!(
                "{id}: no such form; the nearest is {nearest}; with other settings: {}\n\
                 fix: kheaders-bench list forms",
                variant::spellings()
            )
        }
    }
}

/// The form that reads `artifact`, detected from its first bytes. It can read the artifact
/// whatever level or block size it was built with.
///
/// # Errors
/// Unreadable, or of no known family.
pub fn of_artifact(artifact: &Path) -> Result<&'static dyn Form> {
    let context = || artifact.display().to_string();
    let meta = fs::metadata(artifact).with_context(context)?;
    if meta.is_dir() {
        return Ok(&Folder);
    }
    if !meta.is_file() {
        bail!("{}: neither a file nor a directory", artifact.display());
    }
    let mut head = Vec::new();
    File::open(artifact)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .with_context(context)?;
    match all().find(|form| form.recognises(&head)) {
        Some(form) => Ok(form),
        None => bail!("{}: not an artifact of any known form", artifact.display()),
    }
}

/// The whole tree that `artifact` holds, each entry stamped with the newest time among them.
///
/// # Errors
/// As [`Form::walk`], or entries that make no tree.
pub fn load(form: &dyn Form, artifact: &Path) -> Result<Tree> {
    let mut entries = Vec::new();
    let mut mtime = 0;
    form.walk(artifact, &mut |entry| {
        mtime = mtime.max(entry.mtime);
        entries.push(entry);
        Ok(())
    })?;
    Tree::new(entries, mtime).with_context(|| artifact.display().to_string())
}

/// Reads `artifact` and compares its digest with the one of the tree it was built from.
///
/// # Errors
/// As [`Form::walk`], or another digest than `expected`.
pub fn verify(form: &dyn Form, artifact: &Path, expected: &str) -> Result<()> {
    let found = load(form, artifact)?.digest();
    if found != expected {
        bail!("{}: the digest of its tree is {found}, not {expected}", artifact.display());
    }
    Ok(())
}

/// The little-endian number that `bytes` spell.
pub(crate) fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The error of [`Form::read`] for a path that is there but has no content of its own.
fn not_a_file(path: &TreePath, node: &Node) -> anyhow::Error {
    match node {
        Node::Symlink { target } => {
            anyhow::anyhow!("{path}: is a symlink to {}", target.escape_ascii())
        }
        _ => anyhow::anyhow!("{path}: is a directory"),
    }
}
