//! The work folders of a run: one on disk, one on tmpfs, both removed at its end.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags, statfs};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::sys::interrupt;
use crate::sys::interrupt::TempGuard;

/// Names of work folders start with this.
const PREFIX: &str = "kheaders-bench-";

/// The file in a work folder that a live run holds locked.
const LOCK: &str = ".lock";

/// `TMPFS_MAGIC` of the kernel's `include/uapi/linux/magic.h`.
const TMPFS_MAGIC: u64 = 0x0102_1994;

/// A work folder, locked while the value exists.
#[derive(Debug)]
struct Folder {
    dir: TempGuard<TempDir>,
    _lock: File,
}

/// A run's folders.
#[derive(Debug)]
pub struct Scratch {
    disk: Folder,
    tmpfs: Result<Folder, String>,
}

impl Scratch {
    /// Fresh folders: one below `base`, one on a tmpfs with room for `bytes`.
    ///
    /// # Errors
    /// The folder on disk can't be made.
    pub fn new(base: &Path, bytes: u64) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(base)
            .with_context(|| base.display().to_string())?;
        Ok(Self { disk: Folder::new(base)?, tmpfs: tmpfs_folder(bytes) })
    }

    /// A path on disk.
    pub fn on_disk(&self, name: &str) -> PathBuf {
        self.disk.dir.path().join(name)
    }

    /// What lies under the folders, for the record.
    pub fn describe(&self) -> String {
        let disk = match statfs(self.disk.dir.path()) {
            Ok(stat) => filesystem(stat.f_type as u64),
            Err(error) => error.to_string(),
        };
        let tmpfs = if self.tmpfs.is_ok() { "tmpfs" } else { "none" };
        format!("artifacts on {disk}, extraction on {tmpfs}")
    }

    /// The folder on tmpfs, or why there is none.
    pub fn tmpfs(&self) -> Result<PathBuf, String> {
        self.tmpfs.as_ref().map(|folder| folder.dir.path().to_path_buf()).map_err(Clone::clone)
    }
}

/// A file system's name by its magic number in the kernel's `include/uapi/linux/magic.h`.
fn filesystem(magic: u64) -> String {
    const NAMES: [(u64, &str); 6] = [
        (0xef53, "ext4"),
        (0x5846_5342, "xfs"),
        (0x9123_683e, "btrfs"),
        (0x794c_7630, "overlayfs"),
        (0x2fc1_2fc1, "zfs"),
        (TMPFS_MAGIC, "tmpfs"),
    ];
    let name = NAMES.iter().find(|(known, _)| *known == magic).map(|(_, name)| (*name).to_owned());
    name.unwrap_or_else(|| format!("a file system of magic {magic:#x}"))
}

/// Makes the folder `path` again, empty.
///
/// # Errors
/// I/O errors.
pub fn make_empty(path: &Path) -> Result<()> {
    remove(path)?;
    fs::create_dir(path).with_context(|| path.display().to_string())
}

/// Removes `path`, a file or a folder with all it holds, if it is there.
///
/// # Errors
/// I/O errors.
pub fn remove(path: &Path) -> Result<()> {
    let context = || path.display().to_string();
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path).with_context(context),
        Ok(_) => fs::remove_file(path).with_context(context),
        Err(_) => Ok(()),
    }
}

/// Moves `path` away for the next build. A file is removed. The files of a folder are emptied, and
/// it stays under another name until the run's folders go: for a minute or more ext4 gives no inode away
/// again that was freed, and passes over all of those at each file that is created (`recently_deleted` of
/// the kernel's `fs/ext4/ialloc.c`), so that a tree takes ten times as long to write after another was
/// removed.
///
/// # Errors
/// I/O errors.
pub fn set_aside(path: &Path) -> Result<()> {
    if !path.is_dir() {
        return remove(path);
    }
    let context = || path.display().to_string();
    for found in WalkDir::new(path) {
        let found = found.with_context(context)?;
        if found.file_type().is_file() {
            let emptied = File::options().write(true).truncate(true).open(found.path());
            emptied.with_context(|| found.path().display().to_string())?;
        }
    }
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    let free = (1..).map(name).find(|name| !name.exists()).with_context(context)?;
    fs::rename(path, free).with_context(context)
}

/// The tmpfs folders a system may offer, the likeliest first.
fn candidates() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/dev/shm")];
    folders.extend(std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from));
    folders.push(std::env::temp_dir());
    folders
}

fn tmpfs_folder(bytes: u64) -> Result<Folder, String> {
    let mut reasons = Vec::new();
    for folder in candidates() {
        match tmpfs_with_room(&folder, bytes) {
            Ok(found) => return Ok(found),
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
    Err(format!("no tmpfs for extraction ({})", reasons.join("; ")))
}

fn tmpfs_with_room(folder: &Path, bytes: u64) -> Result<Folder> {
    let context = || folder.display().to_string();
    let stat = statfs(folder).with_context(context)?;
    if stat.f_type as u64 != TMPFS_MAGIC {
        bail!("{}: not a tmpfs", folder.display());
    }
    let free = stat.f_bavail * stat.f_bsize as u64;
    if free < bytes {
        bail!("{}: {free} B free, {bytes} B needed", folder.display());
    }
    Folder::new(folder)
}

impl Folder {
    fn new(base: &Path) -> Result<Self> {
        // Otherwise another run might sweep this folder away before it is locked. Where there are
        // no locks nothing is swept either.
        let alone = File::open(base);
        let _ = alone.as_ref().map(|base| (base.lock(), spread(base)));
        sweep(base);
        let make = || -> Result<Self> {
            let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(base)?;
            let dir = interrupt::passing(dir);
            let lock = File::create_new(dir.path().join(LOCK))?;
            lock.try_lock()?;
            Ok(Self { dir, _lock: lock })
        };
        make().with_context(|| base.display().to_string())
    }
}

/// Has ext4 put each folder in `base` into a block group of its own (`FS_TOPDIR_FL`, as `chattr +T` does), so
/// that the inodes which one run frees are not passed over by the next: see [`set_aside`].
fn spread(base: &File) -> rustix::io::Result<()> {
    ioctl_setflags(base, ioctl_getflags(base)? | IFlags::TOPDIR)
}

/// Removes what runs that were killed have left in `base`: folders of ours that nobody locks.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
        {
            // A folder that can't be removed does not disturb this run.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_made_at_once_do_not_sweep_each_other_away() {
        let base = TempDir::new().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let folder = Folder::new(base.path()).unwrap();
                        assert!(folder.dir.path().join(LOCK).exists());
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
    }
}
