//! The header set of a manifest, checked against the manifest.

use anyhow::{Context as _, Result, bail};

use super::debian;
use super::debian::Unpacked;
use super::manifest::{Debian, Expect, Known, Manifest, Role, Synthetic};
use super::prepared::Prepared;
use super::recipe::Recipe;
use super::synthetic;
use crate::debian::cache::Cache;
use crate::record;
use crate::tree::Tree;

/// Fetches and makes the set called `name`.
///
/// # Errors
/// As [`super::prepare()`].
pub(super) fn prepare(name: &str, cache: &Cache, say: &dyn Fn(&str)) -> Result<Prepared> {
    let manifest = Manifest::named(name)?;
    match (&manifest.debian, &manifest.synthetic) {
        (Some(debian), _) => from_debian(name, &manifest, debian, cache, say),
        (_, Some(synthetic)) => from_nothing(name, &manifest, synthetic),
        _ => bail!("datasets/{name}.toml: neither [debian] nor [synthetic]"),
    }
}

/// Whether the set called `name` can be made without fetching anything.
///
/// # Errors
/// There is none of that name.
pub(super) fn cached(name: &str, cache: &Cache) -> Result<bool> {
    let manifest = Manifest::named(name)?;
    Ok(manifest.debian.is_none_or(|debian| debian::cached(&debian, cache).is_some()))
}

/// The block of a manifest that pins the version of `abi`, or the newest that is served, of the set
/// `name`, ready to be put into `datasets/NAME.toml`.
///
/// # Errors
/// As [`super::prepare()`].
pub fn pin(name: &str, abi: Option<&str>, cache: &Cache, say: &dyn Fn(&str)) -> Result<String> {
    let manifest = Manifest::named(name)?;
    let Some(debian) = &manifest.debian else {
        bail!("{name}: only header sets of Debian packages can be pinned");
    };
    let unpacked = debian::fetch_unpinned(debian, abi, cache, say)?;
    let tree = recipe(&manifest, &unpacked)?.collect()?;
    let sums = unpacked.sources.iter().map(|source| source.sha256.clone());
    let known = Known {
        abi: unpacked.abi.clone(),
        version: unpacked.sources.first().map(|s| s.version.clone()).unwrap_or_default(),
        sha256: unpacked.roots.keys().copied().zip(sums).collect(),
        expect: Expect::of(&tree),
    };
    Ok(known.to_toml())
}

fn from_debian(
    name: &str,
    manifest: &Manifest,
    debian: &Debian,
    cache: &Cache,
    say: &dyn Fn(&str),
) -> Result<Prepared> {
    let mut unpacked = debian::fetch(debian, cache, say)?;
    say("collecting headers");
    let mut made = make(manifest, &unpacked);
    if let (Err(error), true) = (&made, unpacked.known.is_some()) {
        say(&format!("unpacking again, the unpacked files are damaged: {error:#}"));
        debian::forget(&unpacked, cache, say)?;
        unpacked = debian::fetch(debian, cache, say)?;
        made = make(manifest, &unpacked);
    }
    let (recipe, tree, found) = made.with_context(|| name.to_owned())?;
    let mut prepared = prepared(name, manifest, tree, found);
    prepared.closure = Some((manifest.closure.program.clone(), manifest.closure.headers()?));
    prepared.info.sources = unpacked.sources;
    if unpacked.known.is_none() {
        prepared.info.pinned = Some(false);
        prepared.info.notes.push(format!(
            "not the pinned set: no pinned version is available, {} is used",
            unpacked.abi
        ));
    }
    prepared.recipe = Some(recipe);
    Ok(prepared)
}

fn from_nothing(name: &str, manifest: &Manifest, synthetic: &Synthetic) -> Result<Prepared> {
    let (tree, closure) = synthetic::generate(synthetic.seed, synthetic.files, manifest.mtime)?;
    let found = Expect::of(&tree);
    check(&synthetic.expect, &found).with_context(|| name.to_owned())?;
    let mut prepared = prepared(name, manifest, tree, found);
    prepared.closure = Some((manifest.closure.program.clone(), closure));
    Ok(prepared)
}

fn recipe(manifest: &Manifest, unpacked: &Unpacked) -> Result<Recipe> {
    let root = |role| unpacked.roots.get(&role).cloned();
    Ok(Recipe {
        source: root(Role::Source).context("no source package")?,
        objects: root(Role::Objects),
        arch: manifest.arch.clone(),
        strip: manifest.strip,
        mtime: manifest.mtime,
        kit: root(Role::Kbuild),
    })
}

fn make(manifest: &Manifest, unpacked: &Unpacked) -> Result<(Recipe, Tree, Expect)> {
    let recipe = recipe(manifest, unpacked)?;
    let tree = recipe.collect()?;
    let found = Expect::of(&tree);
    if let Some(known) = unpacked.known {
        check(&known.expect, &found).with_context(|| known.abi.clone())?;
    }
    Ok((recipe, tree, found))
}

fn check(expect: &Expect, found: &Expect) -> Result<()> {
    if found != expect {
        bail!(
            "the header set differs from its manifest: digest {}, expected {}; {} files, expected {}",
            found.digest,
            expect.digest,
            found.census.files,
            expect.census.files
        );
    }
    Ok(())
}

fn prepared(name: &str, manifest: &Manifest, tree: Tree, found: Expect) -> Prepared {
    let info = record::Dataset {
        name: name.to_owned(),
        title: manifest.title.clone(),
        digest: found.digest,
        census: found.census,
        pinned: Some(true),
        notes: manifest.notes.clone(),
        sources: Vec::new(),
        closure: None,
    };
    Prepared { tree, info, arch: Some(manifest.arch.clone()), closure: None, recipe: None }
}
