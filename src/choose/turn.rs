//! Where memory turns: from which share of the headers on a mounted form holds less than an archive.

use serde::Serialize;

use super::{Cost, ways};
use crate::figure::{Estimate, figure};
use crate::record::Record;

/// Where memory turns: the share of the headers that a device has to use for a mounted form to
/// hold less than an archive of which what is used is extracted to memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Turn {
    /// The mounted form.
    pub form: String,
    /// Its delivery.
    pub way: &'static str,
    /// What its kernel keeps, bytes.
    pub pinned: Estimate,
    /// The share, parts of 1, when the archive's module stays loaded beside the extracted files;
    /// above 1 it never turns.
    pub beside_archive: Option<Estimate>,
    /// The share when the module is unloaded after the extraction.
    pub archive_unloaded: Option<Estimate>,
    /// The observations that these come from, from 0.
    pub observations: Vec<usize>,
}

/// Every turn of `record` against `archive`. That extracted files hold memory in proportion to
/// their share is a model: headers of middling size.
pub fn turns(record: &Record, archive: &str) -> Vec<Turn> {
    let present = figure(record, "tree", "memory.tmpfs.present.pinned");
    let module = figure(record, archive, "memory.module.read.pinned");
    let (Ok(present), Ok(module)) = (present, module) else { return Vec::new() };
    let mut turns = Vec::new();
    for form in &record.forms {
        for way in ways(record).iter().filter(|way| way.fits(form) && way.files) {
            // Only what is read in place: files in memory are what it is held against.
            if form.layout == "stream" || form.layout == "folder" {
                continue;
            }
            let Ok(held) = way.cost(record, form, Cost::Pinned) else { continue };
            let more = less_than(held.estimate, module.estimate);
            turns.push(Turn {
                form: form.id.clone(),
                way: way.id,
                pinned: held.estimate,
                beside_archive: more.over(&present.estimate),
                archive_unloaded: held.estimate.over(&present.estimate),
                observations: vec![held.observation, module.observation, present.observation],
            });
        }
    }
    turns
}

/// `a` without `b`, no less than nothing.
fn less_than(a: Estimate, b: Estimate) -> Estimate {
    let range = a.range.zip(b.range).map(|(a, b)| ((a.0 - b.1).max(0.0), (a.1 - b.0).max(0.0)));
    Estimate { value: (a.value - b.value).max(0.0), range }
}
