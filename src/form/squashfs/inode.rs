//! The inodes and directories of an image.

use std::collections::HashSet;

use anyhow::{Context as _, Result, bail};

use super::DEPTH_MAX;
use super::metadata::{Image, Place};
use crate::form::{FILE_MAX, PATH_MAX, TREE_MAX, check_path, little_endian};
use crate::tree::TreePath;

/// What stands in place of a fragment's number where there is none.
const NO_FRAGMENT: u64 = u32::MAX as u64;
/// The longest directory that is read, bytes: a hundred thousand names and more.
const DIR_MAX: u64 = 4 << 20;
/// What paths, targets and block lists may come to in memory, bytes.
const HELD_MAX: usize = 256 << 20;

/// A file, symlink or directory of an image.
pub(super) struct Inode {
    pub(super) mtime: u32,
    pub(super) executable: bool,
    number: u64,
    pub(super) kind: Kind,
}

/// What an inode is.
pub(super) enum Kind {
    Dir { place: Place, size: u64 },
    File(Content),
    Symlink(Vec<u8>),
    Other,
}

/// Where a file's content is.
pub(super) struct Content {
    pub(super) size: u64,
    /// Where its own blocks start.
    pub(super) start: u64,
    /// The stored sizes of its own blocks, as the inode has them.
    pub(super) blocks: Vec<u32>,
    /// The fragment that holds its end or all of it, and where in there.
    pub(super) fragment: Option<(u64, u64)>,
}

impl Inode {
    /// Bytes that it takes in memory.
    fn held(&self) -> usize {
        let beside = match &self.kind {
            Kind::File(file) => file.blocks.len() * size_of::<u32>(),
            Kind::Symlink(target) => target.len(),
            Kind::Dir { .. } | Kind::Other => 0,
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
    pub(super) fn list(&mut self) -> Result<Vec<(TreePath, Inode)>> {
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
                Kind::Dir { .. } => {
                    if !seen.insert(number) {
                        bail!("{path}: a directory stands twice, or holds itself");
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
                bail!("{path}: its inode is number {}, not {number}", inode.number);
            }
            if content > TREE_MAX || held > HELD_MAX {
                bail!("its entries come to more than any tree here");
            }
            found.push((path, inode));
        }
        Ok(found)
    }

    /// What stands at `path`, if something does.
    pub(super) fn find(&mut self, path: &TreePath) -> Result<Option<Inode>> {
        let mut inode = self.root()?;
        for part in path.as_bytes().split(|&byte| byte == b'/') {
            if !matches!(inode.kind, Kind::Dir { .. }) {
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
            _ => bail!("an inode lies outside the inode table"),
        }
    }

    fn inode(&mut self, mut place: Place) -> Result<Inode> {
        let [kind, mode, _, _, mtime, number] = self.fields(&mut place, [2, 2, 2, 2, 4, 4])?;
        let kind = match kind {
            1 => {
                let [block, _, size, offset, _] = self.fields(&mut place, [4, 4, 2, 2, 4])?;
                self.dir(block, offset, size)?
            }
            8 => {
                let [_, size, block, _, _, offset] = self.fields(&mut place, [4, 4, 4, 4, 2, 2])?;
                self.dir(block, offset, size)?
            }
            2 => {
                let [start, fragment, offset, size] = self.fields(&mut place, [4; 4])?;
                self.content(place, start, size, fragment, offset)?
            }
            9 => {
                let [start, size, _, _, fragment, offset, _] =
                    self.fields(&mut place, [8, 8, 8, 4, 4, 4, 4])?;
                self.content(place, start, size, fragment, offset)?
            }
            3 | 10 => {
                let [_, size] = self.fields(&mut place, [4, 4])?;
                if size > PATH_MAX as u64 {
                    bail!("a symlink's target of {size} bytes");
                }
                Kind::Symlink(self.take(&mut place, size as usize)?)
            }
            4..=7 | 11..=14 => Kind::Other,
            _ => bail!("an inode is of type {kind}, which there is none of"),
        };
        Ok(Inode { mtime: mtime as u32, executable: mode & 0o100 != 0, number, kind })
    }

    fn dir(&self, block: u64, offset: u64, size: u64) -> Result<Kind> {
        // Three bytes more than are stored, as if for `.` and `..`.
        let size = size.saturating_sub(3);
        if size > DIR_MAX {
            bail!("a directory of {size} bytes");
        }
        let block = self.dir_table.checked_add(block).context("a directory outside the image")?;
        Ok(Kind::Dir { place: Place { block, offset }, size })
    }

    fn content(
        &mut self,
        mut place: Place,
        start: u64,
        size: u64,
        fragment: u64,
        offset: u64,
    ) -> Result<Kind> {
        if size > FILE_MAX {
            bail!("a file of {size} bytes, more than {FILE_MAX}");
        }
        let fragment = (fragment != NO_FRAGMENT).then_some((fragment, offset));
        let blocks = match fragment {
            Some(_) => size / self.block,
            None => size.div_ceil(self.block),
        };
        let sizes = self.take(&mut place, blocks as usize * 4)?;
        let blocks = sizes.chunks_exact(4).map(|size| little_endian(size) as u32).collect();
        Ok(Kind::File(Content { size, start, blocks, fragment }))
    }

    /// What the directory `dir` holds, last first; nothing, if it is none.
    fn listing(&mut self, dir: &Inode) -> Result<Vec<Listed>> {
        let Kind::Dir { mut place, size } = dir.kind else { return Ok(Vec::new()) };
        let bytes = self.take(&mut place, size as usize)?;
        let mut left = bytes.as_slice();
        let mut listed = Vec::new();
        while !left.is_empty() {
            let [count, block, base] = split(&mut left, [4, 4, 4])?;
            if count >= 256 {
                bail!("a directory is malformed");
            }
            // One more than the count says.
            for _ in 0..=count {
                let [offset, delta, _, length] = split(&mut left, [2, 2, 2, 2])?;
                let Some((name, behind)) = left.split_at_checked(length as usize + 1) else {
                    bail!("a directory is malformed");
                };
                left = behind;
                if name.contains(&b'/') {
                    bail!("a name with a slash: {}", name.escape_ascii());
                }
                let number = base.wrapping_add_signed(i64::from(delta as i16));
                let place = self.inode_place(block, offset)?;
                listed.push(Listed { name: name.to_vec(), number, place });
            }
        }
        listed.reverse();
        Ok(listed)
    }

    /// The next numbers in the metadata, each of as many bytes as `widths` tells.
    fn fields<const N: usize>(&mut self, place: &mut Place, widths: [u8; N]) -> Result<[u64; N]> {
        let size = widths.iter().map(|&width| usize::from(width)).sum();
        split(&mut self.take(place, size)?.as_slice(), widths)
    }
}

/// Takes numbers off the front of `bytes`.
fn split<const N: usize>(bytes: &mut &[u8], widths: [u8; N]) -> Result<[u64; N]> {
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let (field, behind) =
            bytes.split_at_checked(width.into()).context("a directory is malformed")?;
        *number = little_endian(field);
        *bytes = behind;
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

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
