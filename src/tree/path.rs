//! A path inside a tree: relative, normal, and therefore never outside it.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A path below a tree's root: bytes, `/` between its parts, none of them empty, `.` or `..`.
///
/// Ordered as `tar --sort=name` orders: part by part, by bytes.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "Vec<u8>", try_from = "Vec<u8>")]
pub struct TreePath(Vec<u8>);

/// Why bytes are not a path inside a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No part at all: empty, or only the root itself.
    #[error("the path is empty")]
    Empty,
    /// It starts at the root of the file system.
    #[error("{0}: absolute path; paths in an artifact are relative")]
    Absolute(String),
    /// It climbs with `..`, or has an empty or `.` part.
    #[error("{0}: the path has a component '{1}'")]
    Part(String, String),
    #[error("{0}: the path has a NUL byte")]
    Nul(String),
}

impl TreePath {
    /// A path from `bytes`, which must be inside a tree.
    ///
    /// # Errors
    /// Whatever could lead out of the tree, or that has a second spelling.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, PathError> {
        let bytes = bytes.as_ref();
        let shown = || bytes.escape_ascii().to_string();
        if bytes.is_empty() {
            return Err(PathError::Empty);
        }
        if bytes[0] == b'/' {
            return Err(PathError::Absolute(shown()));
        }
        if bytes.contains(&0) {
            return Err(PathError::Nul(shown()));
        }
        if let Some(part) = bytes.split(|&b| b == b'/').find(|p| matches!(*p, b"" | b"." | b"..")) {
            return Err(PathError::Part(shown(), part.escape_ascii().to_string()));
        }
        Ok(Self(bytes.to_vec()))
    }

    /// A path from a name in an archive, which may have a leading `./` or a trailing `/`.
    /// `None` is the root itself.
    ///
    /// # Errors
    /// As [`TreePath::new`].
    pub fn from_archive(name: &[u8]) -> Result<Option<Self>, PathError> {
        let mut name = name;
        while let Some(rest) = name.strip_prefix(b"./") {
            name = rest;
        }
        while let Some(rest) = name.strip_suffix(b"/")
            && !rest.is_empty()
        {
            name = rest;
        }
        if matches!(name, b"." | b"") { Ok(None) } else { Self::new(name).map(Some) }
    }

    /// The path as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as the system takes it, still relative.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// The last part.
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|&b| b == b'/').next().unwrap_or(&self.0)
    }

    /// The directory that holds it; `None` when that is the root.
    pub fn parent(&self) -> Option<TreePath> {
        let slash = self.0.iter().rposition(|&b| b == b'/')?;
        Some(Self(self.0[..slash].to_vec()))
    }

    /// Number of directories between it and the root.
    pub fn depth(&self) -> usize {
        self.0.iter().filter(|&&byte| byte == b'/').count()
    }

    /// This path with one more part.
    ///
    /// # Errors
    /// As [`TreePath::new`].
    pub fn join(&self, name: &[u8]) -> Result<Self, PathError> {
        Self::new([&self.0, b"/".as_slice(), name].concat())
    }

    /// Whether a symlink at this path that points to `target` stays inside the tree.
    pub fn holds_link_to(&self, target: &[u8]) -> bool {
        if target.first() == Some(&b'/') {
            return false;
        }
        let mut depth = self.depth();
        for part in target.split(|&b| b == b'/') {
            match part {
                b"" | b"." => {}
                b".." if depth == 0 => return false,
                b".." => depth -= 1,
                _ => depth += 1,
            }
        }
        true
    }
}

impl From<TreePath> for Vec<u8> {
    fn from(path: TreePath) -> Self {
        path.0
    }
}

impl TryFrom<Vec<u8>> for TreePath {
    type Error = PathError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, PathError> {
        Self::new(bytes)
    }
}

impl Ord for TreePath {
    fn cmp(&self, other: &Self) -> Ordering {
        let weigh = |&byte: &u8| if byte == b'/' { 0 } else { byte };
        self.0.iter().map(weigh).cmp(other.0.iter().map(weigh))
    }
}

impl PartialOrd for TreePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.contains(char::is_control) => f.write_str(text),
            _ => self.0.escape_ascii().fmt(f),
        }
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_inside_the_tree_are_taken() {
        for bad in ["", "/", "/etc/passwd", "..", "a/../b", "a//b", "./a", "a/.", "a/", "a\0b"] {
            assert!(TreePath::new(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "a/b.h", "...", "a/..b", "\u{e9}"] {
            assert!(TreePath::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn archives_spell_the_root_and_directories_their_own_way() {
        let of =
            |name: &str| TreePath::from_archive(name.as_bytes()).map(|p| p.map(|p| p.to_string()));
        assert_eq!(of("./"), Ok(None));
        assert_eq!(of("."), Ok(None));
        assert_eq!(of("./include/"), Ok(Some("include".into())));
        assert_eq!(of("include/a.h"), Ok(Some("include/a.h".into())));
        assert!(of("/").is_err());
        assert!(of("./../x").is_err());
    }

    #[test]
    fn a_link_may_climb_only_as_high_as_the_root() {
        let link = TreePath::new("include/dt-bindings/a.h").unwrap();
        assert!(link.holds_link_to(b"../uapi/a.h"));
        assert!(link.holds_link_to(b"../../arch/x"));
        assert!(!link.holds_link_to(b"../../../etc"));
        assert!(!link.holds_link_to(b"/etc/passwd"));
    }
}
