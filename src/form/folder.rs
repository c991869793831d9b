//! The tree as it is: a folder of uncompressed files, the baseline `tree`.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2, readlinkat};
use rustix::io::Errno;

use super::api::{Form, Visit, VisitFile, not_a_file, page_rounded};
use crate::container::member::SizeBudget;
use crate::record::Layout;
use crate::tree::folder::{self, Links, Writer};
use crate::tree::{Node, Tree, TreePath};

/// The content of the file `path` below `root`, if there is `room` for it. No symlink is followed, as it
/// might lead out, and nothing that is no file is waited for.
fn content(root: &OwnedFd, path: &TreePath, room: &SizeBudget) -> Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let file = match openat2(root, path.as_path(), flags, Mode::empty(), inside) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP) => {
            if let Ok(target) = readlinkat(root, path.as_path(), Vec::new()) {
                let target = target.into_bytes();
                return Err(not_a_file(path, &Node::Symlink { target }));
            }
            bail!("a symlink in its path");
        }
        Err(error) => return Err(error.into()),
    };
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(not_a_file(path, &Node::Dir));
    }
    if !meta.is_file() {
        bail!("neither a file, a directory nor a symlink");
    }
    room.admit(meta.len())?;
    let mut data = Vec::new();
    (&file).read_to_end(&mut data)?;
    Ok(data)
}

pub(super) struct Folder;

impl Form for Folder {
    fn id(&self) -> &str {
        "tree"
    }

    fn what(&self) -> &'static str {
        "uncompressed files in a folder"
    }

    fn layout(&self) -> Layout {
        Layout::Folder
    }

    fn tool(&self) -> Result<String> {
        Ok("the file system".to_owned())
    }

    fn settings(&self) -> String {
        "as they are".to_owned()
    }

    fn build(&self, tree: &Tree, artifact: &Path) -> Result<()> {
        fs::create_dir(artifact).with_context(|| artifact.display().to_string())?;
        let mut writer = Writer::new(artifact, Links::Any);
        for entry in tree.entries() {
            writer.put(entry.clone())?;
        }
        writer.finish()
    }

    fn recognises(&self, _head: &[u8]) -> bool {
        false
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        let room = SizeBudget::default();
        folder::visit_admitted(artifact, &|size| room.admit(size), visit)
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        let root = open(artifact, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())
            .with_context(|| artifact.display().to_string())?;
        let room = SizeBudget::default();
        for path in paths {
            let location = artifact.join(path.as_path());
            let data = content(&root, path, &room);
            visit(path, data.with_context(|| location.display().to_string())?)?;
        }
        Ok(())
    }

    fn pages(&self, artifact: &Path) -> Result<Option<u64>> {
        let mut sum = 0;
        self.walk(artifact, &mut |entry| {
            if let Node::File { data, .. } = &entry.node {
                sum += page_rounded(data.len() as u64);
            }
            Ok(())
        })?;
        Ok(Some(sum))
    }
}
