//! The header set of a manifest, held against what the manifest expects.

use anyhow::{Result, bail};

use super::manifest::{Known, Manifest, Role};
use super::{Cache, Prepared, Recipe, debian};
use crate::record;
use crate::tree::Tree;

/// Fetches and makes the set called `name`.
///
/// # Errors
/// As [`super::prepare`].
pub(super) fn prepare(name: &str, cache: &Cache, say: &dyn Fn(&str)) -> Result<Prepared> {
    let manifest = Manifest::named(name)?;
    let unpacked = debian::fetch(&manifest.debian, cache, say)?;
    let Some(source) = unpacked.roots.get(&Role::Source) else {
        bail!("datasets/{name}.toml: there is no source package");
    };
    let recipe = Recipe {
        source: source.clone(),
        objects: unpacked.roots.get(&Role::Objects).cloned(),
        arch: manifest.arch.clone(),
        strip: manifest.strip,
        mtime: manifest.mtime,
    };
    say("collecting headers");
    let tree = recipe.collect()?;
    let mut notes = manifest.notes.clone();
    match unpacked.known {
        Some(known) => expect(known, &tree)?,
        None => notes.push(format!(
            "not the pinned set: none of the pinned versions is served any more, this is {}",
            unpacked.abi
        )),
    }
    let info = record::Dataset {
        name: name.to_owned(),
        title: manifest.title.clone(),
        digest: tree.digest(),
        census: tree.census(),
        pinned: Some(unpacked.known.is_some()),
        notes,
        sources: unpacked.sources,
        closure: None,
    };
    let closure = (manifest.closure.program.clone(), manifest.closure.headers()?);
    Ok(Prepared {
        tree,
        info,
        arch: Some(manifest.arch),
        closure: Some(closure),
        recipe: Some(recipe),
    })
}

fn expect(known: &Known, tree: &Tree) -> Result<()> {
    let (census, digest) = (tree.census(), tree.digest());
    if census != known.census || digest != known.digest {
        bail!(
            "{}: the headers are not those of the manifest: {census:?}, {digest}; expected {:?}, {}",
            known.abi,
            known.census,
            known.digest
        );
    }
    Ok(())
}
