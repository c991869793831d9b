//! What a tree's files take in memory: pages, and the objects by which they are found.

use std::path::Path;

use anyhow::Result;

use super::slab::{self, Objects};
use super::{Kernel, derived, pages, read};
use crate::form::{self, Form, PAGE, Visit};
use crate::record::Term;
use crate::tree::Node;

/// How many entries a node of an XArray has: `XA_CHUNK_SIZE`, `include/linux/xarray.h`.
const CHUNK: u64 = 64;

/// What of a tree counts here.
#[derive(Debug, Clone, Default)]
pub(in crate::axis::memory) struct Contents {
    /// The length of each regular file, bytes.
    files: Vec<u64>,
    links: u64,
    /// Directories, the root among them.
    dirs: u64,
}

impl Contents {
    /// The contents of the tree in a tar.
    pub(in crate::axis::memory) fn of_tar(tar: &Path) -> Result<Self> {
        Self::of(|visit| form::by_id("tar")?.walk(tar, visit))
    }

    /// The contents of the tree whose files are those that an artifact stores one by one.
    pub(in crate::axis::memory) fn as_stored(form: &dyn Form, artifact: &Path) -> Result<Self> {
        Self::of(|visit| form.walk_stored(artifact, visit))
    }

    fn of(walk: impl FnOnce(&mut Visit) -> Result<()>) -> Result<Self> {
        let mut contents = Self { dirs: 1, ..Self::default() };
        walk(&mut |entry| {
            match entry.node {
                Node::File { data, .. } => contents.files.push(data.len() as u64),
                Node::Symlink { .. } => contents.links += 1,
                Node::Dir => contents.dirs += 1,
            }
            Ok(())
        })?;
        Ok(contents)
    }

    /// Whole pages of the files' content.
    #[cfg(test)]
    pub(in crate::axis::memory) fn pages(&self) -> u64 {
        self.files.iter().map(|file| pages(*file) / PAGE).sum()
    }

    /// Extracted to tmpfs. Each name keeps its inode and its dentry, as there is no disk to find
    /// them on again. Short targets of links are no pages (`shmem_symlink`, `mm/shmem.c`).
    pub(super) fn on_tmpfs(&self, kernel: &Kernel) -> Result<Vec<Term>> {
        let objects = slab::objects(kernel)?;
        let files = self.files.iter().map(|file| pages(*file) / PAGE);
        Ok(self.held(files, 0, objects, objects.shmem_inode, kernel.cpus))
    }

    /// Read through by the project's own file system, which fills exactly the pages of a file.
    pub(super) fn read_by_khfs(&self, kernel: &Kernel) -> Result<Vec<Term>> {
        let objects = slab::objects(kernel)?;
        let files = self.files.iter().map(|file| pages(*file) / PAGE);
        Ok(self.held(files, 0, objects, objects.inode, kernel.cpus))
    }

    /// Read through by squashfs with blocks of `block` bytes.
    ///
    /// The target of a link is a page.
    pub(super) fn read_by_squashfs(&self, kernel: &Kernel, block: u64) -> Result<Vec<Term>> {
        let objects = slab::objects(kernel)?;
        let files = self.files.iter().map(|file| pages(*file) / PAGE + surplus(*file, block));
        Ok(self.held(files, self.links, objects, objects.squashfs_inode, kernel.cpus))
    }

    /// Files of so many pages each, and the objects by which the kernel finds them.
    fn held(
        &self,
        files: impl Iterator<Item = u64> + Clone,
        links: u64,
        objects: &Objects,
        inode: u64,
        cpus: u64,
    ) -> Vec<Term> {
        let names = self.files.len() as u64 + self.links + self.dirs;
        let nodes = files.clone().map(nodes).sum();
        let slabs = |count, size| slab::bytes(count, size, cpus);
        vec![
            derived("pages of files", (files.sum::<u64>() + links) * PAGE),
            read("inodes", slabs(names, inode)),
            read("what security modules keep of inodes", slabs(names, objects.security)),
            read("names in the directory cache", slabs(names, objects.dentry)),
            read("indices of the files' pages", slabs(nodes, objects.node)),
        ]
    }
}

/// Pages beyond its end that squashfs leaves in the page cache of a file of `length` bytes.
///
/// `squashfs_readahead` (`fs/squashfs/file.c`) widens a request to a whole block, and one that ends
/// with a block by a block more (`readahead_expand`). It takes pages in batches as long as the
/// file's last block is, and notices the end of the file only when it has a batch from beyond it.
/// That batch is not read, but stays: as many pages again as the last block has, if there is room.
fn surplus(length: u64, block: u64) -> u64 {
    let tail = pages(length % block) / PAGE;
    let block = block / PAGE;
    tail.min(block - tail % block)
}

/// One file of `length` bytes on tmpfs.
pub(super) fn image(kernel: &Kernel, length: u64) -> Result<Vec<Term>> {
    let node = slab::objects(kernel)?.node;
    let index = slab::bytes(nodes(pages(length) / PAGE), node, kernel.cpus);
    Ok(vec![
        derived("pages of the image on tmpfs", pages(length)),
        read("the index of the image's pages", index),
    ])
}

/// Nodes of an XArray with entries 0 to `pages` - 1; one entry at 0 needs none.
fn nodes(mut pages: u64) -> u64 {
    let mut nodes = 0;
    while pages > 1 {
        pages = pages.div_ceil(CHUNK);
        nodes += pages;
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::{nodes, surplus};

    /// One header of a page leaves 8 kB in the guest's page cache; all of the set 89,560 kB with
    /// blocks of 128 KiB, which this rule gives to the page.
    #[test]
    fn squashfs_leaves_as_much_again_of_the_last_block_where_it_has_room() {
        let kib = |length: u64, block: u64| surplus(length << 10, block << 10) * 4;
        assert_eq!(
            [1, 12, 100, 125, 128, 129].map(|length| kib(length, 128)),
            [4, 12, 28, 128, 0, 4]
        );
        assert_eq!([1, 4, 9].map(|length| kib(length, 4)), [4, 0, 4]);
    }

    #[test]
    fn an_array_has_a_node_for_each_64_entries_and_each_64_nodes() {
        assert_eq!([0, 1, 2, 64, 65, 4096, 4097].map(nodes), [0, 0, 1, 1, 3, 65, 68]);
    }
}
