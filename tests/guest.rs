//! The laboratory: a real kernel booted in an emulator, with the project's own modules.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::cargo::cargo_bin;
use kheaders_bench::dataset::{Cache, Request, prepare};
use kheaders_bench::error::Unavailable;
use kheaders_bench::form;
use kheaders_bench::guest::Laboratory;
use kheaders_bench::guest::boot::{Load, Machine};
use kheaders_bench::guest::kit::Given;
use kheaders_bench::guest::protocol::Report;

/// A laboratory, or `None` where this machine can't have one.
fn laboratory() -> Option<Laboratory> {
    // The program in the guest is the one that is tested, not its test.
    let program = cargo_bin("kheaders-bench");
    let lab = Cache::of_user().and_then(|cache| {
        let say = |what: &str| eprintln!("{what}");
        Laboratory::open_with(&program, &Given::default(), Machine::default(), &cache, &say)
    });
    match lab {
        Ok(lab) => Some(lab),
        Err(error) if error.is::<Unavailable>() => {
            common::skip(&format!("{error:#}"));
            None
        }
        Err(error) => panic!("{error:#}"),
    }
}

fn boot(lab: &Laboratory, script: &str, files: &[PathBuf]) -> (Result<(), String>, Vec<Report>) {
    let name = |file: &PathBuf| Path::new("/kheaders/files").join(file.file_name().unwrap());
    let load = Load {
        script: script.to_owned(),
        modules: lab.modules.clone(),
        files: files.iter().map(|file| (name(file), file.clone())).collect(),
    };
    let mut reports = Vec::new();
    let done = lab.boot(&load, &|| Ok(()), &mut |report| {
        reports.push(report);
        Ok(())
    });
    (done.map_err(|error| format!("{error:#}")), reports)
}

fn failures(reports: &[Report]) -> Vec<&str> {
    reports
        .iter()
        .filter_map(|report| match report {
            Report::Failed { error } => Some(error.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_file_system_in_a_module_gives_the_tree_back_and_survives_damage() {
    let Some(lab) = laboratory() else { return };
    let dir = tempfile::tempdir().unwrap();
    let prepared = prepare(&Request::Named("synthetic".to_owned()), &|_| ()).unwrap();
    let mut script = String::new();
    let mut files = Vec::new();
    for id in ["files.gz-9", "files.xz-6", "files.zst-19", "files.zst-19+dict112k"] {
        let artifact = dir.path().join(id);
        form::by_id(id).unwrap().build(&prepared.tree, &artifact).unwrap();
        script += &format!(
            "begin {id}\nload khfs /kheaders/files/{id}\nmount khfs none /sys/kernel/headers\n\
             digest /sys/kernel/headers {}\nexpect-error unload khfs\numount /sys/kernel/headers\n\
             unload khfs\nend\n",
            prepared.info.digest
        );
        let whole = fs::read(&artifact).unwrap();
        let index_at = u64::from_le_bytes(whole[32..40].try_into().unwrap()) as usize;
        files.push(artifact);
        for (name, at) in [("blob", 64 + 20), ("index", index_at + 40), ("header", 20)] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let file = dir.path().join(format!("{id}.{name}"));
            fs::write(&file, damaged).unwrap();
            let step = match name {
                "blob" => "mount khfs none /mnt\nexpect-error read /mnt\numount /mnt",
                _ => "expect-error mount khfs none /mnt",
            };
            script += &format!(
                "begin {id}.{name}\nload khfs /kheaders/files/{id}.{name}\n{step}\nunload khfs\nend\n"
            );
            files.push(file);
        }
    }
    let (done, reports) = boot(&lab, &script, &files);
    assert_eq!(failures(&reports), [""; 0]);
    assert_eq!(done, Ok(()));
}

#[test]
fn a_kernel_that_crashes_is_an_error_with_its_last_words() {
    let Some(lab) = laboratory() else { return };
    let dir = tempfile::tempdir().unwrap();
    let order = dir.path().join("order");
    fs::write(&order, "c").unwrap();
    let script = "begin crash\ncopy /kheaders/files/order /proc/sysrq-trigger\nend\n";
    let started = std::time::Instant::now();
    let (done, _) = boot(&lab, script, &[order]);
    let error = done.unwrap_err();
    assert!(error.contains("rash") && error.contains("the guest died"), "{error}");
    assert!(started.elapsed().as_secs() < 60);
}
