//! Sweeps by the command line: taken up again, split and joined; and the variants they are made of.

#![allow(clippy::unwrap_used)]

mod common;
mod sample;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{program, stderr};
use kheaders_bench::record::{Nature, Record, load};
use kheaders_bench::tree::Tree;
use kheaders_bench::{form, front};
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

/// Interrupts `command` at the first line of its standard error that is `awaited`; the lines after it.
fn interrupted(command: &mut Command, awaited: &mut dyn FnMut(&str) -> bool) -> Vec<String> {
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    lines.by_ref().find(|line| awaited(line)).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let rest = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    rest
}

/// The forms that a sweep said it measured.
fn measured(said: &str) -> Vec<&str> {
    said.lines().filter_map(|line| line.split_once(" synthetic: ")).map(|(_, form)| form).collect()
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
        form::verify(form, &artifact, &tree.digest()).unwrap();
    }
}

#[test]
fn a_sweep_does_no_work_twice_and_its_shards_make_the_whole() {
    let dir = sample::scratch();
    let home = dir.path();
    // Two parts first: the whole then has nothing left to measure.
    let mut seen = Vec::new();
    for shard in ["1/2", "2/2"] {
        let out = format!("out/{}", &shard[..1]);
        let said = stderr(&mut sweep(home, &["--shard", shard, "--out", &out]), 0);
        seen.extend(measured(&said).iter().map(|form| (*form).to_owned()));
    }
    seen.sort();
    let mut all: Vec<_> = FORMS.split(',').collect();
    all.sort_unstable();
    assert_eq!(seen, all);
    let said = stderr(&mut sweep(home, &["--out", "out/whole"]), 0);
    assert_eq!(measured(&said), [""; 0]);
    // A second round is measured, the first is not.
    let said = stderr(&mut sweep(home, &["--out", "out/twice", "--samples", "2"]), 0);
    assert_eq!(measured(&said).len(), all.len());

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
    assert!(stderr(&mut merge(&parts[..1]), 1).contains("--partial joins what there is"));
    // More shards than forms are no error: a matrix may be larger than what it is over.
    let mut surplus = sweep(home, &["--shard", "9/9", "--out", "out/9"]);
    assert!(stderr(&mut surplus, 0).contains("nothing of the sweep is this shard's"));
    assert!(
        stderr(&mut merge(&[parts[0], parts[0]]), 1).contains("out/1/synthetic.json: given twice")
    );

    // Without the memory axis no kernel's memory is known; the page shows the other fronts.
    let pinned = whole.get("squashfs.gz-64k", "memory.blockdev.all.pinned");
    assert!(pinned.is_none_or(|seen| seen.outcome.samples().is_empty()), "{pinned:?}");
    let page = fs::read_to_string(home.join("out/whole/index.html")).unwrap();
    for part in ["Size against build time", "★"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("Size against pinned memory"));
    let fronts = front::fronts(&whole);
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
    for (archive, measured) in [("old.tar", true), ("new.tar", true), ("old.tar", false)] {
        let said = sweep(archive);
        assert_eq!(said.contains(&format!("{archive}: tar.gz-1")), measured, "{said}");
    }
}

#[test]
fn an_interrupted_sweep_goes_on_where_it_was() {
    let dir = sample::scratch();
    let home = dir.path();
    let mut first = String::new();
    // The second has begun, so the first is kept.
    let rest = interrupted(&mut sweep(home, &[]), &mut |line| match measured(line).as_slice() {
        [] => false,
        [form, ..] if first.is_empty() => {
            first = (*form).to_owned();
            false
        }
        _ => true,
    });
    assert!(rest.iter().any(|line| line.contains("goes on there")), "{rest:?}");
    // What was whole until then is a record of its own, which only those who ask for parts join.
    let partial = home.join("reports/out/sweep/synthetic.json.partial");
    assert!(load(&partial).unwrap().forms.iter().any(|form| form.id == first));
    let mut merge = program(home);
    merge.arg("merge").arg(&partial).args(["-o", "joined.json"]);
    assert!(stderr(&mut merge, 1).contains("of an interrupted run; --partial takes it"));
    stderr(merge.arg("--partial"), 0);
    let note = load(&home.join("joined.json")).unwrap().dataset.notes.pop().unwrap();
    assert!(note.contains("the sweep has forms that none of the records has"), "{note}");

    let said = stderr(&mut sweep(home, &[]), 0);
    assert!(!partial.exists());
    let again = measured(&said);
    assert!(!again.contains(&first.as_str()) && !again.is_empty(), "{first} {again:?}");
}
