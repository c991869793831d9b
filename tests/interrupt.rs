//! Interrupted, the program leaves what was measured, and nothing half done.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::assert::OutputAssertExt as _;
use common::{program, stderr};
use kheaders_bench::dataset::manifest::Manifest;
use kheaders_bench::record;
use kheaders_bench::record::{METRICS, Outcome, Record, is_of_command};

/// Waits for `begun`, interrupts, and returns what was said; nothing but an error may come of it.
fn interrupted(mut child: Child, signal: &str, begun: impl Fn() -> bool) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !begun() {
        if child.try_wait().unwrap().is_some() {
            let said = child.wait_with_output().unwrap().stderr;
            panic!("it ended before it was interrupted: {}", String::from_utf8_lossy(&said));
        }
        assert!(Instant::now() < deadline, "it does not begin");
        std::thread::sleep(Duration::from_millis(1));
    }
    Command::new("kill").args([signal, &child.id().to_string()]).assert().success();
    let sent = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(sent.elapsed() < Duration::from_secs(10), "it took {:?} to end", sent.elapsed());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Whether something is being written in `folder` that has not got its name yet.
fn begun(folder: &Path) -> bool {
    names(folder).iter().any(|name| name.starts_with(".kheaders-bench-"))
}

/// A kernel tree with a header that takes xz many seconds.
fn slow_tree(root: &Path) {
    let noise = |seed: u64| {
        let mut state = seed | 1;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            b'a' + (state >> 59) as u8 % 26
        })
    };
    for folder in ["include", "arch/x86/include"] {
        fs::create_dir_all(root.join(folder)).unwrap();
        let text: Vec<u8> = noise(7).take(12 << 20).collect();
        fs::write(root.join(folder).join("slow.h"), text).unwrap();
    }
}

#[test]
fn a_build_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    slow_tree(&home.path().join("linux"));
    let commands: [&[&str]; 2] = [
        &["build", "--form", "tar.xz-9e", "--tree", "linux", "--arch", "x86", "-o", "out/a"],
        &["dataset", "collect", "--source", "linux", "--arch", "x86", "-o", "out/a"],
    ];
    let out = home.path().join("out");
    fs::create_dir(&out).unwrap();
    for (command, signal) in commands.iter().zip(["-INT", "-TERM"]) {
        let child = start(program(home.path()).args(*command));
        let said = interrupted(child, signal, || begun(&out));
        assert!(said.contains("interrupted"), "{said}");
        assert_eq!(names(&out), [""; 0], "{command:?}");
    }
}

#[test]
fn an_extraction_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    for number in 0..100_000 {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{number}"), &b""[..]).unwrap();
    }
    fs::write(home.path().join("a"), tar.into_inner().unwrap()).unwrap();
    let into = home.path().join("into");
    fs::create_dir(&into).unwrap();
    // Beside a target that is not there, and inside one that is.
    for (target, partial) in [("new", home.path()), ("into", &into)] {
        let child = start(program(home.path()).args(["extract", "a", "-C", target]));
        interrupted(child, "-INT", || begun(partial));
        assert_eq!(names(home.path()), ["a", "into"], "{target}");
        assert_eq!(names(&into), [""; 0], "{target}");
    }
}

#[test]
fn a_download_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let manifest = Manifest::named("debian-6.1-arm64").unwrap();
    let version = &manifest.debian.unwrap().known[0].version;
    let get =
        "#!/bin/sh\ncase \"$*\" in\n*download*) echo half > half.deb; exec sleep 60 ;;\nesac\n";
    let cache = format!("#!/bin/sh\nfor name; do :; done\necho \"$name | {version} | here\"\n");
    for (name, script) in [("apt-get", get), ("apt-cache", cache.as_str())] {
        let path = home.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::join_paths(
        std::iter::once(home.path().to_path_buf())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut fetch = program(home.path());
    fetch.env("PATH", path.unwrap()).args(["dataset", "fetch", "debian-6.1-arm64"]);
    let packages = home.path().join("cache/packages");
    let half = || {
        let folders = fs::read_dir(&packages).into_iter().flatten().flatten();
        folders.into_iter().any(|folder| folder.path().join("half.deb").exists())
    };
    interrupted(start(&mut fetch), "-TERM", half);
    assert_eq!(names(&packages), [""; 0]);
}

fn run(home: &Path, forms: &str) -> Command {
    let mut run = program(home);
    run.args(["run", "--dataset", "synthetic", "--axes", "size,build,extract", "--out", "out"]);
    run.args(["--samples", "50", "--forms", forms]);
    run
}

fn measured(record: &Record) -> usize {
    let seen = record.observations.iter();
    seen.filter(|seen| matches!(seen.outcome, Outcome::Measured { .. })).count()
}

#[test]
fn a_run_leaves_what_it_had_and_why_the_rest_is_absent() {
    let home = tempfile::tempdir().unwrap();
    let forms = "tar.gz-9,tar.xz-6";
    let out = home.path().join("out");
    let partial = out.join("record.json.partial");
    let begun = || record::load(&partial).is_ok_and(|record| measured(&record) > 0);
    // What an earlier run has left is not taken for this one's.
    fs::create_dir(&out).unwrap();
    fs::write(&partial, "stale").unwrap();
    let said = interrupted(start(&mut run(home.path(), forms)), "-INT", begun);
    assert!(said.contains("record.json.partial"), "{said}");

    assert_eq!(names(&out), ["record.json.partial"]);
    let record = record::load(&partial).unwrap();
    assert!(record.finished.is_none() && measured(&record) > 0);
    for form in forms.split(',') {
        for metric in METRICS.iter() {
            let seen = record.get(form, metric.id);
            let asked = !metric.axis.is_of_guest() && !is_of_command(metric.id);
            assert_eq!(seen.is_some(), asked, "{form} {}", metric.id);
        }
    }
    let last = &record.get("tar.xz-6", "extract.closure.cold").unwrap().outcome;
    assert!(last.why().is_some_and(|why| why.contains("interrupted")), "{last:?}");
    assert_eq!(names(&home.path().join("cache/work")), [""; 0]);
}

#[test]
fn a_second_run_with_the_same_out_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let first = start(&mut run(home.path(), "tar.xz-9e"));
    let out = home.path().join("out");
    let said = interrupted(first, "-INT", || {
        if !out.join("record.json.partial").exists() {
            return false;
        }
        let said = stderr(&mut run(home.path(), "tar"), 1);
        assert!(said.contains("out: another run writes to this directory"), "{said}");
        true
    });
    assert!(said.contains("record.json.partial"), "{said}");
}

/// Whether the process runs: neither gone nor dead and not yet awaited.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

#[test]
fn a_reference_tool_ends_with_the_run_and_so_does_what_it_started() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("pid");
    // A tar that starts another program, as it does a compressor.
    let tar = format!(
        "#!/bin/sh\ncase \"$*\" in\n*-cf*) sleep 60 & echo $! > {}; wait ;;\nesac\n",
        file.display()
    );
    for (name, script) in [("tar", tar.as_str()), ("gzip", "#!/bin/sh\necho gzip 1.0\n")] {
        let path = home.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::join_paths(
        std::iter::once(home.path().to_path_buf())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut run = run(home.path(), "tar.gz-9@gzip");
    let started = || fs::read_to_string(&file).is_ok_and(|pid| pid.ends_with('\n'));
    interrupted(start(run.env("PATH", path.unwrap())), "-TERM", started);
    let pid = fs::read_to_string(&file).unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    while runs(&pid) {
        assert!(Instant::now() < deadline, "{pid} still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
    let partial = record::load(&home.path().join("out/record.json.partial")).unwrap();
    let outcome = &partial.get("tar.gz-9@gzip", "build.command.wall").unwrap().outcome;
    assert!(outcome.why().is_some_and(|why| why.contains("interrupted")), "{outcome:?}");
}
