//! Claims about kernel memory.

use super::evidence::{ABOUT, Evidences, about, at_most, mark, of_2019, stated, tree_in_bytes};
use super::finding::{Finding, Mark, Run};
use crate::record::figure::{Absent, Estimate, Order};
use crate::record::{ARCHIVE, Delivery, GuestMetric, LEFT_BEHIND, Layout, State, TREE, Unit, id};

const LOADED: GuestMetric = Delivery::Module.pinned(State::Loaded);
const READ: GuestMetric = Delivery::Module.pinned(State::Read);
const UNLOADED: GuestMetric = Delivery::Module.pinned(State::Unloaded);
const EXTRACTED: GuestMetric = Delivery::ExtractUnload.pinned(State::Extracted);
const EXTRACTED_UNLOADED: GuestMetric = Delivery::ExtractUnload.pinned(State::Unloaded);
const REMOVED: GuestMetric = Delivery::ExtractUnload.pinned(State::Removed);

/// Tolerance for memory that is left after everything is removed, bytes.
const LEFT: f64 = LEFT_BEHIND as f64;

/// Deliveries through a mount.
fn mounted() -> impl Iterator<Item = Delivery> {
    Delivery::ALL.iter().copied().filter(|delivery| delivery.row().mount)
}

/// How the ids of the forms begin that the claims mean by a delivery through a mount.
fn prefix(delivery: Delivery) -> &'static str {
    if delivery.takes(Layout::Image) { "squashfs." } else { "files." }
}

/// 3.8 MB are all the memory that is needed: for the archive, as what a tool makes of it was not
/// covered by the claim.
pub(crate) fn total(run: Run) -> Result<Finding, Absent> {
    const STATED: f64 = 3.8e6;
    let loaded = run.figure(ARCHIVE, LOADED)?;
    let mut figures = Evidences::of(run, [stated("in total", Unit::Bytes, STATED)]);
    figures.add(&loaded, at_most(&loaded.estimate, STATED, ABOUT));
    figures.look_up(ARCHIVE, EXTRACTED, |_| Mark::Beside);
    figures.counted("").map(of_2019)
}

/// 3.3 MB as an archive in kernel memory, 42 MB decompressed, however that was counted.
pub(crate) fn archive_and_headers(run: Run) -> Result<Finding, Absent> {
    let archive = vec![LOADED.to_string()];
    let stated_as = [
        ("the archive", 3.3e6, ARCHIVE, archive),
        ("decompressed", 42e6, TREE, tree_in_bytes().to_vec()),
    ];
    let mut figures = Evidences::of(run, []);
    for (label, bytes, form, metrics) in stated_as {
        figures.exhibits.push(stated(label, Unit::Bytes, bytes));
        for metric in metrics {
            figures.look_up(form, metric, |found| about(found, bytes, ABOUT));
        }
    }
    let depends = "on which of the two figures is meant, and how the second is counted";
    figures.counted(depends).map(of_2019)
}

/// A file system that holds the headers in memory is a huge waste: twice the archive or more.
pub(crate) fn in_memory(run: Run) -> Result<Finding, Absent> {
    let archive = run.figure(ARCHIVE, LOADED)?;
    let twice = archive.estimate.times(2.0);
    let mut figures = Evidences::of(run, [run.exhibit(&archive, Mark::Reference)]);
    let is_more = |held: &Estimate| mark(held.order(&twice), Order::Above);
    figures.look_up(TREE, Delivery::Tmpfs.pinned_in_use(), is_more);
    for delivery in mounted() {
        for form in run.forms(prefix(delivery)) {
            figures.look_up(form, delivery.pinned_in_use(), is_more);
        }
    }
    figures.counted("on whether the file system keeps them decompressed")
}

/// Load the module, extract to memory, unload it: at least half of what it held comes back.
pub(crate) fn way_out(run: Run) -> Result<Finding, Absent> {
    let loaded = run.figure(ARCHIVE, LOADED)?;
    let extracted = run.figure(ARCHIVE, EXTRACTED)?;
    let unloaded = run.figure(ARCHIVE, EXTRACTED_UNLOADED)?;
    let with_half = unloaded.estimate.plus(&loaded.estimate.times(0.5));
    let mut figures = Evidences::of(run, []);
    figures.add(&loaded, Mark::Reference);
    figures.add(&extracted, Mark::Reference);
    figures.add(&unloaded, mark(with_half.order(&extracted.estimate), Order::Below));
    figures.look_up(ARCHIVE, REMOVED, |removed| at_most(removed, LEFT, 1.0));
    figures.counted("on what is taken away: the module, or the files too")
}

/// Unload the module and nothing is held.
pub(crate) fn unloaded(run: Run) -> Result<Finding, Absent> {
    let mut figures = Evidences::of(run, [stated("nothing, within slabs", Unit::Bytes, LEFT)]);
    for metric in [UNLOADED, EXTRACTED_UNLOADED] {
        figures.look_up(ARCHIVE, metric, |left| at_most(left, LEFT, 1.0));
    }
    figures.counted("on whether the headers were extracted to memory before")
}

/// The archive takes kernel memory that is not given back while it stays loaded.
pub(crate) fn kept(run: Run) -> Result<Finding, Absent> {
    halves(run, &[(READ, Order::Above)])
}

/// The archive takes kernel memory while it stays loaded, and none when its module is unloaded.
pub(crate) fn avoidable(run: Run) -> Result<Finding, Absent> {
    halves(run, &[(READ, Order::Above), (UNLOADED, Order::Below)])
}

/// Compares the unreclaimable memory with half of the archive's size.
fn halves(run: Run, expected: &[(GuestMetric, Order)]) -> Result<Finding, Absent> {
    let size = run.figure(ARCHIVE, id::SIZE_BYTES)?;
    let half = size.estimate.times(0.5);
    let mut figures = Evidences::of(run, [run.exhibit(&size, Mark::Reference)]);
    for (metric, expected) in expected {
        figures.look_up(ARCHIVE, metric, |held| mark(held.order(&half), *expected));
    }
    figures.counted("on whether the module stays loaded")
}

/// Unpacked from the initramfs the headers hold less than the archive in a module.
pub(crate) fn initramfs(run: Run) -> Result<Finding, Absent> {
    let module = run.figure(ARCHIVE, LOADED)?;
    let unpacked = run.figure(TREE, Delivery::Tmpfs.pinned_in_use())?;
    let mut figures = Evidences::of(run, [run.exhibit(&module, Mark::Reference)]);
    figures.add(&unpacked, mark(unpacked.estimate.order(&module.estimate), Order::Below));
    figures.counted("")
}

/// An image in the memory of the running kernel can't be of another kernel.
pub(crate) fn in_step(run: Run) -> Result<Finding, Absent> {
    let mut figures = Evidences::of(run, []);
    for delivery in mounted().filter(|delivery| !delivery.row().copied) {
        for form in run.forms(prefix(delivery)) {
            // A figure also fails when boots disagree on it, which is no failure of the mount.
            figures.look_up(form, delivery.pinned(State::Mounted), |_| Mark::For);
        }
    }
    figures.counted("")
}
