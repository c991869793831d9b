//! The order of files in a tar: similar files next to each other compress better.

use std::cmp::Reverse;

use sha2::{Digest as _, Sha256};

use crate::tree::{Entry, Node, Tree};

/// An order of files. Any but that of names has all directories first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `tar --sort=name`, the tree's own.
    Name,
    /// By the last part of the path: files of one name are adjacent.
    Base,
    /// By size, the longest first.
    Size,
    /// By a hash of the path: no order at all, to see what the others are worth.
    Hash,
}

impl Order {
    /// Every order but the tree's own, with its name in an id.
    pub(crate) const OTHERS: [(&'static str, Order); 3] =
        [("base", Order::Base), ("size", Order::Size), ("hash", Order::Hash)];

    /// `None` for the tree's own.
    pub(crate) fn name(self) -> Option<&'static str> {
        Self::OTHERS.iter().find(|(_, order)| *order == self).map(|(name, _)| *name)
    }

    /// The entries of `tree` in this order.
    pub(crate) fn of(self, tree: &Tree) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = tree.entries().iter().collect();
        let file = |entry: &Entry| entry.node != Node::Dir;
        // Sorting is stable: what is equal stays in the order of names.
        match self {
            Order::Name => {}
            Order::Base => entries.sort_by_key(|&entry| (file(entry), base(entry))),
            Order::Size => entries.sort_by_key(|&entry| (file(entry), Reverse(size(entry)))),
            Order::Hash => entries.sort_by_cached_key(|&entry| (file(entry), hash(entry))),
        }
        entries
    }
}

fn base(entry: &Entry) -> &[u8] {
    match entry.node {
        Node::Dir => &[],
        _ => entry.path.name(),
    }
}

fn size(entry: &Entry) -> usize {
    match &entry.node {
        Node::File { data, .. } => data.len(),
        _ => 0,
    }
}

fn hash(entry: &Entry) -> Vec<u8> {
    match entry.node {
        Node::Dir => Vec::new(),
        _ => Sha256::digest(entry.path.as_bytes()).to_vec(),
    }
}
