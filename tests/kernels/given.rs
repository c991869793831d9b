//! A kernel that somebody gives, and what it lacks.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use kheaders_bench::dataset::Cache;
use kheaders_bench::guest::Machine;
use kheaders_bench::guest::TestVm;
use kheaders_bench::guest::image::{Accelerator, Given};
use kheaders_bench::record;
use kheaders_bench::record::{Outcome, Record};

use crate::laboratory::laboratory;

/// A `/lib/modules/RELEASE` in `dir` with the modules of the laboratory's own kernel, and the `build`
/// link that is given.
fn modules(lab: &TestVm, dir: &Path, build: Option<&Path>) -> PathBuf {
    let modules = dir.join(&lab.image.release);
    fs::create_dir(&modules).unwrap();
    for name in ["kernel", "modules.builtin"] {
        symlink(lab.image.modules.join(name), modules.join(name)).unwrap();
    }
    if let Some(build) = build {
        symlink(build, modules.join("build")).unwrap();
    }
    modules
}

/// What a run says and leaves in which `kernel` is booted with `modules`.
fn run(dir: &Path, forms: &str, kernel: &Path, modules: &Path) -> (Output, Record) {
    let mut run = Command::new(cargo_bin("kheaders-bench"));
    run.args(["run", "--quick", "--axes", "memory", "--dataset", "synthetic", "--forms", forms]);
    run.arg("--guest-kernel").arg(kernel).arg("--guest-modules").arg(modules);
    let output = run.arg("--out").arg(dir).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    (output.clone(), record::load(&dir.join("record.json")).expect(&said))
}

fn outcome<'a>(record: &'a Record, form: &str, metric: &str) -> &'a Outcome {
    &record.get(form, metric).unwrap().outcome
}

fn is_measured(record: &Record, form: &str, metric: &str) -> bool {
    matches!(outcome(record, form, metric), Outcome::Measured { .. })
}

#[test]
fn anyones_kernel_is_measured_with_modules_built_by_its_own_headers() {
    let Some(lab) = laboratory() else { return };
    let dir = tempfile::tempdir().unwrap();
    let modules = modules(&lab, dir.path(), Some(lab.image.build.as_ref().unwrap()));
    // As it is installed: compressed.
    let kernel = lab.image.kernel.with_file_name(format!("vmlinuz-{}", lab.image.release));
    let (output, record) = run(dir.path(), "tar.gz-9", &kernel, &modules);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(is_measured(&record, "tar.gz-9", "memory.module.read.pinned"));
    let told = record.laboratory.unwrap();
    assert!(told.kernel.starts_with(&lab.image.release), "{}", told.kernel);
    assert_eq!(told.config["CONFIG_SQUASHFS"], "m");
}

#[test]
fn a_kernel_without_headers_is_measured_but_for_what_needs_modules_of_ours() {
    let Some(lab) = laboratory() else { return };
    let dir = tempfile::tempdir().unwrap();
    let modules = modules(&lab, dir.path(), None);
    let forms = "tree,tar.gz-9,files.gz-9,squashfs.gz-128k";
    let (output, record) = run(dir.path(), forms, &lab.image.kernel, &modules);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(is_measured(&record, "tree", "memory.tmpfs.present.pinned"));
    assert!(is_measured(&record, "squashfs.gz-128k", "memory.loop-tmpfs.mounted.pinned"));
    for (form, metric, module) in [
        ("tar.gz-9", "memory.extract-unload.extracted.pinned", "khdr"),
        ("files.gz-9", "memory.pseudofs.all.pinned", "khfs"),
        ("squashfs.gz-128k", "memory.blockdev.mounted.pinned", "kblk"),
    ] {
        let Outcome::Skipped { reason } = outcome(&record, form, metric) else {
            panic!("{form} {metric}")
        };
        assert!(reason.contains(module) && reason.contains("install its headers"), "{reason}");
    }
}

#[test]
fn a_module_that_does_not_compile_is_no_others_loss() {
    let Some(lab) = laboratory() else { return };
    let dir = tempfile::tempdir().unwrap();
    let build = dir.path().join("build");
    fs::create_dir(&build).unwrap();
    let makefile = format!(
        "modules:\n\t@test $(KHEADERS_MODULE) != kblk || \
         {{ echo '$(M)/kblk.c:1:1: error: bio: gone' >&2; false; }}\n\t$(MAKE) -C {} modules\n",
        lab.image.build.as_ref().unwrap().display()
    );
    fs::write(build.join("Makefile"), makefile).unwrap();
    let given = Given {
        kernel: Some(lab.image.kernel.clone()),
        modules: Some(modules(&lab, dir.path(), Some(&build))),
        accelerator: Accelerator::default(),
    };
    let program = cargo_bin("kheaders-bench");
    let cache = Cache::at(&dir.path().join("cache")).unwrap();
    // An emulator that has to be fetched would be into this cache as well.
    fs::remove_dir(cache.unpacked()).unwrap();
    symlink(Cache::of_user().unwrap().unpacked(), cache.unpacked()).unwrap();
    let lab = TestVm::open_with(&program, &given, Machine::default(), &cache, &|_| ()).unwrap();
    let [("kblk", why)] = lab.unbuilt.as_slice() else { panic!("{:?}", lab.unbuilt) };
    assert!(why.ends_with(": kblk.c:1:1: error: bio: gone"), "{why}");
    let built: Vec<_> = lab.modules.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(built, ["khdr", "khfs"]);
}

#[test]
fn a_run_whose_kernel_panics_at_boot_tells_so_in_under_a_minute() {
    let Some(lab) = laboratory() else { return };
    let dir = tempfile::tempdir().unwrap();
    // It looks for its first process where there is none.
    let mut image = fs::read(&lab.image.kernel).unwrap();
    let at: Vec<_> = memchr::memmem::find_iter(&image, b"/init\0").collect();
    assert!(!at.is_empty());
    for at in at {
        image[at..at + 5].copy_from_slice(b"/nope");
    }
    let kernel = dir.path().join("vmlinux");
    fs::write(&kernel, image).unwrap();
    let modules = modules(&lab, dir.path(), Some(lab.image.build.as_ref().unwrap()));
    let started = Instant::now();
    let (output, record) = run(dir.path(), "tar.gz-9", &kernel, &modules);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_eq!(output.status.code(), Some(1));
    let failed: Vec<_> = record.failures().collect();
    let metrics = ["memory.module.loaded.pinned", "memory.extract-unload.extracting.peak"];
    for metric in metrics {
        assert!(failed.iter().any(|seen| seen.metric == metric), "{metric}");
    }
    for seen in failed {
        let Outcome::Failed { error } = &seen.outcome else { panic!("{seen:?}") };
        assert!(error.contains("Kernel panic") && error.contains("the guest died"), "{error}");
    }
}
