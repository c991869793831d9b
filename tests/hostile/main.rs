//! Artifacts made to do harm: each gives an error with a reason, and leaves nothing behind.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod containers;
mod cpios;
mod files;
mod images;
#[path = "../sample/mod.rs"]
mod sample;
mod tars;

use std::fs;

use kheaders_bench::form::Form;
use sample::{extract, peak, scratch};

/// No lie about a length may cost as much memory as this, bytes.
pub(crate) const REASON: u64 = 600 << 20;

/// Loads and extracts, expects `why` both times and nothing outside the target.
pub(crate) fn refused(form: &dyn Form, bytes: &[u8], why: &str) {
    let dir = scratch();
    let artifact = dir.path().join("artifact");
    fs::write(&artifact, bytes).unwrap();
    let target = dir.path().join("target");
    let error = extract(form, &artifact, &target).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains(why), "{}: {error}, not {why}", form.id());
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["artifact"], "{}: {error}", form.id());
    assert!(peak() < REASON, "{} took {} bytes", form.id(), peak());
}
