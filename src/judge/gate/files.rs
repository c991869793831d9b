//! The per-file table of a baseline, and what changed between two of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::tree::{Node, Tree, hex};

/// How much of a SHA-256 a mark keeps: 64 bits tell a changed header from an unchanged one; the
/// whole tree has its full digest next to the table.
const DIGEST: usize = 8;

/// Path to size and digest of every file and symlink.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileTable(BTreeMap<String, Mark>);

/// One file, as `SIZE DIGEST`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Mark {
    bytes: u64,
    digest: String,
}

impl From<Mark> for String {
    fn from(mark: Mark) -> Self {
        format!("{} {}", mark.bytes, mark.digest)
    }
}

impl TryFrom<String> for Mark {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split_once(' ').and_then(|(bytes, digest)| {
            Some(Mark { bytes: bytes.parse().ok()?, digest: digest.to_owned() })
        });
        parts.ok_or_else(|| format!("'{text}': not a size and a digest"))
    }
}

/// How a file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Added,
    Removed,
    /// Same path, other content.
    Changed,
}

/// One file that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub path: String,
    pub kind: Kind,
    /// Its size as accepted, bytes; 0 when added.
    pub old: u64,
    /// Its size now, bytes; 0 when removed.
    pub new: u64,
}

impl Change {
    /// Growth, bytes.
    pub fn delta(&self) -> i64 {
        self.new as i64 - self.old as i64
    }
}

impl FileTable {
    /// The table of `tree`.
    pub fn of(tree: &Tree) -> Self {
        let mark = |kind: u8, content: &[u8]| {
            let mut hash = Sha256::new();
            hash.update([kind]);
            hash.update(content);
            Mark { bytes: content.len() as u64, digest: hex(&hash.finalize()[..DIGEST]) }
        };
        let mut table = BTreeMap::new();
        for entry in tree.entries() {
            let mark = match &entry.node {
                Node::Dir => continue,
                Node::File { data, executable: false } => mark(b'f', data),
                Node::File { data, executable: true } => mark(b'x', data),
                Node::Symlink { target } => mark(b'l', target),
            };
            table.insert(entry.path.to_string(), mark);
        }
        Self(table)
    }

    /// Whether it has no file, as that of figures that came from a record.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes from this table to `now`: the largest growth first, then the greatest change, then
    /// by path.
    pub fn changes(&self, now: &FileTable) -> Vec<Change> {
        let mut changes = Vec::new();
        for (path, mark) in &now.0 {
            let (kind, old) = match self.0.get(path) {
                None => (Kind::Added, 0),
                Some(old) if old != mark => (Kind::Changed, old.bytes),
                Some(_) => continue,
            };
            changes.push(Change { path: path.clone(), kind, old, new: mark.bytes });
        }
        for (path, mark) in self.0.iter().filter(|(path, _)| !now.0.contains_key(*path)) {
            changes.push(Change {
                path: path.clone(),
                kind: Kind::Removed,
                old: mark.bytes,
                new: 0,
            });
        }
        changes.sort_by(|a, b| (b.delta(), &a.path).cmp(&(a.delta(), &b.path)));
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Entry, TreePath};

    fn table(files: &[(&str, &str)]) -> FileTable {
        let entry = |(path, data): &(&str, &str)| Entry {
            path: TreePath::new(*path).unwrap(),
            mtime: 0,
            node: Node::File { data: data.as_bytes().to_vec(), executable: false },
        };
        FileTable::of(&Tree::new(files.iter().map(entry).collect(), 0).unwrap())
    }

    #[test]
    fn what_was_added_removed_and_changed_is_told_apart() {
        let old = table(&[("a", "1"), ("b", "22"), ("c", "333"), ("same", "x")]);
        let new = table(&[("a", "1111"), ("c", "444"), ("d", "55555"), ("same", "x")]);
        let seen: Vec<_> =
            old.changes(&new).iter().map(|c| (c.path.clone(), c.kind, c.delta())).collect();
        let expected = [
            ("d", Kind::Added, 5),
            ("a", Kind::Changed, 3),
            ("c", Kind::Changed, 0),
            ("b", Kind::Removed, -2),
        ];
        assert_eq!(seen, expected.map(|(path, kind, delta)| (path.to_owned(), kind, delta)));
    }

    #[test]
    fn the_table_survives_its_file() {
        let table = table(&[("a/b", "1"), ("c", "")]);
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<FileTable>(&text).unwrap(), table);
        assert!(serde_json::from_str::<FileTable>(r#"{"a": "x"}"#).is_err());
    }
}
