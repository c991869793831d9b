//! User-mode Linux as the laboratory where there is no emulator.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use kheaders_bench::dataset::{Request, prepare};
use kheaders_bench::form;

fn guest(script: &Path) -> Command {
    let mut command = Command::new(cargo_bin("kheaders-bench"));
    command.args(["guest", "run", "--guest-accelerator", "uml", "--script"]).arg(script);
    command
}

#[test]
fn it_extracts_mounts_and_measures_without_our_modules() {
    let dir = tempfile::tempdir().unwrap();
    let prepared = prepare(&Request::Named("synthetic".to_owned()), &|_| ()).unwrap();
    let script = dir.path().join("steps");
    let digest = &prepared.info.digest;
    let steps = format!(
        "load loop\nload squashfs\nbegin all\nmount tmpfs none /t\ncopy /kheaders/files/tar.zst-10 /t/a\n\
         mount tmpfs none /x\nextract tar.zst-10 /t/a /x\ndigest /x {digest}\nmeasure extracted\n\
         copy /kheaders/files/squashfs.xz-4k /t/b\nloop /t/b\nmount squashfs /dev/loop0 /mnt\n\
         digest /mnt {digest}\nend\nbegin ours\nexpect-error load khdr\nend\n"
    );
    fs::write(&script, steps).unwrap();
    let mut command = guest(&script);
    for id in ["tar.zst-10", "squashfs.xz-4k"] {
        let artifact = dir.path().join(id);
        form::by_id(id).unwrap().build(&prepared.tree, &artifact).unwrap();
        command.arg("--file").arg(artifact);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(3) {
        return common::skip(&said);
    }
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}{said}");
    assert!(shown.contains("extracted") && shown.contains("kB pinned"), "{shown}");
}

/// Processes of a group that are more than an entry in the table.
fn alive(group: u32) -> Vec<String> {
    let stats = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
        (fields[2] == group.to_string() && fields[0] != "Z").then(|| stat.clone())
    });
    stats.collect()
}

#[test]
fn a_killed_run_leaves_none_of_its_processes() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("steps");
    fs::write(&script, "begin long\n".to_owned() + &"settle\n".repeat(600) + "end\n").unwrap();
    let mut run = guest(&script).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let Some(Ok(_)) = lines.next() else {
        return common::skip("no User-mode Linux, as the other test tells");
    };
    let children = format!("/proc/{0}/task", run.id());
    let keeper: u32 = fs::read_dir(children)
        .unwrap()
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .find_map(|children| children.split_whitespace().next()?.parse().ok())
        .unwrap();
    assert!(alive(keeper).len() > 1, "{:?}", alive(keeper));
    run.kill().unwrap();
    run.wait().unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while !alive(keeper).is_empty() {
        assert!(Instant::now() < end, "{:?}", alive(keeper));
        std::thread::sleep(Duration::from_millis(100));
    }
}
