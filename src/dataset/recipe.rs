//! The inputs from which `gen_kheaders.sh` makes a tree.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::artifacts;
use super::select;
use super::select::{Layers, Rule, Side};
use crate::tree::Tree;

/// How `gen_kheaders.sh` makes a tree: from which folders, for which architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    pub source: PathBuf,
    /// The object tree, laid over the source tree.
    pub objects: Option<PathBuf>,
    /// The kernel's name for the architecture, as in `arch/x86`.
    pub arch: String,
    /// Whether block comments are stripped.
    pub strip: bool,
    /// Seconds since 1970, given to every entry.
    pub mtime: u32,
    /// The folder of `scripts/` and `tools/`, where what builds modules is taken too.
    #[serde(default)]
    pub kit: Option<PathBuf>,
}

impl Recipe {
    /// Selects, reads and strips.
    ///
    /// # Errors
    /// Something unreadable, or no header for the architecture; the error names it.
    pub fn collect(&self) -> Result<Tree> {
        let mut layers = Layers::new();
        for dir in select::folders(&self.arch) {
            if !self.source.join(&dir).is_dir() {
                bail!(
                    "{}: no such directory: not a source tree for {}",
                    self.source.join(&dir).display(),
                    self.arch
                );
            }
        }
        let how = (Rule::of(&self.source), self.strip);
        select::headers(&self.source, Side::Source, &self.arch, how, &mut layers)?;
        if let Some(objects) = &self.objects {
            select::headers(objects, Side::Objects, &self.arch, how, &mut layers)?;
        }
        if let Some(kit) = &self.kit {
            let objects = self.objects.as_deref();
            artifacts::add(&self.source, objects, &self.arch, kit, &mut layers)?;
        }
        if layers.is_empty() {
            bail!("{}: no headers found", self.source.display());
        }
        let tree = Tree::new(layers.into_values().collect(), self.mtime);
        tree.with_context(|| self.source.display().to_string())
    }
}
