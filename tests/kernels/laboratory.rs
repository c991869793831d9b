//! The laboratory: a real kernel booted in an emulator, with the project's own modules.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use kheaders_bench::dataset::{Cache, Request, prepare};
use kheaders_bench::form;
use kheaders_bench::form::Form;
use kheaders_bench::guest::Machine;
use kheaders_bench::guest::TestVm;
use kheaders_bench::guest::boot::Load;
use kheaders_bench::guest::image::Given;
use kheaders_bench::guest::protocol::Report;
use kheaders_bench::measure::axis::memory;
use kheaders_bench::record::Delivery;
use kheaders_bench::record::{Nature, Outcome};
use kheaders_bench::sys::error::Unavailable;
use kheaders_bench::sys::progress::Progress;
use kheaders_bench::tree::TreePath;

use crate::common;

/// A laboratory, or `None` where this machine can't have one.
pub(crate) fn laboratory() -> Option<TestVm> {
    laboratory_with(Machine::default())
}

fn laboratory_with(machine: Machine) -> Option<TestVm> {
    // The program in the guest is the one that is tested, not its test.
    let program = cargo_bin("kheaders-bench");
    let lab = Cache::of_user().and_then(|cache| {
        let say = |what: &str| eprintln!("{what}");
        TestVm::open_with(&program, &Given::default(), machine, &cache, &say)
    });
    match lab {
        Ok(lab) => match lab.unbuilt.first() {
            Some((name, why)) => {
                common::skip(&format!("{name}: {why}"));
                None
            }
            None => Some(lab),
        },
        Err(error) if error.is::<Unavailable>() => {
            common::skip(&format!("{error:#}"));
            None
        }
        Err(error) => panic!("{error:#}"),
    }
}

fn boot(lab: &TestVm, script: &str, files: &[PathBuf]) -> (Result<(), String>, Vec<Report>) {
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

/// A file of `mib` MiB that is not all zeros.
fn large(dir: &Path, mib: usize) -> PathBuf {
    let file = dir.join("large");
    fs::write(&file, vec![0x5a; mib << 20]).unwrap();
    file
}

#[test]
fn a_kernel_that_panics_at_boot_is_an_error_in_under_a_minute() {
    // Too little for the first file system, and so for the first process.
    let Some(lab) = laboratory_with(Machine { memory: 192, ..Machine::default() }) else { return };
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let (done, reports) = boot(&lab, "settle\n", &[large(dir.path(), 100)]);
    let error = done.unwrap_err();
    assert!(error.contains("the guest died") && error.contains("anic"), "{error}");
    assert_eq!(reports, []);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_guest_that_runs_out_of_memory_is_an_error_with_its_last_words() {
    let Some(lab) = laboratory_with(Machine { memory: 384, ..Machine::default() }) else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut script = "begin full\n".to_owned();
    for at in ["/a", "/b", "/c", "/d"] {
        script += &format!("mount tmpfs none {at}\ncopy /kheaders/files/large {at}/large\n");
    }
    let (done, _) = boot(&lab, &(script + "end\n"), &[large(dir.path(), 80)]);
    let error = done.unwrap_err();
    assert!(error.contains("memory") && error.contains("the guest died"), "{error}");
}

#[test]
fn no_emulator_outlives_the_program_however_that_ends() {
    if laboratory().is_none() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    fs::write(&script, "settle\n".repeat(500)).unwrap();
    for signal in ["-INT", "-KILL"] {
        let mut command = Command::new(cargo_bin("kheaders-bench"));
        command.args(["guest", "run", "--script"]).arg(&script);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().starts_with("Linux"));
        let emulators = children(child.id());
        assert!(!emulators.is_empty());
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        child.wait().unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        while emulators.iter().any(|pid| runs(pid)) {
            assert!(Instant::now() < until, "{signal}: an emulator is left");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn children(pid: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of_thread = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children"));
    let lists: Vec<_> = threads.flatten().flat_map(of_thread).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).map(str::to_owned).collect()
}

/// Whether a process is there and not just unburied: nobody may wait for an orphan here.
fn runs(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// Every figure of each form and metric that a guest gives, in `orders` orders.
fn figures(
    lab: TestVm,
    forms: &[(Arc<dyn Form>, PathBuf)],
    orders: u64,
) -> BTreeMap<String, Vec<u64>> {
    let dir = forms[0].1.parent().unwrap();
    let prepared = prepare(&Request::Named("synthetic".to_owned()), &|_| ()).unwrap();
    let paths: Vec<TreePath> = prepared.tree.files().map(|(path, _)| path.clone()).collect();
    let ends = [0, paths.len() / 2, paths.len() - 1].map(|at| paths[at].clone());
    let scratch = tempfile::tempdir().unwrap();
    let request = memory::Request {
        forms,
        tree: &dir.join("tar"),
        digest: &prepared.info.digest,
        bytes: prepared.info.census.bytes,
        ends: Some(&ends),
        closure: Some(&paths[..5]),
        quick: false,
        orders,
        scratch: scratch.path(),
        interrupted: &AtomicBool::new(false),
    };
    let observed = memory::observe(Ok(lab), &request, &Progress::default()).unwrap();
    assert_eq!(observed.nature, Some(Nature::Exact));
    let mut figures = BTreeMap::new();
    for (form, outcomes) in observed.outcomes {
        for (metric, outcome) in outcomes {
            match outcome {
                Outcome::Measured { samples } => {
                    figures.insert(format!("{form} {metric}"), samples);
                }
                Outcome::Failed { error } => panic!("{form} {metric}: {error}"),
                _ => {}
            }
        }
    }
    figures
}

/// The synthetic set in each of `forms`.
fn built(dir: &Path, forms: &[&str]) -> Vec<(Arc<dyn Form>, PathBuf)> {
    let prepared = prepare(&Request::Named("synthetic".to_owned()), &|_| ()).unwrap();
    let build = |id: &&str| {
        let form = form::by_id(id).unwrap();
        form.build(&prepared.tree, &dir.join(id)).unwrap();
        (form, dir.join(id))
    };
    forms.iter().map(build).collect()
}

#[test]
fn every_delivery_gives_the_same_figures_again_whichever_forms_are_beside_it() {
    let (Some(lab), Some(again)) = (laboratory(), laboratory()) else { return };
    let dir = tempfile::tempdir().unwrap();
    let forms = ["tar", "tree", "tar.xz-6", "files.zst-19+dict112k", "squashfs.zst15-128k"];
    let forms = built(dir.path(), &forms);
    let once = figures(lab, &forms, 1);
    for delivery in Delivery::ALL {
        for axis in ["memory", "instructions"] {
            let prefix = format!(" {axis}.{delivery}.");
            assert!(once.keys().any(|key| key.contains(&prefix)), "{prefix}");
        }
    }
    let alone = figures(again, &forms[3..], 1);
    assert!(alone.len() > 20);
    for (key, figure) in &alone {
        assert_eq!(figure, &once[key], "{key}");
    }
}

#[test]
fn other_orders_give_samples_of_their_own() {
    let Some(lab) = laboratory() else { return };
    let dir = tempfile::tempdir().unwrap();
    let figures = figures(lab, &built(dir.path(), &["tar.gz-9"]), 3);
    assert!(figures.values().all(|samples| samples.len() == 3));
    // What came before decides where slabs have room, and how far a list is walked.
    assert!(figures.values().any(|samples| samples.iter().any(|sample| *sample != samples[0])));
}

#[test]
fn several_processors_are_as_exact_as_one() {
    let machine = Machine { cpus: 4, ..Machine::default() };
    let (Some(lab), Some(again)) = (laboratory_with(machine), laboratory_with(machine)) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let forms = built(dir.path(), &["squashfs.zst15-128k"]);
    let once = figures(lab, &forms, 1);
    assert!(once.len() > 20);
    assert_eq!(once, figures(again, &forms, 1));
}

#[test]
fn the_clock_counts_instructions_to_a_thousandth() {
    let Some(lab) = laboratory() else { return };
    const SPUN: u64 = 1_000_000;
    let script = format!("begin clock\n{}end\n", format!("count spin spin {SPUN}\n").repeat(5));
    let (done, reports) = boot(&lab, &script, &[]);
    assert_eq!(done, Ok(()));
    let counts = reports.iter().filter_map(|report| match report {
        Report::Count { instructions, .. } => Some(*instructions),
        _ => None,
    });
    let counts: Vec<_> = counts.collect();
    // A tick of the timer is in some.
    let least = *counts.iter().min().unwrap();
    assert!(counts.len() == 5 && least >= SPUN && least - SPUN <= SPUN / 1000, "{counts:?}");
}
