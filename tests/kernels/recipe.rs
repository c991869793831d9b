//! What the archive is for: from every form, a program compiles and a module builds, and the
//! module loads into the kernel that the set is of.

use std::process::Output;

use assert_cmd::cargo::cargo_bin;
use kheaders_bench::dataset::{Cache, Prepared, Request, prepare};
use kheaders_bench::form;
use kheaders_bench::guest::Machine;
use kheaders_bench::guest::TestVm;
use kheaders_bench::guest::image::Given;
use kheaders_bench::measure::check::{Verdict, check};
use kheaders_bench::sys::error::Unavailable;
use kheaders_bench::sys::scratch::Scratch;
use kheaders_bench::tree::{Node, Tree};

use crate::common;

/// The set of the laboratory's own kernel.
const OWN: &str = "debian-6.12-x86-cloud-v5";
/// Forms that are quick to build; `.ci/run` takes every tar form.
const QUICK: &str = "tar,tar.gz-9,tar.zst-10";

fn dataset_check(words: &[&str]) -> (Output, String) {
    let mut command = assert_cmd::Command::new(cargo_bin("kheaders-bench"));
    let output = command.args(["dataset", "check"]).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

/// The lines of a check that went well; `None` where it can't be carried out here.
fn lines(words: &[&str]) -> Option<Vec<String>> {
    let (output, said) = dataset_check(words);
    if output.status.code() == Some(3) {
        common::skip(&said);
        return None;
    }
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{lines}{said}");
    Some(lines.lines().map(str::to_owned).collect())
}

#[test]
fn a_module_builds_from_what_a_tar_held_and_loads() {
    let Some(lines) = lines(&[OWN, "--forms", QUICK]) else { return };
    assert_eq!(lines.len(), 3);
    for line in lines {
        let done = "extracted, program compiled, module built, loaded in 6.12.";
        assert!(line.contains(done), "{line}");
    }
}

#[test]
fn a_program_compiles_against_headers_alone() {
    let Some(lines) = lines(&["debian-6.12-x86", "--forms", "tar,files.gz-9,squashfs.gz-128k"])
    else {
        return;
    };
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.ends_with("extracted, program compiled")), "{lines:?}");
}

#[test]
fn a_set_of_another_kernel_is_built_and_not_loaded() {
    let (output, said) = dataset_check(&["debian-6.12-x86-v5", "--forms", "tar"]);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    if !line.trim_end().ends_with("module built") || !said.contains("--guest-kernel") {
        common::skip(&said);
    }
}

/// The set with one file changed, and the forms that are tried with it.
fn damaged(path: &str, change: impl Fn(&str) -> String) -> Option<(Prepared, Verdict)> {
    let quiet = |_: &str| ();
    let mut prepared = match prepare(&Request::Named(OWN.to_owned()), &quiet) {
        Err(error) if error.is::<Unavailable>() => {
            common::skip(&format!("{error:#}"));
            return None;
        }
        prepared => prepared.unwrap(),
    };
    let mut entries = prepared.tree.entries().to_vec();
    for entry in entries.iter_mut().filter(|entry| entry.path.as_bytes() == path.as_bytes()) {
        let Node::File { data, .. } = &mut entry.node else { panic!("{path}: not a file") };
        *data = change(&String::from_utf8_lossy(data)).into_bytes();
    }
    prepared.tree = Tree::new(entries, 0).unwrap();
    prepared.info.digest = prepared.tree.digest();
    let cache = Cache::of_user().unwrap();
    let scratch = Scratch::new(&cache.work(), 128 << 20).unwrap();
    let program = cargo_bin("kheaders-bench");
    let lab = || TestVm::open_with(&program, &Given::default(), Machine::default(), &cache, &quiet);
    match check(&prepared, &[form::by_id("tar").unwrap()], &scratch, &lab, &quiet) {
        Err(error) if error.is::<Unavailable>() => {
            common::skip(&format!("{error:#}"));
            None
        }
        verdict => Some((prepared, verdict.unwrap())),
    }
}

#[test]
fn a_set_that_does_not_build_is_told() {
    let broken = damaged("include/linux/moduleparam.h", |text| format!("#error broken\n{text}"));
    let Some((_, verdict)) = broken else { return };
    let error = verdict.lines[0].error.as_deref().unwrap();
    assert!(error.contains("broken"), "{error}");
    assert_eq!(verdict.lines[0].done, ["extracted", "program compiled"]);
}

#[test]
fn the_kernel_refuses_a_module_with_other_symbol_versions() {
    let other = |line: &str| {
        if line.contains("\t_printk\t") {
            "0x12345678\t_printk\tvmlinux\tEXPORT_SYMBOL\t"
        } else {
            line
        }
        .to_owned()
    };
    let change = |text: &str| text.lines().map(|line| other(line) + "\n").collect::<String>();
    let Some((_, verdict)) = damaged("Module.symvers", change) else { return };
    if let Some(unloaded) = verdict.unloaded {
        return common::skip(&unloaded.to_string());
    }
    assert_eq!(verdict.lines[0].done.last().unwrap(), "module built");
    let error = verdict.lines[0].error.as_deref().unwrap();
    assert!(error.starts_with("load sample_tar: "), "{error}");
}
