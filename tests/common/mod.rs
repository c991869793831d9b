//! What integration tests share.

#![allow(dead_code)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use assert_cmd::assert::OutputAssertExt as _;
use assert_cmd::cargo::cargo_bin;
use kheaders_bench::form;
use kheaders_bench::form::Form;
use kheaders_bench::sys::error::Unavailable;

/// Says that a test is skipped and why; a failure in continuous integration, where nothing may
/// be missing.
pub(crate) fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "skipped in CI: {reason}");
    eprintln!("skipped: {reason}");
}

/// Every form that this machine has the tools of.
pub(crate) fn forms() -> Vec<Arc<dyn Form>> {
    form::all().filter(|form| is_here(form.as_ref())).collect()
}

/// Whether this machine has the tools of `form`.
pub(crate) fn is_here(form: &dyn Form) -> bool {
    match form.tool() {
        Ok(_) => true,
        Err(error) => {
            assert!(error.is::<Unavailable>(), "{error:#}");
            let why = format!("{}: {error:#}", form.id());
            // A tool that knows too little can't be had in another version; one that is missing can.
            if why.contains(" is missing: ") {
                skip(&why)
            } else {
                eprintln!("skipped: {why}")
            }
            false
        }
    }
}

/// The program, with a cache and a home of its own so that nothing of this machine's user counts.
pub(crate) fn program(home: &Path) -> Command {
    let mut command = Command::new(cargo_bin("kheaders-bench"));
    command.env("KHEADERS_BENCH_CACHE", home.join("cache")).env("HOME", home).current_dir(home);
    command
}

/// What `command` says on standard error when it ends with the exit code `code`.
pub(crate) fn stderr(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8_lossy(&output.stderr).into_owned()
}
