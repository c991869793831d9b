//! Reference tools beside our own forms, as a user runs them.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use assert_cmd::assert::OutputAssertExt as _;
use common::{program, skip};
use kheaders_bench::record;
use kheaders_bench::record::{Outcome, Record};

fn are_there(tools: &[&str]) -> bool {
    for tool in tools {
        if Command::new(tool).arg("--version").output().is_err() {
            skip(&format!("{tool} is not there"));
            return false;
        }
    }
    true
}

/// Runs the forms `globs` of `set` and returns what was said and the record. `code` is the exit code.
fn run(home: &Path, set: &[&str], globs: &str, path: Option<&Path>, code: i32) -> (String, Record) {
    let mut run = program(home);
    run.args(["run", "--axes", "size,build,extract", "--samples", "2", "--out", "out"]);
    run.args(set).args(["--forms", globs]);
    if let Some(path) = path {
        run.env("PATH", path);
    }
    let output = run.assert().code(code).get_output().clone();
    let record = record::load(&home.join("out/record.json")).unwrap();
    (String::from_utf8(output.stdout).unwrap(), record)
}

fn samples(record: &Record, row: &str, metric: &str) -> Vec<u64> {
    match &record.get(row, metric).unwrap_or_else(|| panic!("{row} {metric}")).outcome {
        Outcome::Measured { samples } => samples.clone(),
        other => panic!("{row} {metric}: {other:?}"),
    }
}

const TIMES: [&str; 7] = [
    "build.command.wall",
    "build.command.cpu",
    "build.command.peak_memory",
    "extract.command.all.wall",
    "extract.command.all.cpu",
    "extract.command.all.peak_memory",
    "extract.command.one",
];

#[test]
fn both_sides_are_measured_alike_and_held_against_each_other() {
    if !are_there(&["tar", "gzip", "xz", "zstd", "mksquashfs", "unsquashfs"]) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let globs = "tar.*@*,squashfs.*@*,files.gz-9";
    let (said, record) = run(home.path(), &["--dataset", "synthetic"], globs, None, 0);
    let pairs = [
        ("tar.gz-9", "tar.gz-9@gzip"),
        ("tar.xz-6", "tar.xz-6@xz"),
        ("tar.xz-6t2", "tar.xz-6t2@xz"),
        ("tar.zst-19", "tar.zst-19@zstd"),
        ("tar.zst-19t2", "tar.zst-19t2@zstd"),
        ("squashfs.zst15-128k", "squashfs.zst15-128k@mksquashfs"),
        ("squashfs.xz-128k", "squashfs.xz-128k@mksquashfs"),
    ];
    assert_eq!(record.references.len(), pairs.len());
    for (ours, reference) in pairs {
        for metric in TIMES {
            for row in [ours, reference] {
                let samples = samples(&record, row, metric);
                assert_eq!(samples.len(), 2, "{row} {metric}");
                assert!(samples.iter().all(|&sample| sample > 0), "{row} {metric}");
            }
        }
        let size = |row| samples(&record, row, "size.bytes")[0] as f64;
        assert!((size(ours) / size(reference) - 1.0).abs() < 0.03, "{ours}");
        assert!(said.contains(reference), "{said}");
    }
    for one in &record.references {
        // Threads cut otherwise in two on purpose, and that is told.
        let unlike = ["tar.xz-6t2@xz", "tar.zst-19t2@zstd"].contains(&one.id.as_str());
        assert_eq!(one.settings != one.of_settings, unlike, "{}", one.id);
        assert_eq!(said.contains(&format!("{}: the settings differ", one.id)), unlike, "{said}");
        assert!(one.tool.contains(|c: char| c.is_ascii_digit()), "{}", one.tool);
        let works: Vec<_> = one.works.iter().map(|work| work.work.as_str()).collect();
        assert_eq!(works, ["build", "all", "one"]);
        let own = format!("kheaders-bench extract {} -C out", one.of);
        assert_eq!(one.works[1].ours, own);
        for work in &one.works {
            let folder = home.path().display().to_string();
            assert!(!work.reference.contains(&folder) && !work.reference.contains("/dev/shm"));
        }
    }
    // Two sets of samples of one kind, and one reason for what stands alone.
    let alone = &record.get("files.gz-9", "build.command.wall").unwrap().outcome;
    assert!(matches!(alone, Outcome::Skipped { .. }), "{alone:?}");
    let page = fs::read_to_string(home.path().join("out/index.html")).unwrap();
    assert!(page.contains("mksquashfs tree made -comp zstd"));
    assert_eq!(fs::read_dir(home.path().join("cache/work")).unwrap().count(), 0);
}

#[test]
fn a_run_that_names_no_reference_has_none() {
    let home = tempfile::tempdir().unwrap();
    let (_, record) = run(home.path(), &["--dataset", "synthetic"], "tar.gz-9", None, 0);
    assert!(record.references.is_empty());
    assert!(record.observations.iter().all(|seen| !record::is_of_command(&seen.metric)));
}

#[test]
fn a_tool_that_is_not_there_is_skipped_with_what_brings_it() {
    let home = tempfile::tempdir().unwrap();
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let set = ["--dataset", "synthetic"];
    let (said, record) = run(home.path(), &set, "tar.gz-9*,squashfs.*@*", Some(&empty), 0);
    for (row, package) in
        [("tar.gz-9@gzip", "tar"), ("squashfs.xz-128k@mksquashfs", "squashfs-tools")]
    {
        for metric in TIMES.iter().chain(["size.bytes"].iter()) {
            let why = record.get(row, metric).unwrap().outcome.why().unwrap();
            assert!(why.contains(&format!("apt-get install {package}")), "{row} {metric}: {why}");
        }
    }
    assert!(!samples(&record, "tar.gz-9", "build.wall").is_empty());
    assert!(said.contains("apt-get install squashfs-tools"), "{said}");
}

/// Writes an executable shell script.
fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_tool_that_makes_something_else_fails_and_is_no_figure() {
    if !are_there(&["tar", "gzip", "sh"]) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let tools = home.path().join("tools");
    fs::create_dir(&tools).unwrap();
    // A tar that leaves out half of what it is given.
    let real = String::from_utf8(
        Command::new("sh").args(["-c", "command -v tar"]).output().unwrap().stdout,
    );
    let real = real.unwrap();
    script(
        &tools.join("tar"),
        &format!(
            "case \"$*\" in *-cf*) exec {} --exclude=arch \"$@\";; *) exec {0} \"$@\";; esac",
            real.trim()
        ),
    );
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let set = ["--dataset", "synthetic"];
    let (_, record) = run(home.path(), &set, "tar.gz-9@gzip", Some(Path::new(&path)), 1);
    let outcome = &record.get("tar.gz-9@gzip", "build.command.wall").unwrap().outcome;
    assert!(
        matches!(outcome, Outcome::Failed { error } if error.contains("the digest of its tree is")),
        "{outcome:?}"
    );
    assert!(record.get("tar.gz-9@gzip", "size.bytes").unwrap().outcome.samples().is_empty());
}

/// A kernel tree with a script of the name and the duty of the kernel's.
fn kernel(root: &Path, strips: bool) {
    for (path, text) in [
        ("include/linux/a.h", "int a; /* gone */\n"),
        ("include/linux/b.h", "/* SPDX-License-Identifier: GPL-2.0 */\nint b;\n"),
        ("arch/x86/include/asm/c.h", "int c;\n"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::create_dir(root.join("kernel")).unwrap();
    let strip = r#"perl -0777 -pi -e 's/\/\*((?!SPDX).)*?\*\///smg' "$f""#;
    let strip = if strips { strip } else { ":" };
    script(
        &root.join("kernel/gen_kheaders.sh"),
        &format!(
            "set -e; copy=$PWD/copy; rm -rf $copy; mkdir $copy\n\
             (cd $srctree; find include arch/$SRCARCH/include -name '*.h' | cpio --quiet -pd $copy)\n\
             find $copy -type f | while read f; do {strip}; done\n\
             tar --sort=name --mtime=$KBUILD_BUILD_TIMESTAMP -I $XZ -cf $1 -C $copy .\n\
             rm -r $copy"
        ),
    );
}

#[test]
fn the_kernels_own_script_stands_beside_collect() {
    if !are_there(&["tar", "xz", "cpio", "perl"]) {
        return;
    }
    for strips in [true, false] {
        let home = tempfile::tempdir().unwrap();
        kernel(&home.path().join("linux"), strips);
        let set = ["--tree", "linux", "--arch", "x86"];
        let code = if strips { 0 } else { 1 };
        let (said, record) = run(home.path(), &set, "collect*", None, code);
        if !strips {
            let outcome =
                &record.get("collect@gen_kheaders", "build.command.wall").unwrap().outcome;
            assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
            continue;
        }
        for row in ["collect", "collect@gen_kheaders"] {
            assert_eq!(samples(&record, row, "build.command.wall").len(), 2);
            assert!(samples(&record, row, "size.bytes")[0] > 0);
        }
        let lines = &record.references[0].works[0];
        assert!(
            lines.ours.starts_with("kheaders-bench dataset collect --source source"),
            "{lines:?}"
        );
        assert!(lines.reference.starts_with("cd objects && SRCARCH=x86 "), "{lines:?}");
        assert!(said.contains("collect@gen_kheaders"), "{said}");
        assert!(!home.path().join("linux/made").exists());
    }
}

#[test]
fn a_set_without_a_kernels_folders_has_no_script_to_run() {
    let home = tempfile::tempdir().unwrap();
    let (_, record) = run(home.path(), &["--dataset", "synthetic"], "collect*", None, 0);
    let why = record.get("collect@gen_kheaders", "build.command.wall").unwrap().outcome.why();
    assert!(
        why.is_some_and(|why| why.contains("directories") || why.contains("install")),
        "{why:?}"
    );
}
