//! The folder on tmpfs in which the command lines run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};

use super::script;
use crate::dataset::{Cache, Prepared, Recipe};
use crate::form;
use crate::measure::worker::CommandLine;
use crate::tree::folder::{self, Links, Writer};
use crate::tree::{Tree, TreePath};

/// The time of every file, seconds since 1970: what this program gives to a folder that no manifest
/// describes, so that artifacts of both sides hold the same times.
pub(crate) const MTIME: u32 = crate::dataset::FOLDER_MTIME;

/// A folder, filled.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    one: Option<TreePath>,
    kernel: Result<Kernel, String>,
    /// Where the kernel's script came from; empty where there is none.
    script: String,
}

/// The parameters of the kernel's script.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// The kernel's name for the architecture.
    pub(crate) arch: String,
}

impl Place {
    /// Fills the new folder `folder` with the headers of `prepared`; with the kernel's script and
    /// folders too, if they are available and `with_script`.
    ///
    /// # Errors
    /// The folder can\'t be used.
    pub fn open(
        folder: PathBuf,
        prepared: &Prepared,
        one: Option<TreePath>,
        with_script: bool,
        say: &dyn Fn(&str),
    ) -> Result<Self> {
        fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        write_tree(&prepared.tree, &folder.join("tree"))?;
        let mut place = Self {
            folder,
            one,
            kernel: Err("the run has no reference tool that needs gen_kheaders.sh".to_owned()),
            script: String::new(),
        };
        if with_script {
            match place.bring_script(prepared.recipe.as_ref(), say) {
                Ok((kernel, script)) => (place.kernel, place.script) = (Ok(kernel), script),
                Err(reason) => place.kernel = Err(format!("{reason:#}")),
            }
        }
        Ok(place)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The output of a build.
    pub fn made(&self) -> PathBuf {
        self.folder.join("made")
    }

    /// The artifact of the row `id`, once it is whole.
    pub fn artifact(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// The folder that is extracted to.
    pub fn out(&self) -> PathBuf {
        self.folder.join("out")
    }

    /// The header that is read alone.
    pub fn one(&self) -> Option<&TreePath> {
        self.one.as_ref()
    }

    /// Where the kernel's script came from, where it was asked for and found.
    pub(crate) fn script(&self) -> Option<&str> {
        self.kernel.is_ok().then_some(self.script.as_str())
    }

    pub(crate) fn line(&self, words: Vec<String>) -> CommandLine {
        CommandLine {
            words,
            variables: Vec::new(),
            folder: self.folder.clone(),
            inner: String::new(),
        }
    }

    pub(crate) fn kernel(&self) -> Result<&Kernel, String> {
        self.kernel.as_ref().map_err(Clone::clone)
    }

    fn bring_script(
        &self,
        recipe: Option<&Recipe>,
        say: &dyn Fn(&str),
    ) -> Result<(Kernel, String)> {
        let recipe = recipe.context("the header set is not made from kernel directories")?;
        anyhow::ensure!(
            recipe.strip,
            "gen_kheaders.sh strips comments, but the header set has them"
        );
        anyhow::ensure!(
            recipe.kit.is_none(),
            "the header set has more files than gen_kheaders.sh archives"
        );
        let cache = Cache::of_user()?;
        let script = script::bring(recipe, &cache, &self.folder.join("gen_kheaders.sh"), say)?;
        let source = std::path::absolute(&recipe.source)
            .with_context(|| recipe.source.display().to_string())?;
        let link = self.folder.join("source");
        std::os::unix::fs::symlink(&source, &link).with_context(|| link.display().to_string())?;
        // The script works below the object tree: it gets one of its own.
        let objects = self.folder.join("objects");
        make(&objects.join("kernel"))?;
        for dir in ["include".to_owned(), format!("arch/{}/include", recipe.arch)] {
            let copy = objects.join(&dir);
            make(&copy)?;
            let from = recipe.objects.iter().map(|objects| objects.join(&dir));
            for from in from.filter(|from| from.is_dir()) {
                let mut writer = Writer::new(&copy, Links::Any);
                folder::visit(&from, &mut |entry| writer.put(entry))?;
                writer.finish()?;
            }
        }
        Ok((Kernel { arch: recipe.arch.clone() }, script))
    }
}

/// Makes the folder `folder` and those above it.
fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}

/// Writes `tree` to the new folder `root`, every time in it [`MTIME`].
fn write_tree(tree: &Tree, root: &Path) -> Result<()> {
    let stamped = Tree::new(tree.entries().to_vec(), MTIME)?;
    form::by_id("tree")?.build(&stamped, root)?;
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(MTIME.into());
    let stamp = || File::open(root)?.set_modified(time);
    stamp().with_context(|| root.display().to_string())
}
