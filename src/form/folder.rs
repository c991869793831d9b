//! The tree as it is: a folder of uncompressed files, the baseline `tree`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Form, Layout, Visit, VisitFile, page_rounded};
use crate::tree::folder::{self, Links, Writer};
use crate::tree::{Node, Tree, TreePath};

/// The row of the form table.
pub(super) struct Folder;

impl Form for Folder {
    fn id(&self) -> &'static str {
        "tree"
    }

    fn about(&self) -> &'static str {
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
            writer.put(entry)?;
        }
        writer.finish()
    }

    fn recognises(&self, _head: &[u8]) -> bool {
        false
    }

    fn walk(&self, artifact: &Path, visit: &mut Visit) -> Result<()> {
        folder::visit(artifact, visit)
    }

    fn read(&self, artifact: &Path, paths: &[TreePath], visit: &mut VisitFile) -> Result<()> {
        for path in paths {
            let entry = folder::entry_at(&artifact.join(path.as_path()), path.clone())?;
            match entry.node {
                Node::File { data, .. } => visit(path, data)?,
                node => return Err(super::not_a_file(path, &node)),
            }
        }
        Ok(())
    }

    fn pages(&self, artifact: &Path) -> Result<Option<u64>> {
        let mut sum = 0;
        folder::visit(artifact, &mut |entry| {
            if let Node::File { data, .. } = &entry.node {
                sum += page_rounded(data.len() as u64);
            }
            Ok(())
        })?;
        Ok(Some(sum))
    }
}
