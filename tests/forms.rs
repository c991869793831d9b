//! What holds for every form of the table.

#![allow(clippy::unwrap_used)]

mod common;
mod sample;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::forms;
use kheaders_bench::form;
use kheaders_bench::form::Form;
use kheaders_bench::tree::{Node, Tree, TreePath};
use proptest::prelude::*;
use sample::{MTIME, Random, rich, scratch, small};

/// Bytes of an artifact up to which no bit and no length is left out.
const SHORT: usize = 2048;

/// Whether each bit is under a checksum of the form's own.
fn is_summed(form: &dyn Form) -> bool {
    !form.id().starts_with("squashfs.") && form.id() != "tar"
}

fn files() -> impl Iterator<Item = Arc<dyn Form>> {
    forms().into_iter().filter(|form| form.id() != "tree")
}

/// Those that this program reads itself, without starting another for each artifact.
fn own() -> impl Iterator<Item = Arc<dyn Form>> {
    files().filter(|form| !form.id().starts_with("erofs."))
}

fn round_trip(form: &dyn Form, tree: &Tree, artifact: &Path) {
    form.build(tree, artifact).unwrap();
    form::verify(form, artifact, &tree.digest()).unwrap_or_else(|e| panic!("{}: {e:#}", form.id()));
    // A folder's symlinks are as old as the folder; an empty tree has nothing that bears a time.
    if form.id() != "tree" && !tree.entries().is_empty() {
        assert_eq!(form::load(form, artifact).unwrap().mtime(), tree.mtime(), "{}", form.id());
    }
}

#[test]
fn the_ids_are_unique() {
    for (number, form) in form::all().enumerate() {
        assert!(form::all().take(number).all(|other| other.id() != form.id()), "{}", form.id());
    }
}

#[test]
fn every_form_gives_back_what_it_was_given() {
    let dir = scratch();
    let tree = rich();
    let paths: Vec<_> = tree.files().map(|(path, _)| path.clone()).collect();
    for form in forms() {
        let artifact = dir.path().join(form.id());
        round_trip(&*form, &tree, &artifact);
        assert_eq!(form::of_artifact(&artifact).unwrap().layout(), form.layout());

        // One at a time, then in any order, then all.
        for path in [&paths[0], &paths[paths.len() / 2], &paths[paths.len() - 1]] {
            read(&*form, &artifact, &tree, std::slice::from_ref(path));
        }
        let reversed: Vec<_> = paths.iter().rev().step_by(7).cloned().collect();
        read(&*form, &artifact, &tree, &reversed);
        read(&*form, &artifact, &tree, &paths);
        read(&*form, &artifact, &tree, &[]);

        let mut none = |_: &TreePath, _| Ok(());
        for (wrong, why) in [
            ("include/absent.h", "no such file"),
            ("include", "a directory"),
            ("include/link.h", "a symlink to block.h"),
        ] {
            let path = TreePath::new(wrong).unwrap();
            let error = format!("{:#}", form.read(&artifact, &[path], &mut none).unwrap_err());
            let plain = form.id() == "tree" || form.id().starts_with("erofs.");
            let absent = plain && why == "no such file";
            assert!(error.contains(why) || absent, "{}: {error}", form.id());
            assert!(error.contains(wrong), "{}: {error}", form.id());
        }
    }
}

fn read(form: &dyn Form, artifact: &Path, tree: &Tree, paths: &[TreePath]) {
    let mut wanted: Vec<_> = paths.to_vec();
    form.read(artifact, paths, &mut |path, data| {
        assert_eq!(tree.file(path), Some(&data[..]), "{} {path}", form.id());
        wanted.retain(|other| other != path);
        Ok(())
    })
    .unwrap();
    assert_eq!(wanted, [], "{}", form.id());
}

#[test]
fn pages_are_told_where_files_stand_one_by_one() {
    let dir = scratch();
    let tree = small();
    for form in forms() {
        let artifact = dir.path().join(form.id());
        form.build(&tree, &artifact).unwrap();
        // Three files that are not empty, each within a page, and too little for a dictionary.
        let expected = match form.layout() {
            form::Layout::Folder | form::Layout::PerFile => Some(3 * form::PAGE),
            _ => None,
        };
        assert_eq!(form.pages(&artifact).unwrap(), expected, "{}", form.id());
    }
}

#[test]
fn two_builds_give_the_same_bytes() {
    let dir = scratch();
    let tree = rich();
    for form in files() {
        let build = |name: &str| {
            let artifact = dir.path().join(name);
            form.build(&tree, &artifact).unwrap();
            fs::read(artifact).unwrap()
        };
        assert!(build(&format!("{}.1", form.id())) == build(&format!("{}.2", form.id())));
    }
}

#[test]
fn an_empty_tree_is_a_tree() {
    let dir = scratch();
    let tree = Tree::new(vec![], MTIME).unwrap();
    for form in forms() {
        let artifact = dir.path().join(form.id());
        form.build(&tree, &artifact).unwrap();
        form::verify(&*form, &artifact, &tree.digest()).unwrap();
    }
}

#[test]
fn nothing_is_built_over_what_is_there() {
    let dir = scratch();
    for form in forms() {
        let artifact = dir.path().join(form.id());
        fs::write(&artifact, "mine").unwrap();
        let error = format!("{:#}", form.build(&small(), &artifact).unwrap_err());
        assert!(error.contains(form.id()), "{error}");
        assert_eq!(fs::read(&artifact).unwrap(), b"mine");
    }
}

#[test]
fn every_truncation_is_noticed() {
    let dir = scratch();
    for tree in [small(), rich()] {
        for form in own() {
            let artifact = dir.path().join("artifact");
            let _ = fs::remove_file(&artifact);
            form.build(&tree, &artifact).unwrap();
            let whole = fs::read(&artifact).unwrap();
            let cut = dir.path().join("cut");
            // Every length of a short artifact, some of a longer one, and around its end.
            let step = match whole.len() {
                ..SHORT => 1,
                SHORT..20_000 => 7,
                long => long / 20,
            };
            let near_end = whole.len().saturating_sub(20)..whole.len();
            for length in (0..whole.len()).step_by(step).chain(near_end) {
                fs::write(&cut, &whole[..length]).unwrap();
                let Ok(loaded) = form::load(&*form, &cut) else { continue };
                // Zeros after the end may be missing: of tar's records and of squashfs's blocks.
                assert!(whole[length..].iter().all(|&byte| byte == 0), "{} {length}", form.id());
                assert_eq!(loaded, tree, "{} {length}", form.id());
            }
        }
    }
}

#[test]
fn flipped_bits_are_noticed_or_change_nothing() {
    let dir = scratch();
    let tree = small();
    for form in own() {
        let artifact = dir.path().join(form.id());
        form.build(&tree, &artifact).unwrap();
        let mut bytes = fs::read(&artifact).unwrap();
        // Every bit of a short artifact, one of each byte of a longer one: another each time.
        let step = if bytes.len() < SHORT { 1 } else { 9 };
        for bit in (0..bytes.len() * 8).step_by(step) {
            bytes[bit / 8] ^= 1 << (bit % 8);
            check_altered(&*form, &artifact, &bytes, &tree);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn flipped_bits_of_a_large_artifact_are_noticed_or_change_nothing() {
    let dir = scratch();
    let tree = rich();
    for form in own() {
        let artifact = dir.path().join(form.id());
        form.build(&tree, &artifact).unwrap();
        let mut bytes = fs::read(&artifact).unwrap();
        let mut random = Random(1);
        for _ in 0..40 {
            let (byte, bit) = (random.below(bytes.len()), random.below(8));
            bytes[byte] ^= 1 << bit;
            check_altered(&*form, &artifact, &bytes, &tree);
            bytes[byte] ^= 1 << bit;
        }
    }
}

fn check_altered(form: &dyn Form, artifact: &Path, bytes: &[u8], tree: &Tree) {
    fs::write(artifact, bytes).unwrap();
    match form::load(form, artifact) {
        Err(error) => {
            let error = format!("{error:#}");
            assert!(error.contains(form.id()), "the error names the artifact: {error}");
            assert!(!error.contains("gave up"), "backhand panicked: {error}");
        }
        Ok(loaded) if is_summed(form) => {
            assert_eq!(loaded.digest(), tree.digest(), "{}", form.id());
        }
        // A form without sums can't notice; that is why every artifact is verified.
        Ok(_) => {}
    }
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let part = proptest::collection::vec(
        prop_oneof![Just(b'a'), Just(b'.'), Just(b'-'), Just(b' '), Just(0xff), Just(b'\n')],
        1..6,
    );
    let path = proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join(&b'/'));
    let node = prop_oneof![
        Just(Node::Dir),
        (proptest::collection::vec(any::<u8>(), 0..2000), any::<bool>())
            .prop_map(|(data, executable)| Node::File { data, executable }),
        proptest::collection::vec(1..=255u8, 1..200).prop_map(|target| Node::Symlink { target }),
    ];
    proptest::collection::vec((path, node), 0..12).prop_map(|candidates| {
        let mut entries = Vec::new();
        for (path, node) in candidates {
            let Ok(path) = TreePath::new(path) else { continue };
            entries.push(kheaders_bench::tree::Entry { path, mtime: MTIME, node });
            if Tree::new(entries.clone(), MTIME).is_err() {
                entries.pop();
            }
        }
        Tree::new(entries, MTIME).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() })]
    #[test]
    fn any_tree_comes_back(tree in any_tree()) {
        let dir = scratch();
        for form in forms() {
            round_trip(&*form, &tree, &dir.path().join(form.id()));
        }
    }
}
