//! A tree read from a folder, and written to one.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, utimensat};
use walkdir::WalkDir;

use super::new_file::{NewFile, modified};
use super::writer_pool::WriterPool;
use super::{Entry, Node, Placement, Tree, TreePath};
use crate::sys::atomic_file::PREFIX;
use crate::sys::interrupt;
use crate::sys::parallel::{in_order, processors};

/// Reads all of the folder `root`, in canonical order within each directory.
///
/// # Errors
/// Something unreadable, or neither file, directory nor symlink; the error names it.
pub fn read(root: &Path, mtime: u32) -> Result<Tree> {
    let mut entries = Vec::new();
    visit(root, &mut |entry| {
        entries.push(entry);
        Ok(())
    })?;
    Tree::new(entries, mtime).with_context(|| root.display().to_string())
}

/// Calls `each` with every entry of the folder `root`.
///
/// # Errors
/// As [`read`], and those of `each`.
pub fn visit(root: &Path, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
    visit_admitted(root, &|_| Ok(()), each)
}

/// As [`visit`], and asks `admit` about the length of each file before it is read.
///
/// # Errors
/// As [`visit`], and those of `admit`.
pub fn visit_admitted(
    root: &Path,
    admit: &(impl Fn(u64) -> Result<()> + Sync),
    each: &mut dyn FnMut(Entry) -> Result<()>,
) -> Result<()> {
    if !fs::metadata(root).with_context(|| root.display().to_string())?.is_dir() {
        bail!("{}: not a directory", root.display());
    }
    let mut found = Vec::new();
    for at in WalkDir::new(root).follow_root_links(true).min_depth(1).sort_by_file_name() {
        let location = at.with_context(|| root.display().to_string())?.into_path();
        let path = location.strip_prefix(root).unwrap_or(&location);
        let path = TreePath::new(path.as_os_str().as_bytes())?;
        found.push(Found { location, path });
    }
    read_each(&found, &|found| admitted(found, admit), each)
}

/// A path to read, and its place in the tree.
#[derive(Debug)]
pub struct Found {
    /// Where it is on this machine.
    pub location: PathBuf,
    pub path: TreePath,
}

/// How many entries a thread reads before it hands them over: one alone would not be worth waking another.
const BATCH: usize = 32;

/// Calls `each` with what `read` makes of every one of `found`, in their order, read on all processors.
///
/// # Errors
/// The first of `read`, or of `each`.
pub fn read_each(
    found: &[Found],
    read: &(impl Fn(&Found) -> Result<Entry> + Sync),
    each: &mut dyn FnMut(Entry) -> Result<()>,
) -> Result<()> {
    let work = |batch: &[Found]| batch.iter().map(read).collect::<Result<Vec<Entry>>>();
    thread::scope(|scope| {
        for entries in in_order(scope, found.chunks(BATCH), vec![work; processors()]) {
            entries?.into_iter().try_for_each(&mut *each)?;
        }
        Ok(())
    })
}

/// The entry that was found.
///
/// # Errors
/// Something unreadable, or neither file, directory nor symlink.
pub fn entry_at(found: &Found) -> Result<Entry> {
    admitted(found, &|_| Ok(()))
}

/// The entry that was found, if `admit` takes a file of its length.
fn admitted(found: &Found, admit: &impl Fn(u64) -> Result<()>) -> Result<Entry> {
    let Found { location, path } = found;
    let context = || location.display().to_string();
    let meta = fs::symlink_metadata(location).with_context(context)?;
    let node = if meta.is_dir() {
        Node::Dir
    } else if meta.is_symlink() {
        let target = fs::read_link(location).with_context(context)?;
        Node::Symlink { target: target.into_os_string().as_bytes().to_vec() }
    } else if meta.is_file() {
        admit(meta.len()).with_context(context)?;
        let data = fs::read(location).with_context(context)?;
        Node::File { data, executable: meta.permissions().mode() & 0o100 != 0 }
    } else {
        bail!("{}: neither a file, a directory nor a symlink", location.display());
    };
    let mtime =
        meta.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let mtime = mtime.map_or(0, |since| since.as_secs() as u32);
    Ok(Entry { path: path.clone(), mtime, node })
}

/// Which symlinks a writer creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// Only those that stay inside the tree; others are errors. For artifacts of unknown origin.
    Inside,
    /// All. For trees that came from this machine.
    Any,
}

/// Writes entries below a fresh folder that nobody else writes to.
#[derive(Debug)]
pub struct Writer {
    root: PathBuf,
    links: Links,
    placement: Placement,
    dirs: Vec<(PathBuf, u32)>,
    /// The directory that was last written to: its path, and a handle that spares each of its files
    /// the path to it.
    open: Option<(Option<TreePath>, Arc<OwnedFd>)>,
    crew: WriterPool,
}

impl Writer {
    /// A writer into `root`, which must be an empty directory.
    pub fn new(root: &Path, links: Links) -> Self {
        Self {
            root: root.to_path_buf(),
            links,
            placement: Placement::default(),
            dirs: Vec::new(),
            open: None,
            crew: WriterPool::new(root.to_path_buf()),
        }
    }

    /// Writes one entry with its mode and time, a file possibly later.
    ///
    /// # Errors
    /// An entry that breaks the tree's rule, a symlink that leads out where that is refused, or
    /// I/O errors of it or of an earlier file; the error names the entry.
    pub fn put(&mut self, entry: Entry) -> Result<()> {
        for dir in self.placement.admit(&entry)? {
            self.create_dir(&dir, entry.mtime)?;
        }
        let Entry { path, mtime, node } = entry;
        match node {
            Node::Dir => self.create_dir(&path, mtime),
            Node::File { data, executable } => {
                let dir = self.parent(&path)?;
                self.crew.put(NewFile { dir, path, data, executable, mtime })
            }
            Node::Symlink { target } => {
                if self.links == Links::Inside && !path.holds_link_to(&target) {
                    bail!(
                        "{path}: a symlink that leads out of the tree, to {}",
                        target.escape_ascii()
                    );
                }
                let location = self.root.join(path.as_path());
                symlink(OsStr::from_bytes(&target), &location)
                    .and_then(|()| stamp(&location, mtime))
                    .with_context(|| location.display().to_string())
            }
        }
    }

    /// Waits for the files, and sets the times of the directories, which writing into them changed.
    ///
    /// # Errors
    /// I/O errors.
    pub fn finish(self) -> Result<()> {
        self.crew.finish()?;
        for (dir, mtime) in self.dirs.iter().rev() {
            stamp(dir, *mtime).with_context(|| dir.display().to_string())?;
        }
        Ok(())
    }

    /// The directory that `path` is in, opened.
    fn parent(&mut self, path: &TreePath) -> Result<Arc<OwnedFd>> {
        let parent = path.parent();
        let open = match self.open.take() {
            Some(open) if open.0 == parent => open,
            _ => {
                let location = parent.as_ref().map(|parent| self.root.join(parent.as_path()));
                let location = location.as_ref().unwrap_or(&self.root);
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let dir = openat(CWD, location, flags, Mode::empty());
                (parent, Arc::new(dir.with_context(|| location.display().to_string())?))
            }
        };
        Ok(self.open.insert(open).1.clone())
    }

    fn create_dir(&mut self, path: &TreePath, mtime: u32) -> Result<()> {
        let location = self.root.join(path.as_path());
        match fs::create_dir(&location) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| location.display().to_string());
            }
            _ => self.dirs.push((location, mtime)),
        }
        Ok(())
    }
}

/// Fills the new folder `target` by `fill`, so that it is there whole or not at all.
///
/// `target` may be absent: what is written goes to a sibling that takes the name at the end. It may
/// be an empty directory, which stays what it is: what is written goes to a folder inside, and from
/// there to its place at the end.
///
/// # Errors
/// `target` holds something already, those of `fill`, or I/O errors.
pub fn create_whole<T>(
    target: &Path,
    links: Links,
    fill: impl FnOnce(&mut Writer) -> Result<T>,
) -> Result<T> {
    let context = || target.display().to_string();
    let there = fs::symlink_metadata(target).is_ok();
    if there && fs::read_dir(target).with_context(context)?.next().is_some() {
        bail!("{}: the directory is not empty", target.display());
    }
    let parent = match target.parent() {
        _ if there => target,
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let partial = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(parent)
        .with_context(context)?;
    let partial = interrupt::passing(partial);
    let mut writer = Writer::new(partial.path(), links);
    let result = fill(&mut writer)?;
    writer.finish()?;
    interrupt::undisturbed(|| -> io::Result<()> {
        if !there {
            return fs::rename(partial.path(), target);
        }
        for entry in fs::read_dir(partial.path())? {
            let entry = entry?;
            fs::rename(entry.path(), target.join(entry.file_name()))?;
        }
        Ok(())
    })
    .with_context(context)?;
    if !there {
        let _ = partial.made.keep();
    }
    Ok(result)
}

/// Sets the time of `location`, of a symlink itself.
fn stamp(location: &Path, mtime: u32) -> io::Result<()> {
    Ok(utimensat(CWD, location, &modified(mtime), AtFlags::SYMLINK_NOFOLLOW)?)
}
