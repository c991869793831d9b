//! The metrics of a booted kernel: each state of each delivery, with what is pinned and what is
//! reclaimable, and what each piece of work takes in instructions.
//!
//! Pinned is what the kernel holds beyond the base once it has given back all that it can;
//! reclaimable is what it held before that and released. Adding them up would count what a kernel
//! under pressure does not hold. So the pinned figure of "all read" is what stays after everything was
//! read and reclaimed: that is no state of its own. A guest that counts instructions repeats these
//! figures to the byte; the record has the nature of each figure.
//!
//! The peak while extracting is looked up every 50 ms, before anything is reclaimed: a lower bound of
//! what is held for a moment.

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

const fn count(id: &'static str, title: &'static str) -> Metric {
    let (axis, unit, nature) = (Axis::Instructions, Unit::Instructions, Nature::Exact);
    Metric { id, axis, unit, nature, title }
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

macro_rules! counts {
    ($($delivery:literal { $($work:literal: $title:literal),* $(,)? })*) => {
        &[$($(
            count(
                concat!("instructions.", $delivery, ".", $work),
                concat!($delivery, ", ", $title),
            ),
        )*)*]
    };
}

pub(super) const MEMORY: &[Metric] = rows! {
    "module" { "loaded": "loaded", "read": "read through", "unloaded": "unloaded" }
    "extract-unload" {
        "loaded": "loaded",
        "extracted": "extracted",
        "unloaded": "unloaded",
        "removed": "removed",
    }
    "tmpfs" { "present": "present", "removed": "removed" }
    "blockdev" {
        "loaded": "loaded", "mounted": "first mount", "one": "one header read",
        "closure": "closure read", "all": "all read", "unmounted": "unmounted",
        "remounted": "further mount", "unloaded": "unloaded",
    }
    "loop-module" {
        "loaded": "loaded", "mounted": "first mount", "one": "one header read",
        "closure": "closure read", "all": "all read", "unmounted": "unmounted",
        "remounted": "further mount", "unloaded": "unloaded",
    }
    "loop-tmpfs" {
        "loaded": "copied", "mounted": "first mount", "one": "one header read",
        "closure": "closure read", "all": "all read", "unmounted": "unmounted",
        "remounted": "further mount", "unloaded": "removed",
    }
    "pseudofs" {
        "loaded": "loaded", "mounted": "first mount", "one": "one header read",
        "closure": "closure read", "all": "all read", "unmounted": "unmounted",
        "remounted": "further mount", "unloaded": "unloaded",
    }
};

pub(super) const INSTRUCTIONS: &[Metric] = counts! {
    "module" {
        "load": "load", "first": "first header", "last": "last header",
        "middle": "middle header", "closure": "closure", "all": "all headers",
    }
    "extract-unload" { "extract": "extract all to tmpfs" }
    "tmpfs" {
        "extract": "extract all to tmpfs", "first": "first header", "last": "last header",
        "middle": "middle header", "closure": "closure", "walk": "stat of all names",
        "all": "all headers",
    }
    "blockdev" {
        "load": "load", "mount": "first mount", "first": "first header", "last": "last header",
        "middle": "middle header", "closure": "closure", "walk": "stat of all names",
        "all": "all headers", "remount": "further mount",
    }
    "loop-module" {
        "load": "load", "mount": "first mount", "first": "first header", "last": "last header",
        "middle": "middle header", "closure": "closure", "walk": "stat of all names",
        "all": "all headers", "remount": "further mount",
    }
    "loop-tmpfs" {
        "load": "copy", "mount": "first mount", "first": "first header", "last": "last header",
        "middle": "middle header", "closure": "closure", "walk": "stat of all names",
        "all": "all headers", "remount": "further mount",
    }
    "pseudofs" {
        "load": "load", "mount": "first mount", "first": "first header", "last": "last header",
        "middle": "middle header", "closure": "closure", "walk": "stat of all names",
        "all": "all headers", "remount": "further mount",
    }
};
