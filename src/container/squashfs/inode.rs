//! The inodes and directories of an image, from its root.

use std::collections::HashSet;

use anyhow::{Context as _, Result, bail};

use super::DEPTH_MAX;
use super::metadata::{Image, Place};
use super::structures;
use super::structures::{Inode, Kind};
use crate::container::limits::{TREE_MAX, check_path};
use crate::tree::TreePath;

/// Maximum size of paths, targets and block lists in memory, bytes.
const HELD_MAX: usize = 256 << 20;

impl Inode {
    /// Bytes that it takes in memory.
    fn held(&self) -> usize {
        let beside = match &self.kind {
            Kind::File(file) => file.blocks.len() * size_of::<u32>(),
            Kind::Symlink(target) => target.len(),
            Kind::Dir(_) | Kind::Other => 0,
        };
        size_of::<Self>() + beside
    }
}

/// An entry of a directory.
struct Listed {
    name: Vec<u8>,
    number: u64,
    place: Place,
}

impl Image {
    /// Everything in the image but the root, a directory before what it holds.
    ///
    /// # Errors
    /// Directories that loop, nest too deep or are malformed, files too long, too much of anything.
    pub(crate) fn list(&mut self) -> Result<Vec<(TreePath, Inode)>> {
        let mut found = Vec::new();
        let (mut held, mut content) = (0, 0);
        let root = self.root()?;
        let mut seen = HashSet::from([root.number]);
        // What is still to be listed of each directory that is open, the next entry last.
        let mut open: Vec<(Option<TreePath>, _)> = vec![(None, self.listing(&root)?)];
        while let Some((dir, listed)) = open.last_mut() {
            let Some(Listed { name, number, place }) = listed.pop() else {
                open.pop();
                continue;
            };
            let path = match dir {
                None => TreePath::new(&name)?,
                Some(dir) => dir.join(&name)?,
            };
            check_path(&path)?;
            let inode = self.inode(place).with_context(|| path.to_string())?;
            held += size_of::<TreePath>() + path.as_bytes().len() + inode.held();
            match &inode.kind {
                Kind::File(file) => content += file.size,
                Kind::Dir(_) => {
                    if !seen.insert(number) {
                        bail!("{path}: a directory is listed twice or contains itself");
                    }
                    if open.len() > DEPTH_MAX {
                        bail!("{path}: directories nest more than {DEPTH_MAX} deep");
                    }
                    let listed = self.listing(&inode)?;
                    held += listed.len() * size_of::<Listed>();
                    open.push((Some(path.clone()), listed));
                }
                _ => {}
            }
            if inode.number != number {
                bail!("{path}: inode number {} instead of {number}", inode.number);
            }
            if content > TREE_MAX || held > HELD_MAX {
                bail!("too many entries");
            }
            found.push((path, inode));
        }
        Ok(found)
    }

    /// The entry at `path`, if there is one.
    pub(crate) fn find(&mut self, path: &TreePath) -> Result<Option<Inode>> {
        let mut inode = self.root()?;
        for part in path.as_bytes().split(|&byte| byte == b'/') {
            if !matches!(inode.kind, Kind::Dir(_)) {
                return Ok(None);
            }
            match self.listing(&inode)?.into_iter().find(|listed| listed.name == part) {
                Some(listed) => inode = self.inode(listed.place)?,
                None => return Ok(None),
            }
        }
        Ok(Some(inode))
    }

    fn root(&mut self) -> Result<Inode> {
        let (block, offset) = (self.root >> 16, self.root & 0xffff);
        self.inode(self.inode_place(block, offset)?).context("the root")
    }

    fn inode_place(&self, block: u64, offset: u64) -> Result<Place> {
        match self.inode_table.checked_add(block) {
            Some(block) if block < self.dir_table => Ok(Place { block, offset }),
            _ => bail!("an inode is outside the inode table"),
        }
    }

    fn inode(&mut self, mut place: Place) -> Result<Inode> {
        Inode::read(self.block, &mut |size| self.take(&mut place, size))
    }

    /// The entries of the directory `dir`, last first; none if it is no directory.
    fn listing(&mut self, dir: &Inode) -> Result<Vec<Listed>> {
        let Kind::Dir(dir) = &dir.kind else { return Ok(Vec::new()) };
        let block = self.dir_table.checked_add(dir.start);
        let block = block.context("a directory outside the image")?;
        let bytes = self.take(&mut Place { block, offset: dir.offset }, dir.size as usize)?;
        let mut listed = Vec::new();
        for group in structures::listing(&bytes)? {
            for structures::Entry { number, offset, name, .. } in group.entries {
                if name.contains(&b'/') {
                    bail!("a name with a slash: {}", name.escape_ascii());
                }
                let place = self.inode_place(group.start, offset)?;
                listed.push(Listed { name: name.to_vec(), number, place });
            }
        }
        listed.reverse();
        Ok(listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::squashfs::structures::Content;

    /// A hundred thousand names of one symlink are a hundred thousand copies of its target.
    #[test]
    fn what_an_inode_refers_to_counts_as_held() {
        let held = |kind| Inode { mtime: 0, executable: false, number: 1, kind }.held();
        let none = held(Kind::Other);
        assert_eq!(held(Kind::Symlink(vec![b'x'; 4095])), none + 4095);
        let content = Content { size: 0, start: 0, blocks: vec![0; 1000], fragment: None };
        assert_eq!(held(Kind::File(content)), none + 4000);
    }
}
