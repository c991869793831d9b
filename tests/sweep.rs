//! Sweeps by the command line: taken up again, split and joined; and the variants they are made of.

#![allow(clippy::unwrap_used)]

mod common;
mod sample;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use common::{program, stderr};
use kheaders_bench::form;
use kheaders_bench::judge::pareto;
use kheaders_bench::record::{Nature, Record, load};
use kheaders_bench::tree::Tree;
use rustix::process::{Pid, Signal, kill_process};

const FORMS: &str = "tar.gz-1,tar.gz-9,tar.xz-0,tar.zst-1,squashfs.gz-64k";

/// A sweep over synthetic headers in the folder `home`.
fn sweep(home: &Path, args: &[&str]) -> Command {
    let mut command = program(home);
    command
        .args(["sweep", "--dataset", "synthetic", "--forms", FORMS, "--axes", "size,build"])
        .args(args);
    command
}

/// The rounds that sweeps have kept in the cache of `home`, each with when it was measured.
fn kept(home: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let files = walkdir::WalkDir::new(home.join("cache/sweep")).into_iter().flatten();
    let rounds = files.filter(|file| file.path().extension().is_some_and(|end| end == "json"));
    rounds
        .map(|file| (file.path().to_owned(), file.metadata().unwrap().modified().unwrap()))
        .collect()
}

/// The form that a kept round is of.
fn form_of(round: &Path) -> &str {
    let folder = round.parent().unwrap().file_name().unwrap().to_str().unwrap();
    folder.rsplit_once('@').unwrap().0
}

/// All exact figures.
fn exact(record: &Record) -> Vec<(String, String, Vec<u64>)> {
    let exact = record.observations.iter().filter(|seen| seen.nature == Nature::Exact);
    exact
        .map(|seen| (seen.form.clone(), seen.metric.clone(), seen.outcome.samples().to_vec()))
        .collect()
}

#[test]
fn variants_give_the_whole_tree_back() {
    let tree = sample::rich();
    let scratch = sample::scratch();
    for id in [
        "tar.gz-1+by-base",
        "tar.xz-0+win4k+by-hash",
        "tar.zst-1+win1k+by-size",
        "files.xz-0+win4k",
        "files.zst-1+dict1k",
        "squashfs.zst1-8k",
        "squashfs.gz-1m",
    ] {
        let artifact = scratch.path().join(id);
        let form = form::by_id(id).unwrap();
        form.build(&tree, &artifact).unwrap();
        form::verify(&*form, &artifact, &tree.digest()).unwrap();
    }
}

#[test]
fn a_sweep_does_no_work_twice_and_its_shards_make_the_whole() {
    let dir = sample::scratch();
    let home = dir.path();
    // Two parts first: the whole then has nothing left to measure.
    stderr(&mut sweep(home, &["--shard", "1/2", "--out", "out/1"]), 0);
    let first = kept(home);
    stderr(&mut sweep(home, &["--shard", "2/2", "--out", "out/2"]), 0);
    let both = kept(home);
    assert!(!first.is_empty() && first.iter().all(|(round, when)| both[round] == *when));
    let mut seen: Vec<_> = both.keys().map(|round| form_of(round)).collect();
    seen.sort_unstable();
    let mut all: Vec<_> = FORMS.split(',').collect();
    all.sort_unstable();
    assert_eq!(seen, all);
    stderr(&mut sweep(home, &["--out", "out/whole"]), 0);
    assert_eq!(kept(home), both);
    // A second round is measured, the first is not.
    stderr(&mut sweep(home, &["--out", "out/twice", "--samples", "2"]), 0);
    let twice = kept(home);
    assert_eq!(twice.len(), 2 * all.len());
    assert!(both.iter().all(|(round, when)| twice[round] == *when));

    let parts = ["out/1/synthetic.json", "out/2/synthetic.json"];
    let merge = |args: &[&str]| {
        let mut command = program(home);
        command.arg("merge").args(args).args(["-o", "joined.json"]);
        command
    };
    stderr(&mut merge(&parts), 0);
    let (joined, whole) = (
        load(&home.join("joined.json")).unwrap(),
        load(&home.join("out/whole/synthetic.json")).unwrap(),
    );
    assert_eq!(exact(&joined), exact(&whole));
    assert_eq!(joined.observations, whole.observations);
    let twice = load(&home.join("out/twice/synthetic.json")).unwrap();
    assert_eq!(twice.get("tar.gz-1", "build.wall").unwrap().outcome.samples().len(), 2);
    assert!(stderr(&mut merge(&parts[..1]), 1).contains("use --partial to merge the rest"));
    // More shards than forms are no error: a matrix may be larger than what it is over.
    let mut surplus = sweep(home, &["--shard", "9/9", "--out", "out/9"]);
    assert!(
        stderr(&mut surplus, 0)
            .contains("this part is empty: the sweep has fewer forms than shards")
    );
    assert!(
        stderr(&mut merge(&[parts[0], parts[0]]), 1).contains("out/1/synthetic.json: listed twice")
    );

    // Without the memory axis no kernel's memory is known; the page shows the other fronts.
    let pinned = whole.get("squashfs.gz-64k", "memory.blockdev.all.pinned");
    assert!(pinned.is_none_or(|seen| seen.outcome.samples().is_empty()), "{pinned:?}");
    let page = fs::read_to_string(home.join("out/whole/index.html")).unwrap();
    for part in ["Size against build time", "★"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("Size against unreclaimable memory"));
    let fronts = pareto::fronts(&whole);
    assert!(fronts.iter().any(|f| f.points.iter().any(|point| point.form == "tar.gz-1")));
}

/// A tar has the time of each entry in it, and so the sizes of what is made of it.
#[test]
fn the_same_headers_of_another_time_are_measured_anew() {
    let dir = sample::scratch();
    let home = dir.path();
    let entries = sample::small().entries().to_vec();
    for (name, mtime) in [("old.tar", 1), ("new.tar", 1_700_000_000)] {
        let tree = Tree::new(entries.clone(), mtime).unwrap();
        form::by_id("tar").unwrap().build(&tree, &home.join(name)).unwrap();
    }
    let sweep = |archive: &str| {
        let mut command = program(home);
        command.args(["sweep", "--archive", archive, "--forms", "tar.gz-1", "--axes", "size"]);
        stderr(command.args(["--out", archive.trim_end_matches(".tar")]), 0)
    };
    for (archive, rounds) in [("old.tar", 1), ("new.tar", 2), ("old.tar", 2)] {
        let before = kept(home);
        sweep(archive);
        let after = kept(home);
        assert_eq!(after.len(), rounds, "{archive}");
        assert!(before.iter().all(|(round, when)| after[round] == *when));
    }
}

#[test]
fn an_interrupted_sweep_goes_on_where_it_was() {
    let dir = sample::scratch();
    let home = dir.path();
    let mut child = sweep(home, &[]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // The first is kept, so the second has begun.
    let until = Instant::now() + Duration::from_secs(60);
    while kept(home).is_empty() {
        assert!(Instant::now() < until, "no round was kept");
        std::thread::sleep(Duration::from_millis(1));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.contains("fix: run the same command again"), "{said}");
    let before = kept(home);
    let first = form_of(before.keys().next().unwrap()).to_owned();
    // What was whole until then is a record of its own, which only those who ask for parts join.
    let partial = home.join("reports/out/sweep/synthetic.json.partial");
    assert!(load(&partial).unwrap().forms.iter().any(|form| form.id == first));
    let mut merge = program(home);
    merge.arg("merge").arg(&partial).args(["-o", "joined.json"]);
    assert!(
        stderr(&mut merge, 1).contains("of an interrupted run\nfix: use --partial to merge it")
    );
    stderr(merge.arg("--partial"), 0);
    let note = load(&home.join("joined.json")).unwrap().dataset.notes.pop().unwrap();
    assert!(note.contains("the result files lack forms of the sweep"), "{note}");

    stderr(&mut sweep(home, &[]), 0);
    assert!(!partial.exists());
    let after = kept(home);
    assert!(before.len() < after.len() && before.iter().all(|(round, when)| after[round] == *when));
}
