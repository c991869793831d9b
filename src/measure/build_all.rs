//! Builds many artifacts in parallel, without timing them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::form::{self, Form, Layout};
use crate::measure::axis::size;
use crate::sys::parallel::{in_order, processors};
use crate::sys::scratch;
use crate::tree::{Tree, TreePath};

/// An artifact that was built and verified.
#[derive(Debug)]
pub struct Built {
    pub artifact: PathBuf,
    /// Build time, with other builds running: good enough to order forms by cost.
    pub took: Duration,
}

/// Builds `tree` in each of `forms` into `folder`, and verifies each against `digest`; the results
/// are in the order of the forms.
pub fn build(
    forms: &[Arc<dyn Form>],
    tree: &Tree,
    digest: &str,
    folder: &Path,
    say: &(dyn Fn(&str) + Sync),
) -> Vec<Result<Built>> {
    // Streams take one processor each and the longest: they go first, those of high levels, which
    // come last in the table, before the others.
    let mut order: Vec<usize> = (0..forms.len()).collect();
    order.sort_by_key(|&at| (forms[at].layout() != Layout::Stream, usize::MAX - at));
    let work = |at: &usize| -> (usize, Result<Built>) {
        let form = &*forms[*at];
        say(form.id());
        let artifact = folder.join(form.id());
        let start = Instant::now();
        let built = form.build(tree, &artifact).and_then(|()| {
            let took = start.elapsed();
            form::verify(form, &artifact, digest)?;
            Ok(Built { artifact, took })
        });
        (*at, built)
    };
    let mut built = each(&order, &work);
    built.sort_by_key(|(at, _)| *at);
    built.into_iter().map(|(_, built)| built).collect()
}

/// Bytes that `form` needs more for `tree` with the file at `path`, of which it needs `whole`
/// bytes ([`size::unpadded`]), than without it: built again, as a solid archive has no size of a single file.
///
/// # Errors
/// Those of the build; no such file in the tree.
pub fn marginal(
    form: &dyn Form,
    tree: &Tree,
    path: &TreePath,
    whole: u64,
    folder: &Path,
) -> Result<i64> {
    let entries: Vec<_> =
        tree.entries().iter().filter(|entry| entry.path != *path).cloned().collect();
    if entries.len() == tree.entries().len() {
        bail!("{path}: not in the tree");
    }
    let without = Tree::new(entries, tree.mtime())?;
    let dir = tempfile::tempdir_in(folder).with_context(|| folder.display().to_string())?;
    let artifact = dir.path().join("without");
    form.build(&without, &artifact)?;
    let bytes = size::unpadded(form, &artifact, without.census().bytes)?;
    scratch::remove(&artifact)?;
    Ok(whole as i64 - bytes as i64)
}

/// What `work` makes of each of `items`, in their order, as many at a time as there are processors.
pub fn each<I: Sync, O: Send>(items: &[I], work: &(impl Fn(&I) -> O + Sync)) -> Vec<O> {
    std::thread::scope(|scope| in_order(scope, items.iter(), vec![work; processors()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Entry, Node};

    #[test]
    fn a_file_of_noise_costs_its_size() {
        let file = |path: &str, data: Vec<u8>| Entry {
            path: TreePath::new(path).unwrap(),
            mtime: 0,
            node: Node::File { data, executable: false },
        };
        // A linear congruential generator: noise enough for gzip.
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let noise: Vec<u8> = (0..10_000).map(|_| noise()).collect();
        let tree = Tree::new(vec![file("a", vec![b'x'; 5000]), file("b", noise)], 0).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let form = form::by_id("tar.gz-9").unwrap();
        let whole = folder.path().join("whole");
        form.build(&tree, &whole).unwrap();
        let whole = std::fs::metadata(whole).unwrap().len();
        let path = |name| TreePath::new(name).unwrap();
        let cost = |name| marginal(&*form, &tree, &path(name), whole, folder.path());
        assert!((9_900..10_600).contains(&cost("b").unwrap()), "{:?}", cost("b"));
        assert!((1..300).contains(&cost("a").unwrap()), "{:?}", cost("a"));
        assert!(cost("c").is_err());
    }
}
