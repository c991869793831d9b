//! The program as its user meets it: words, exit codes, files.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::assert::OutputAssertExt as _;
use common::{program, stderr};
use kheaders_bench::record;
use kheaders_bench::record::{Axis, METRICS, Outcome, is_of_command};
use kheaders_bench::sys::page_cache;
use kheaders_bench::sys::page_cache::Dropped;

/// The axes that boot no kernel; the one that does has tests of its own.
const NATIVE: &str = "size,build,extract";

#[test]
fn a_run_leaves_a_whole_record_and_a_page() {
    let home = tempfile::tempdir().unwrap();
    let forms = "tree,tar,tar.gz-9,tar.zst-10,files.gz-9,squashfs.gz-128k";
    let mut run = program(home.path());
    run.args([
        "run",
        "--axes",
        NATIVE,
        "--dataset",
        "synthetic",
        "--samples",
        "2",
        "--forms",
        forms,
        "--out",
        "out",
    ]);
    let output = run.assert().success().get_output().clone();
    let table = String::from_utf8(output.stdout).unwrap();
    for form in forms.split(',') {
        assert!(table.contains(form), "{table}");
    }

    let record = record::load(&home.path().join("out/record.json")).unwrap();
    assert!(record.finished.is_some());
    assert!(!home.path().join("out/record.json.partial").exists());
    for form in forms.split(',') {
        for metric in METRICS.iter().filter(|one| !one.axis.is_of_guest() && !is_of_command(one.id))
        {
            let seen =
                record.get(form, metric.id).unwrap_or_else(|| panic!("{form} {}", metric.id));
            match &seen.outcome {
                Outcome::Measured { samples } => {
                    let expected = if metric.axis == Axis::Size { 1 } else { 2 };
                    assert_eq!(samples.len(), expected, "{form} {}", metric.id);
                    assert!(samples.iter().all(|&sample| sample > 0), "{form} {}", metric.id);
                }
                Outcome::Skipped { reason } => assert!(!reason.is_empty()),
                other => panic!("{form} {}: {other:?}", metric.id),
            }
        }
    }
    let size = record.get("tree", "size.bytes").unwrap().outcome.samples()[0];
    assert_eq!(size, record.dataset.census.bytes);
    let page = fs::read_to_string(home.path().join("out/index.html")).unwrap();
    assert!(page.contains("squashfs.gz-128k") && page.contains("<svg"));
    let left = fs::read_dir(home.path().join("cache/work")).unwrap().count();
    assert_eq!(left, 0, "nothing of the work folder is left");
}

#[test]
fn without_a_terminal_a_run_prints_its_phases_and_with_quiet_only_warnings() {
    let home = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        let words = ["run", "--axes", "build,extract", "--dataset", "synthetic", "--forms"];
        let mut run = program(home.path());
        run.args(words).args(["tar.xz-6,tar.zst-19", "--samples", "4", "--out", "out"]).args(more);
        stderr(&mut run, 0)
    };
    let printed = run(&[]);
    let lines: Vec<_> = printed.lines().filter(|line| line.starts_with('[')).collect();
    assert!(lines.iter().any(|line| line.contains("building and verifying")), "{printed}");
    assert!(lines.iter().any(|line| line.contains("round ")), "{printed}");
    let quiet = run(&["--quiet"]);
    assert!(quiet.lines().all(|line| line.starts_with("kheaders-bench: ")), "{quiet}");
    let fast = stderr(program(home.path()).args(["list", "forms"]), 0);
    assert_eq!(fast, "");
}

#[test]
fn artifacts_are_built_read_and_extracted_on_their_own() {
    let home = tempfile::tempdir().unwrap();
    for form in ["tar.xz-6", "files.zst-19+dict112k", "squashfs.zst15-128k"] {
        let build = ["build", "--form", form, "--dataset", "synthetic", "-o", form];
        program(home.path()).args(build).assert().success();
        let folder = format!("{form}.d");
        program(home.path()).args(["extract", form, "-C", &folder]).assert().success();
        let header = walkdir::WalkDir::new(home.path().join(&folder))
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .find(|path| {
                path.extension().is_some_and(|e| e == "h") && path.metadata().unwrap().len() > 0
            })
            .unwrap();
        let inside = header.strip_prefix(home.path().join(&folder)).unwrap();
        let cat = program(home.path()).arg("cat").arg(form).arg(inside).assert().success();
        assert_eq!(cat.get_output().stdout, fs::read(&header).unwrap());
        let again = stderr(program(home.path()).args(["extract", form, "-C", &folder]), 1);
        assert!(again.contains("the directory is not empty"), "{again}");
    }
}

#[test]
fn what_is_unknown_is_named_with_what_there_is() {
    let home = tempfile::tempdir().unwrap();
    let said = |args: &[&str]| stderr(program(home.path()).args(args), 1);
    assert!(
        said(&["run", "--forms", "tar.xy-6"])
            .contains("tar.xy-6: no such form; the nearest is tar.xz-6")
    );
    assert!(
        said(&["run", "--axes", "colour"])
            .contains("no such axis; known are size, build, extract, memory")
    );
    assert!(said(&["run", "--dataset", "plan9"]).contains("plan9: no such header set; known are"));
    assert!(said(&["run", "--frobnicate"]).contains("--frobnicate"));
    assert!(said(&["build", "--form", "cpio", "-o", "x"]).contains("cpio: no such form"));
    assert!(said(&["report", "absent.json", "-o", "x.html"]).contains("absent.json"));
}

#[test]
fn a_damaged_artifact_is_refused_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let build = ["build", "--form", "tar.gz-9", "--dataset", "synthetic", "-o", "a"];
    program(home.path()).args(build).assert().success();
    let mut bytes = fs::read(home.path().join("a")).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(home.path().join("a"), bytes).unwrap();
    let said = stderr(program(home.path()).args(["extract", "a", "-C", "out"]), 1);
    assert!(said.contains("a: "), "{said}");
    let left: Vec<_> =
        fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the artifact and the cache only: {left:?}");
    fs::write(home.path().join("b"), "not an artifact").unwrap();
    let said = stderr(program(home.path()).args(["extract", "b", "-C", "out"]), 1);
    assert!(said.contains("b: not an artifact of any known form"), "{said}");
}

#[test]
fn a_form_that_fails_is_in_the_record_and_in_the_exit_code() {
    // The work folder gets a tiny file system of its own, so that building runs out of space.
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("cache");
    fs::create_dir(&cache).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3600k", "tmpfs"])
        .arg(&cache)
        .output();
    if !mounted.is_ok_and(|done| done.status.success()) {
        return common::skip("mounting a tmpfs needs root");
    }
    let mut run = program(home.path());
    run.args(["run", "--axes", NATIVE, "--dataset", "synthetic", "--quick", "--out", "out"]);
    let said = stderr(run.args(["--forms", "tree,tar.zst-10"]), 1);
    Command::new("umount").arg(&cache).assert().success();
    assert!(said.contains("failed") || said.contains("No space left"), "{said}");
}

#[test]
fn lists_come_from_the_tables() {
    let home = tempfile::tempdir().unwrap();
    let said = |table: &str| {
        let list = program(home.path()).args(["list", table]).assert().success();
        String::from_utf8(list.get_output().stdout.clone()).unwrap()
    };
    assert_eq!(said("forms").lines().count(), kheaders_bench::form::all().count());
    let references = kheaders_bench::measure::reference::REFERENCES;
    assert_eq!(said("references").lines().count(), references.len());
    assert!(said("axes").contains("extract.first_compile"));
}

/// The verbs that `--help` lists.
fn verbs(home: &Path) -> Vec<String> {
    let help = program(home).arg("--help").assert().success().get_output().stdout.clone();
    let help = String::from_utf8(help).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let verb = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    let verbs: Vec<_> = commands.lines().map(verb).filter(|verb| verb != "help").collect();
    assert!(verbs.len() > 15 && !verbs.contains(&"worker".to_owned()), "{verbs:?}");
    verbs
}

#[test]
fn shell_completions_know_every_verb() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = program(home.path()).args(["completions", shell]).assert().success();
        let script = String::from_utf8(script.get_output().stdout.clone()).unwrap();
        for verb in verbs(home.path()) {
            assert!(script.contains(&verb), "{shell}: {verb}");
        }
    }
    let script = program(home.path()).args(["completions", "bash"]).assert().success();
    let script = String::from_utf8(script.get_output().stdout.clone()).unwrap();
    let complete = "function=$(complete -p kheaders-bench); function=${function#*-F }; \
                    COMP_WORDS=(kheaders-bench comp) COMP_CWORD=1; \
                    ${function%% *} kheaders-bench comp kheaders-bench; echo ${COMPREPLY[@]}";
    match Command::new("bash").arg("-c").arg(format!("{script}\n{complete}")).output() {
        Ok(done) => {
            let offered = String::from_utf8_lossy(&done.stdout).into_owned();
            assert_eq!(offered.trim(), "compare completions", "{done:?}");
        }
        Err(error) => common::skip(&format!("bash: {error}")),
    }
}

#[test]
fn every_verb_has_a_man_page() {
    let home = tempfile::tempdir().unwrap();
    program(home.path()).args(["man", "new/man1"]).assert().success();
    let page = |name: &str| fs::read_to_string(home.path().join("new/man1").join(name)).unwrap();
    for verb in verbs(home.path()) {
        let page = page(&format!("kheaders-bench-{verb}.1"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains("Examples:"), "{verb}: {page}");
    }
    assert!(page("kheaders-bench-dataset-collect.1").contains("gen_kheaders.sh"));
    assert!(!home.path().join("new/man1/kheaders-bench-worker.1").exists());
    let printed = program(home.path()).arg("man").assert().success().get_output().stdout.clone();
    assert_eq!(String::from_utf8(printed).unwrap(), page("kheaders-bench.1"));
}

#[test]
fn a_folder_is_taken_as_it_is_and_has_no_closure() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("set")).unwrap();
    fs::write(home.path().join("set/a.h"), "int a;\n").unwrap();
    let mut run = program(home.path());
    run.args([
        "run", "--axes", NATIVE, "--tree", "set", "--quick", "--forms", "tar.gz-9", "--out", "out",
    ]);
    run.assert().success();
    let record = record::load(&home.path().join("out/record.json")).unwrap();
    assert_eq!(record.dataset.closure, None);
    let closure = &record.get("tar.gz-9", "extract.closure.warm").unwrap().outcome;
    assert!(matches!(closure, Outcome::Skipped { .. }), "{closure:?}");
}

#[test]
fn an_artifact_is_extracted_into_the_folder_one_stands_in() {
    let home = tempfile::tempdir().unwrap();
    let build = ["build", "--form", "tar.gz-9", "--dataset", "synthetic", "-o", "a"];
    program(home.path()).args(build).assert().success();
    let here = home.path().join("here");
    fs::create_dir(&here).unwrap();
    program(home.path()).current_dir(&here).args(["extract", "../a"]).assert().success();
    assert!(here.join("include").is_dir());
    assert_eq!(
        fs::read_dir(&here).unwrap().filter(|e| !e.as_ref().unwrap().path().is_dir()).count(),
        0
    );
}

#[test]
fn nothing_to_fetch_with_and_nothing_in_the_cache_is_exit_code_3() {
    let home = tempfile::tempdir().unwrap();
    let mut run = program(home.path());
    run.env("PATH", home.path()).args(["run", "--dataset", "debian-6.12-x86"]);
    let said = stderr(&mut run, 3);
    assert!(said.contains("apt-get: not installed") && said.contains("--tree"), "{said}");
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    let mut child = program(home.path())
        .args(["list", "axes"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let said = stderr(program(home.path()).args(["list", "axes"]).stdout(full), 1);
    assert!(said.contains("standard output"), "{said}");
}

#[test]
fn what_no_axis_needs_is_not_looked_for() {
    let home = tempfile::tempdir().unwrap();
    let mut run = program(home.path());
    run.args(["run", "--dataset", "synthetic", "--quick", "--axes", "size", "--out", "out"]);
    run.args(["--forms", "{tar.gz-9,tree}"]).assert().success();
    let record = record::load(&home.path().join("out/record.json")).unwrap();
    assert_eq!((record.dataset.closure, record.machine.tools), (None, Vec::new()));
    assert_eq!(record.forms.len(), 2);
}

#[test]
fn a_cold_read_that_nothing_proves_is_noted() {
    let home = tempfile::tempdir().unwrap();
    let mut run = program(home.path());
    run.args(["run", "--dataset", "synthetic", "--quick", "--axes", "extract", "--out", "out"]);
    // No programs, so no fincore.
    run.args(["--forms", "tar.gz-9"]).env("PATH", home.path()).assert().success();
    let record = record::load(&home.path().join("out/record.json")).unwrap();
    let noted = record.dataset.notes.iter().any(|note| note.contains("not proven cold"));
    assert!(noted, "{:?}", record.dataset.notes);
    let cold = &record.get("tar.gz-9", "extract.all.cold.wall").unwrap().outcome;
    assert!(matches!(cold, Outcome::Measured { .. }), "{cold:?}");
    let fincore = record.machine.tools.iter().find(|tool| tool.name == "fincore").unwrap();
    assert!(fincore.version.contains("missing: "), "{fincore:?}");
}

#[test]
fn more_files_than_a_command_line_takes_are_dropped_and_proven_so() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join(["n".repeat(200).as_str(); 5].join("/"));
    fs::create_dir_all(&deep).unwrap();
    let files: Vec<_> = (0..2200).map(|number| deep.join(number.to_string())).collect();
    for file in &files {
        fs::write(file, "x").unwrap();
    }
    match page_cache::drop(&files[..1]).unwrap() {
        Ok(Dropped::Proven) => {}
        other => return common::skip(&format!("nothing proves a drop here: {other:?}")),
    }
    assert_eq!(page_cache::drop(&files).unwrap(), Ok(Dropped::Proven));
}

#[test]
fn doctor_reports_what_is_missing_with_a_fix() {
    let home = tempfile::tempdir().unwrap();
    let done = program(home.path()).arg("doctor").env("PATH", home.path()).assert().success();
    let said = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    for (purpose, remedy) in [
        ("default header set", "kheaders-bench dataset fetch"),
        ("Debian package sources", "--tree DIR"),
        ("verifying a dropped cache", "apt-get install util-linux-extra"),
        ("C compiler", "apt-get install gcc"),
        ("memory: emulator", "run --axes memory"),
        ("memory: kernel modules", "apt-get install gcc make libelf1"),
    ] {
        let (_, rest) = said.split_once(&format!("no   {purpose}")).expect(&said);
        let fix = rest.lines().find(|line| line.contains("fix: ")).unwrap();
        assert!(fix.contains(remedy), "{purpose}: {fix}");
    }
    let twice = said.matches("run as root, on a kernel").count();
    assert_eq!(twice, 1, "{said}");
}
