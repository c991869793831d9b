//! Claims about kernel memory.

use super::evidence::{
    ABOUT, ARCHIVE, TREE, TREE_IN_BYTES, about, at_most, counted, mark, of_2019, stated,
};
use super::{Finding, Mark, Run};
use crate::figure::{Absent, Order};
use crate::record::Unit;

const LOADED: &str = "memory.module.loaded.pinned";
const PRESENT: &str = "memory.tmpfs.present.pinned";
const EXTRACTED: &str = "memory.extract-unload.extracted.pinned";

/// Tolerance for memory that is left after everything is removed, bytes: partly filled slabs.
const LEFT: f64 = 128.0 * 1024.0;

/// Deliveries through a mount, and what their kernel holds when all was read and reclaimed.
const MOUNTED: &[&str] = &[
    "memory.blockdev.all.pinned",
    "memory.loop-module.all.pinned",
    "memory.loop-tmpfs.all.pinned",
    "memory.pseudofs.all.pinned",
];

/// 3.8 MB are all the memory that is needed: for the archive, as what a tool makes of it was not
/// covered by the claim.
pub(super) fn total(run: Run) -> Result<Finding, Absent> {
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
pub(super) fn archive_and_headers(run: Run) -> Result<Finding, Absent> {
    const STATED: [(&str, f64, &str, &[&str]); 2] =
        [("the archive", 3.3e6, ARCHIVE, &[LOADED]), ("decompressed", 42e6, TREE, TREE_IN_BYTES)];
    let mut exhibits = Vec::new();
    let mut absent = Vec::new();
    for (label, bytes, form, metrics) in STATED {
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
pub(super) fn in_memory(run: Run) -> Result<Finding, Absent> {
    let archive = run.figure(ARCHIVE, LOADED)?;
    let twice = archive.estimate.times(2.0);
    let mut exhibits = vec![run.exhibit(&archive, Mark::Reference)];
    let mut absent = Vec::new();
    let mut hear = |form: &str, metric: &str| match run.figure(form, metric) {
        Ok(held) => {
            exhibits.push(run.exhibit(&held, mark(held.estimate.order(&twice), Order::Above)));
        }
        Err(why) => absent.push(why),
    };
    hear(TREE, PRESENT);
    for metric in MOUNTED {
        let prefix = if metric.contains("pseudofs") { "files." } else { "squashfs." };
        run.forms(prefix).into_iter().for_each(|form| hear(form, metric));
    }
    counted(exhibits, absent, "on whether the file system keeps them decompressed")
}

/// Load the module, extract to memory, unload it: at least half of what it held comes back.
pub(super) fn way_out(run: Run) -> Result<Finding, Absent> {
    let loaded = run.figure(ARCHIVE, LOADED)?;
    let extracted = run.figure(ARCHIVE, EXTRACTED)?;
    let unloaded = run.figure(ARCHIVE, "memory.extract-unload.unloaded.pinned")?;
    let with_half = unloaded.estimate.plus(&loaded.estimate.times(0.5));
    let order = with_half.order(&extracted.estimate);
    let mut exhibits = vec![
        run.exhibit(&loaded, Mark::Reference),
        run.exhibit(&extracted, Mark::Reference),
        run.exhibit(&unloaded, mark(order, Order::Below)),
    ];
    let mut absent = Vec::new();
    match run.figure(ARCHIVE, "memory.extract-unload.removed.pinned") {
        Ok(removed) => exhibits.push(run.exhibit(&removed, at_most(&removed.estimate, LEFT, 1.0))),
        Err(why) => absent.push(why),
    }
    counted(exhibits, absent, "on what is taken away: the module, or the files too")
}

/// Unload the module and nothing is held.
pub(super) fn unloaded(run: Run) -> Result<Finding, Absent> {
    let mut exhibits = vec![stated("nothing, within slabs", Unit::Bytes, LEFT)];
    let mut absent = Vec::new();
    for metric in ["memory.module.unloaded.pinned", "memory.extract-unload.unloaded.pinned"] {
        match run.figure(ARCHIVE, metric) {
            Ok(left) => exhibits.push(run.exhibit(&left, at_most(&left.estimate, LEFT, 1.0))),
            Err(why) => absent.push(why),
        }
    }
    counted(exhibits, absent, "on whether the headers were extracted to memory before")
}

/// The archive takes kernel memory that is not given back while it stays loaded.
pub(super) fn kept(run: Run) -> Result<Finding, Absent> {
    halves(run, &[("memory.module.read.pinned", Order::Above)])
}

/// The archive takes kernel memory while it stays loaded, and none when its module is unloaded.
pub(super) fn avoidable(run: Run) -> Result<Finding, Absent> {
    halves(
        run,
        &[
            ("memory.module.read.pinned", Order::Above),
            ("memory.module.unloaded.pinned", Order::Below),
        ],
    )
}

/// Compares the unreclaimable memory with half of the archive's size.
fn halves(run: Run, expected: &[(&str, Order)]) -> Result<Finding, Absent> {
    let size = run.figure(ARCHIVE, "size.bytes")?;
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
pub(super) fn initramfs(run: Run) -> Result<Finding, Absent> {
    let module = run.figure(ARCHIVE, LOADED)?;
    let unpacked = run.figure(TREE, PRESENT)?;
    let order = unpacked.estimate.order(&module.estimate);
    let exhibits = vec![
        run.exhibit(&module, Mark::Reference),
        run.exhibit(&unpacked, mark(order, Order::Below)),
    ];
    counted(exhibits, Vec::new(), "")
}

/// An image in the memory of the running kernel can't be of another kernel.
pub(super) fn in_step(run: Run) -> Result<Finding, Absent> {
    let mut exhibits = Vec::new();
    let mut absent = Vec::new();
    for delivery in ["blockdev", "loop-module", "pseudofs"] {
        let prefix = if delivery == "pseudofs" { "files." } else { "squashfs." };
        for form in run.forms(prefix) {
            match run.figure(form, &format!("memory.{delivery}.mounted.pinned")) {
                Ok(held) => exhibits.push(run.exhibit(&held, Mark::For)),
                // A figure also fails when boots disagree on it, which is no failure of the mount.
                Err(why) => absent.push(why),
            }
        }
    }
    counted(exhibits, absent, "")
}
