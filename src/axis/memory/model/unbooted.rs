//! The model without a guest: a kernel is taken for granted, and the code of modules left out, as no
//! module is compiled for it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Contents, Kernel, derived, head, khfs, pages, squashfs};
use crate::form::Layout;
use crate::record::{Term, held};

/// What the model is of.
pub(in crate::axis::memory) const UNBOOTED: &str = "no kernel was booted: Linux 6.12 as Debian configures its cloud kernel, one CPU; the code of the \
     module that carries it, about 40 KiB, is left out";

/// The options of that kernel which count, as Debian's 6.12 cloud kernel has them.
const CONFIG: [(&str, &str); 2] =
    [("CONFIG_SQUASHFS_DECOMP_MULTI_PERCPU", "y"), ("CONFIG_SQUASHFS_FRAGMENT_CACHE_SIZE", "3")];

/// The metric of the delivery that suits `layout`, and what adds up to it once everything was read and
/// caches are given back.
pub(in crate::axis::memory) fn unbooted(
    layout: Layout,
    artifact: &Path,
    tree: &Path,
) -> (&'static str, Result<Vec<Term>>) {
    let terms = match layout {
        Layout::Folder => files(tree),
        Layout::Stream => blob(artifact),
        Layout::Image(_) => mounted(artifact),
        Layout::PerFile => packed(artifact),
    };
    (held(layout.id()), terms)
}

fn with_kernel<T>(of: impl FnOnce(&Kernel) -> Result<T>) -> Result<T> {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let config: BTreeMap<_, _> = CONFIG.into_iter().map(own).collect();
    of(&Kernel { release: "6.12.0-cloud-amd64", cpus: 1, config: &config, modules: &[] })
}

fn files(tree: &Path) -> Result<Vec<Term>> {
    let contents = Contents::of_tar(tree)?;
    with_kernel(|kernel| contents.on_tmpfs(kernel))
}

fn blob(artifact: &Path) -> Result<Vec<Term>> {
    let stored = std::fs::metadata(artifact).with_context(|| artifact.display().to_string())?;
    let bytes = pages(stored.len());
    Ok(vec![derived("the artifact in a module's read-only data, to whole pages", bytes)])
}

fn mounted(artifact: &Path) -> Result<Vec<Term>> {
    let mounted = with_kernel(|kernel| squashfs::mounted(kernel, &head(artifact)?))?;
    Ok([blob(artifact)?, mounted].concat())
}

fn packed(artifact: &Path) -> Result<Vec<Term>> {
    let head = head(artifact)?;
    Ok([blob(artifact)?, khfs::mounted(&head)?, khfs::workspace(&head)?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset;
    use crate::form;

    /// The figures that `reports/METHODOLOGY.md` has of the real set come from the same functions;
    /// here each layout has a figure at all, and it is the artifact with what a reader keeps.
    #[test]
    fn every_layout_has_a_figure_above_its_artifact() {
        let folder = tempfile::tempdir().unwrap();
        let request = dataset::Request::Named("synthetic".to_owned());
        let tree =
            dataset::prepare_in(&dataset::Cache::at(folder.path()).unwrap(), &request, &|_| ())
                .unwrap()
                .tree;
        let tar = folder.path().join("tree.tar");
        form::by_id("tar").unwrap().build(&tree, &tar).unwrap();
        for id in ["tar.gz-9", "files.gz-9", "squashfs.gz-128k"] {
            let form = form::by_id(id).unwrap();
            let artifact = folder.path().join(id);
            form.build(&tree, &artifact).unwrap();
            let (metric, terms) = unbooted(form.layout(), &artifact, &tar);
            let held: u64 = terms.unwrap().iter().map(|term| term.bytes).sum();
            let stored = std::fs::metadata(&artifact).unwrap().len();
            assert!(metric.ends_with(".pinned"));
            assert!((stored..stored + (2 << 20)).contains(&held), "{id}: {held} of {stored}");
        }
        let (_, terms) = unbooted(Layout::Folder, &tar, &tar);
        let held: u64 = terms.unwrap().iter().map(|term| term.bytes).sum();
        assert!(held > tree.census().bytes);
    }
}
