//! Header sets that no manifest describes: a folder, an archive, the running kernel, a tarball.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::prepared::Prepared;
use super::recipe::Recipe;
use super::request::{Selection, release, running_folder};
use super::{archive, fetch, kernel};
use crate::debian::cache::{self, Cache};
use crate::record::{self, Source};
use crate::sys::error::Unavailable;
use crate::tree::{Tree, folder};

/// A kernel tree selected and stripped as `gen_kheaders.sh` does; any other folder as it is.
pub(super) fn folder(path: &Path, selection: &Selection, say: &dyn Fn(&str)) -> Result<Prepared> {
    let name = path.display().to_string();
    let source = Source { name: name.clone(), version: String::new(), sha256: String::new() };
    if !selection.everything && kernel::is_tree(path) {
        return collect(name, kernel::recipe(path, selection)?, source, say);
    }
    if selection.arch.is_some() || selection.raw {
        bail!("{name}: not a kernel tree (no include/ and arch/): --arch and --raw don't apply");
    }
    say(&format!("reading {name}"));
    let tree = folder::read(path, kernel::MTIME)?;
    if tree.census().files == 0 {
        bail!("{name}: no files found");
    }
    Ok(prepared(name.clone(), format!("all of {name}"), tree, source))
}

/// The headers in an archive, module or kernel image.
pub(super) fn archive(path: &Path, say: &dyn Fn(&str)) -> Result<Prepared> {
    let name = path.display().to_string();
    say(&format!("reading {name}"));
    let (tree, how) = archive::load(path)?;
    let source =
        Source { name: name.clone(), version: String::new(), sha256: cache::sha256(path)? };
    Ok(prepared(name.clone(), format!("{name}: {how}"), tree, source))
}

/// The headers of the running kernel.
pub(super) fn running(say: &dyn Fn(&str)) -> Result<Prepared> {
    let path = running_folder();
    if !Path::new(&path).is_dir() {
        return Err(Unavailable {
            what: format!("{path}: no such directory: the kernel headers are not installed"),
            remedy: format!(
                "apt-get install linux-headers-{}, or modprobe kheaders and use --archive \
                 /sys/kernel/kheaders.tar.xz",
                release()
            ),
        }
        .into());
    }
    folder(Path::new(&path), &Selection::default(), say)
}

/// A kernel.org-style source tarball.
pub fn url(
    url: &str,
    sha256: &str,
    selection: &Selection,
    cache: &Cache,
    say: &dyn Fn(&str),
) -> Result<Prepared> {
    let unpacked = fetch::tarball(url, sha256, cache, say)?;
    let source = Source {
        name: url.to_owned(),
        version: String::new(),
        sha256: sha256.to_ascii_lowercase(),
    };
    let recipe = kernel::recipe(&unpacked, selection).with_context(|| url.to_owned())?;
    collect(url.to_owned(), recipe, source, say)
}

fn collect(name: String, recipe: Recipe, source: Source, say: &dyn Fn(&str)) -> Result<Prepared> {
    say(&format!("collecting headers of {name}"));
    let tree = recipe.collect()?;
    let comments = if recipe.strip { "stripped" } else { "comments kept" };
    let title = format!("headers of {name}, {}, {comments}", recipe.arch);
    let mut prepared = prepared(name, title, tree, source);
    prepared.arch = Some(recipe.arch.clone());
    prepared.recipe = Some(recipe);
    Ok(prepared)
}

/// The digest is left empty.
fn prepared(name: String, title: String, tree: Tree, source: Source) -> Prepared {
    let info = record::Dataset {
        name,
        title,
        digest: String::new(),
        census: tree.census(),
        pinned: None,
        notes: Vec::new(),
        sources: vec![source],
        closure: None,
    };
    let arch = kernel::arch_held(&tree);
    Prepared { tree, info, arch, closure: None, recipe: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Request, prepare};
    use crate::form;
    use crate::tree::{Entry, Node, TreePath};

    /// Parts of a sweep are joined by it.
    #[test]
    fn a_set_is_named_as_it_was_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let node = Node::File { data: b"x".to_vec(), executable: false };
        let entry = Entry { path: TreePath::new("a.h").unwrap(), mtime: 0, node };
        let tree = Tree::new(vec![entry], 7).unwrap();
        let archive = dir.path().join("a.tar");
        form::by_id("tar").unwrap().build(&tree, &archive).unwrap();
        let folder = dir.path().join("folder");
        form::by_id("tree").unwrap().build(&tree, &folder).unwrap();
        let folder = Request::Folder { path: folder, selection: Selection::default() };
        for request in [folder, Request::Archive(archive)] {
            assert_eq!(prepare(&request, &|_| ()).unwrap().info.name, request.name());
        }
        match prepare(&Request::Running, &|_| ()) {
            Ok(prepared) => assert_eq!(prepared.info.name, Request::Running.name()),
            Err(error) => assert!(format!("{error:#}").starts_with(&Request::Running.name())),
        }
    }
}
