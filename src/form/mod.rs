//! Forms: the ways to store a tree, each with every size-changing knob in its id.
//!
//! [`FORMS`] and [`MORE`] are the truth. The command line, the tests, the benches and the reports
//! learn a form from its row there.

mod archive;
mod erofs;
mod erofs_utils;
mod files;
mod folder;
mod more;
pub mod named;
mod squashfs;
pub mod variant;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use crate::container::codec::{self, Gz, Plain, Xz, Zst};
pub use crate::record::Layout;
use crate::tree::folder::{Links, Writer};
use crate::tree::{Entry, Node, Tree, TreePath};
use archive::{Archive, TAR};
use files::Files;
use folder::Folder;
pub use more::MORE;

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

    /// The name that `mount -t` takes for its image; `None` of what is no image.
    fn filesystem(&self) -> Option<&'static str> {
        None
    }

    /// The libraries or the tool that build and read it, each with its version.
    ///
    /// # Errors
    /// A tool that is not there.
    fn tool(&self) -> Result<String>;

    /// Every setting that changes bytes, from the values it builds with. The id is a name, and can be
    /// kept when a value is changed; this can't.
    fn settings(&self) -> String;

    /// About how much memory a build takes beside the tree, bytes. A worker touches as much before its
    /// clock starts.
    fn build_memory(&self) -> usize {
        codec::BUILD_MEMORY
    }

    /// Writes `tree` to `artifact`, which does not exist yet.
    ///
    /// # Errors
    /// What the system or the library says; the error names the artifact.
    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()>;

    /// Whether an artifact that starts with `head` (up to `HEAD` bytes) is of this form's family.
    fn recognises(&self, head: &[u8]) -> bool;

    /// Shows `visit` every entry.
    ///
    /// # Errors
    /// An artifact that is truncated, altered or hostile, and those of `visit`.
    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()>;

    /// Shows `visit` the regular files at `paths`, reading no more of the artifact than it must.
    ///
    /// # Errors
    /// As [`Form::walk`]; a path that is not there or not a regular file.
    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()>;

    /// Writes every entry below the empty folder `into`: for an artifact that this program has built
    /// itself, as symlinks may lead anywhere.
    ///
    /// # Errors
    /// As [`Form::walk`], and what the system says of `into`.
    fn extract(&self, artifact: &Path, into: &Path) -> Result<()> {
        let mut writer = Writer::new(into, Links::Any);
        self.walk(artifact, &mut |entry| writer.put(entry))?;
        writer.finish()
    }

    /// Why it is not known what single files take, where a tool is at hand that extracts all or nothing.
    fn all_or_nothing(&self) -> Option<&'static str> {
        None
    }

    /// Shows `visit` every entry, each file with its bytes as they are stored, compressed on its own,
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

/// How much of an artifact's start tells its family, bytes: EROFS begins behind a kilobyte of nothing.
const HEAD: u64 = 2048;

/// The page size that [`Form::pages`] rounds to, bytes.
pub const PAGE: u64 = 4096;

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
/// There is none; the error lists those there are, or says what is wrong with the setting.
pub fn by_id(id: &str) -> Result<&'static dyn Form> {
    if let Some(form) = all().find(|form| form.id() == id) {
        return Ok(form);
    }
    ensure!(
        !id.contains('@'),
        "{id}: no form; what has an @ is a reference tool, which `run` alone takes: `list references` has all"
    );
    match variant::parse(id)? {
        Some(form) => Ok(form),
        None => {
            let like = |form: &&dyn Form| strsim::damerau_levenshtein(id, form.id());
            let nearest = all().min_by_key(like).map_or("tree", Form::id);
            bail!(
                "{id}: no such form; the nearest is {nearest}, and `list forms` has all; variants are \
                 {}",
                variant::spellings()
            )
        }
    }
}

/// A form whose family `artifact` belongs to, told by its first bytes. It can read the artifact
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
        bail!("{}: neither a file nor a folder", artifact.display());
    }
    let mut head = Vec::new();
    File::open(artifact)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .with_context(context)?;
    match all().find(|form| form.recognises(&head)) {
        Some(form) => Ok(form),
        None => bail!("{}: not an artifact of any form known here", artifact.display()),
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

/// Walks `artifact` back and holds it against the tree it was built from.
///
/// # Errors
/// As [`Form::walk`], or another digest than `expected`.
pub fn verify(form: &dyn Form, artifact: &Path, expected: &str) -> Result<()> {
    let found = load(form, artifact)?.digest();
    if found != expected {
        bail!("{}: holds the tree {found}, not {expected}", artifact.display());
    }
    Ok(())
}

/// The error of [`Form::read`] for a path that is there but has no content of its own.
fn not_a_file(path: &TreePath, node: &Node) -> anyhow::Error {
    match node {
        Node::Symlink { target } => {
            anyhow::anyhow!("{path}: a symlink to {}", target.escape_ascii())
        }
        _ => anyhow::anyhow!("{path}: a directory"),
    }
}
