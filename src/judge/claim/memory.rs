//! Claims about kernel memory.

use super::evidence::{
    ABOUT, ARCHIVE, TREE, about, at_most, counted, mark, of_2019, stated, tree_in_bytes,
};
use super::finding::{Finding, Mark, Run};
use crate::record::figure::{Absent, Order};
use crate::record::{Delivery, GuestMetric, Layout, State, Unit, id};

const LOADED: GuestMetric = Delivery::Module.pinned(State::Loaded);
const READ: GuestMetric = Delivery::Module.pinned(State::Read);
const UNLOADED: GuestMetric = Delivery::Module.pinned(State::Unloaded);
const EXTRACTED: GuestMetric = Delivery::ExtractUnload.pinned(State::Extracted);
const EXTRACTED_UNLOADED: GuestMetric = Delivery::ExtractUnload.pinned(State::Unloaded);
const REMOVED: GuestMetric = Delivery::ExtractUnload.pinned(State::Removed);

/// What is left after all was taken away, bytes: partly filled slabs, which no one holds.
const LEFT: f64 = 128.0 * 1024.0;

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
    let mut exhibits = vec![
        stated("in total", Unit::Bytes, STATED),
        run.exhibit(&loaded, at_most(&loaded.estimate, STATED, ABOUT)),
    ];
    let mut absent = Vec::new();
    match run.figure(ARCHIVE, EXTRACTED) {
        Ok(used) => exhibits.push(run.exhibit(&used, Mark::Beside)),
        Err(why) => absent.push(why),
    }
    counted(exhibits, absent, "").map(of_2019)
}

/// 3.3 MB as an archive in kernel memory, 42 MB decompressed, however that was counted.
pub(crate) fn archive_and_headers(run: Run) -> Result<Finding, Absent> {
    let archive = vec![LOADED.to_string()];
    let stated_as = [
        ("the archive", 3.3e6, ARCHIVE, archive),
        ("decompressed", 42e6, TREE, tree_in_bytes().to_vec()),
    ];
    let mut exhibits = Vec::new();
    let mut absent = Vec::new();
    for (label, bytes, form, metrics) in stated_as {
        exhibits.push(stated(label, Unit::Bytes, bytes));
        for metric in metrics {
            match run.figure(form, metric) {
                Ok(found) => {
                    exhibits.push(run.exhibit(&found, about(&found.estimate, bytes, ABOUT)));
                }
                Err(why) => absent.push(why),
            }
        }
    }
    let depends = "on which of the two figures is meant, and how the second is counted";
    counted(exhibits, absent, depends).map(of_2019)
}

/// A file system that holds the headers in memory is a huge waste: twice the archive or more.
pub(crate) fn in_memory(run: Run) -> Result<Finding, Absent> {
    let archive = run.figure(ARCHIVE, LOADED)?;
    let twice = archive.estimate.times(2.0);
    let mut exhibits = vec![run.exhibit(&archive, Mark::Reference)];
    let mut absent = Vec::new();
    let mut hear = |form: &str, metric: GuestMetric| match run.figure(form, metric) {
        Ok(held) => {
            exhibits.push(run.exhibit(&held, mark(held.estimate.order(&twice), Order::Above)));
        }
        Err(why) => absent.push(why),
    };
    hear(TREE, Delivery::Tmpfs.pinned_in_use());
    for delivery in mounted() {
        let metric = delivery.pinned_in_use();
        run.forms(prefix(delivery)).into_iter().for_each(|form| hear(form, metric));
    }
    counted(exhibits, absent, "on whether the file system keeps them decompressed")
}

/// Load the module, extract to memory, unload it: at least half of what it held comes back.
pub(crate) fn way_out(run: Run) -> Result<Finding, Absent> {
    let loaded = run.figure(ARCHIVE, LOADED)?;
    let extracted = run.figure(ARCHIVE, EXTRACTED)?;
    let unloaded = run.figure(ARCHIVE, EXTRACTED_UNLOADED)?;
    let with_half = unloaded.estimate.plus(&loaded.estimate.times(0.5));
    let order = with_half.order(&extracted.estimate);
    let mut exhibits = vec![
        run.exhibit(&loaded, Mark::Reference),
        run.exhibit(&extracted, Mark::Reference),
        run.exhibit(&unloaded, mark(order, Order::Below)),
    ];
    let mut absent = Vec::new();
    match run.figure(ARCHIVE, REMOVED) {
        Ok(removed) => exhibits.push(run.exhibit(&removed, at_most(&removed.estimate, LEFT, 1.0))),
        Err(why) => absent.push(why),
    }
    counted(exhibits, absent, "on what is taken away: the module, or the files too")
}

/// Unload the module and nothing is held.
pub(crate) fn unloaded(run: Run) -> Result<Finding, Absent> {
    let mut exhibits = vec![stated("nothing, within slabs", Unit::Bytes, LEFT)];
    let mut absent = Vec::new();
    for metric in [UNLOADED, EXTRACTED_UNLOADED] {
        match run.figure(ARCHIVE, metric) {
            Ok(left) => exhibits.push(run.exhibit(&left, at_most(&left.estimate, LEFT, 1.0))),
            Err(why) => absent.push(why),
        }
    }
    counted(exhibits, absent, "on whether the headers were extracted to memory before")
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
    let mut exhibits = vec![run.exhibit(&size, Mark::Reference)];
    let mut absent = Vec::new();
    for (metric, expected) in expected {
        match run.figure(ARCHIVE, metric) {
            Ok(held) => {
                exhibits.push(run.exhibit(&held, mark(held.estimate.order(&half), *expected)));
            }
            Err(why) => absent.push(why),
        }
    }
    counted(exhibits, absent, "on whether the module stays loaded")
}

/// Unpacked from the initramfs the headers hold less than the archive in a module.
pub(crate) fn initramfs(run: Run) -> Result<Finding, Absent> {
    let module = run.figure(ARCHIVE, LOADED)?;
    let unpacked = run.figure(TREE, Delivery::Tmpfs.pinned_in_use())?;
    let order = unpacked.estimate.order(&module.estimate);
    let exhibits = vec![
        run.exhibit(&module, Mark::Reference),
        run.exhibit(&unpacked, mark(order, Order::Below)),
    ];
    counted(exhibits, Vec::new(), "")
}

/// What is mounted from the running kernel's own memory can't be another kernel's.
pub(crate) fn in_step(run: Run) -> Result<Finding, Absent> {
    let mut exhibits = Vec::new();
    let mut absent = Vec::new();
    for delivery in mounted().filter(|delivery| !delivery.row().copied) {
        for form in run.forms(prefix(delivery)) {
            match run.figure(form, delivery.pinned(State::Mounted)) {
                Ok(held) => exhibits.push(run.exhibit(&held, Mark::For)),
                // A figure also fails when boots disagree on it, which is no failure of the mount.
                Err(why) => absent.push(why),
            }
        }
    }
    counted(exhibits, absent, "")
}
