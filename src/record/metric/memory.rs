//! The memory axis's rows: each delivery's states, with what is pinned and what is reclaimable.
//!
//! Pinned is what the kernel holds beyond the base once it has given back all that it can;
//! reclaimable is what it held before that and gave back. Adding them up would count what a kernel
//! under pressure does not hold. So the pinned figure of "all read" is what stays after everything was
//! read and reclaimed: that is no state of its own. None is exact: pages of slabs come and go by a few.
//!
//! The peak while extracting is looked up every 50 ms, before anything is reclaimed: a lower bound of
//! what is held for a moment, and no state that boots have to agree on.

use super::{Axis, Metric, Nature, Unit};

/// The metric of what is pinned in the delivery that suits a form of `layout`, as records call it, once
/// everything was read and caches are given back.
pub fn held(layout: &str) -> &'static str {
    match layout {
        "image" => "memory.blockdev.all.pinned",
        "per-file" => "memory.pseudofs.all.pinned",
        "folder" => "memory.tmpfs.present.pinned",
        _ => "memory.module.read.pinned",
    }
}

const fn row(id: &'static str, title: &'static str) -> Metric {
    Metric { id, axis: Axis::Memory, unit: Unit::Bytes, nature: Nature::Noisy, title }
}

macro_rules! rows {
    ($($delivery:literal { $($state:literal: $title:literal),* $(,)? })*) => {
        &[$($(
            row(
                concat!("memory.", $delivery, ".", $state, ".pinned"),
                concat!($delivery, ", ", $title, ", pinned after reclaim"),
            ),
            row(
                concat!("memory.", $delivery, ".", $state, ".reclaimable"),
                concat!($delivery, ", ", $title, ", reclaimable"),
            ),
        )*)*
        row("memory.extract-unload.extracting.peak", "extract-unload, peak while extracting"),
        row("memory.extract-unload.extracting.program", "extract-unload, the extractor's own"),
        ]
    };
}

pub(super) const METRICS: &[Metric] = rows! {
    "module" { "loaded": "loaded", "read": "read through", "unloaded": "unloaded" }
    "extract-unload" {
        "loaded": "loaded",
        "extracted": "extracted",
        "unloaded": "unloaded",
        "removed": "removed",
    }
    "tmpfs" { "present": "present", "removed": "removed" }
    "blockdev" {
        "loaded": "loaded", "mounted": "mounted", "one": "one header read",
        "closure": "closure read", "all": "all read", "unmounted": "unmounted",
        "unloaded": "unloaded",
    }
    "loop-module" {
        "loaded": "loaded", "mounted": "mounted", "one": "one header read",
        "closure": "closure read", "all": "all read", "unmounted": "unmounted",
        "unloaded": "unloaded",
    }
    "loop-tmpfs" {
        "loaded": "copied", "mounted": "mounted", "one": "one header read",
        "closure": "closure read", "all": "all read", "unmounted": "unmounted",
        "unloaded": "removed",
    }
    "pseudofs" {
        "loaded": "loaded", "mounted": "mounted", "one": "one header read",
        "closure": "closure read", "all": "all read", "unmounted": "unmounted",
        "unloaded": "unloaded",
    }
};
