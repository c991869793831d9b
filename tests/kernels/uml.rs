//! User-mode Linux as the laboratory where there is no emulator.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use kheaders_bench::dataset::{Request, prepare};
use kheaders_bench::form;

use crate::common;

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

/// Processes whose command line has `word`, each by its number; those that ended have none.
fn alive(word: &str) -> Vec<String> {
    let found = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let words = fs::read(entry.path().join("cmdline")).ok()?;
        let words = String::from_utf8_lossy(&words).into_owned();
        words.contains(word).then(|| entry.file_name().to_string_lossy().into_owned())
    });
    found.collect()
}

/// The initramfs of a guest that the process `run` keeps, a word of its own command line alone.
fn archive(run: u32) -> String {
    let children = format!("/proc/{run}/task");
    let keeper = fs::read_dir(children)
        .unwrap()
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .find_map(|children| children.split_whitespace().next().map(str::to_owned))
        .unwrap();
    let words = fs::read_to_string(format!("/proc/{keeper}/cmdline")).unwrap();
    words.split('\0').find(|word| word.starts_with("initrd=")).unwrap().to_owned()
}

#[test]
fn a_killed_run_leaves_none_of_its_processes() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("steps");
    fs::write(&script, "begin long\n".to_owned() + &"settle\n".repeat(600) + "end\n").unwrap();
    let mut run = guest(&script).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let Some(Ok(_)) = lines.next() else {
        run.wait().unwrap();
        return common::skip("no User-mode Linux, as the other test tells");
    };
    let archive = archive(run.id());
    assert!(alive(&archive).len() > 2, "{:?}", alive(&archive));
    run.kill().unwrap();
    run.wait().unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while !alive(&archive).is_empty() {
        assert!(Instant::now() < end, "{:?}", alive(&archive));
        std::thread::sleep(Duration::from_millis(100));
    }
}
