//! Memory counters of the kernel, and the settling that makes them reproducible.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// The kernel's counters, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Free pages: those of the zones and those parked in per-CPU lists. `MemFree` leaves out the
    /// second, which makes differences of it worthless.
    pub free: u64,
    /// `Slab` of `/proc/meminfo`.
    pub slab: u64,
    /// `VmallocUsed`, which includes module text and data.
    pub vmalloc: u64,
    /// `Cached` and `Buffers`: the page cache, that of tmpfs included.
    pub page_cache: u64,
    /// `Shmem`: the part of it that no reclaim takes back, as there is no swap.
    pub shmem: u64,
    /// Sizes in `/proc/modules`, together.
    pub modules: u64,
}

/// The page size of the guest's architecture, x86-64.
const PAGE: u64 = 4096;

/// Reads the counters as they are.
///
/// # Errors
/// No `/proc`, or one that looks otherwise than expected.
pub fn read() -> Result<Counters> {
    // Each processor keeps up to some ten pages in a local counter: 40 kB for a zone of
    // 1 GiB. This flushes the counters; a kernel without it is off by as much.
    let _ = fs::write("/proc/sys/vm/stat_refresh", "1");
    let zones = text("/proc/zoneinfo")?;
    let memory = text("/proc/meminfo")?;
    let modules = fs::read_to_string("/proc/modules").unwrap_or_default();
    let of = |name| field(&memory, name).with_context(|| format!("/proc/meminfo: no {name}"));
    Ok(Counters {
        free: free(&zones).context("/proc/zoneinfo: no counts of free pages")? * PAGE,
        slab: of("Slab:")?,
        vmalloc: of("VmallocUsed:")?,
        page_cache: of("Cached:")? + of("Buffers:")?,
        shmem: of("Shmem:")?,
        modules: modules
            .lines()
            .filter_map(|line| line.split(' ').nth(1)?.parse::<u64>().ok())
            .sum(),
    })
}

/// Only [`Counters::free`], cheaply.
///
/// # Errors
/// As [`read`].
pub fn read_free() -> Result<u64> {
    Ok(free(&text("/proc/zoneinfo")?).context("/proc/zoneinfo: no counts of free pages")? * PAGE)
}

fn text(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.to_owned())
}

/// Pages free in all zones and in their per-CPU lists.
fn free(zones: &str) -> Option<u64> {
    let mut pages = None;
    for line in zones.lines() {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let found = match words.as_slice() {
            ["pages", "free", count] | ["count:", count] => count.parse::<u64>().ok()?,
            _ => continue,
        };
        pages = Some(pages.unwrap_or(0) + found);
    }
    pages
}

/// A figure of `/proc/meminfo`, which has it in kB.
fn field(memory: &str, name: &str) -> Option<u64> {
    let line = memory.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}

/// How often caches are dropped: what the first time frees lets the next time free more.
const DROPS: usize = 3;
/// For what is freed after a grace period of RCU or by a worker.
const REST: Duration = Duration::from_millis(150);

/// Makes the kernel reclaim all that it can, repeatedly and in the same way.
///
/// The files that shrink slabs stay open: to look them up each time would make some hundred inodes
/// and names, in the very caches that are to be shrunk.
#[derive(Debug, Default)]
pub(super) struct Settler {
    slabs: Vec<File>,
}

impl Settler {
    /// Looks for slab caches. Kernels without SLUB's /sys files have none to offer.
    pub(super) fn look(&mut self) {
        self.slabs.clear();
        for cache in fs::read_dir("/sys/kernel/slab").into_iter().flatten().flatten() {
            // Merged caches are links to one that comes by its own name.
            if cache.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.slabs.extend(File::options().write(true).open(cache.path().join("shrink")));
            }
        }
    }

    /// Settles.
    ///
    /// # Errors
    /// I/O errors.
    pub(super) fn settle(&self) -> Result<()> {
        for _ in 0..DROPS {
            drop_caches()?;
        }
        // Inodes and processes that ended are freed after a grace period, and what that leaves
        // empty only when asked: one object too late holds a slab of 32 kB.
        sleep(REST);
        for _ in 0..2 {
            for slab in &self.slabs {
                // A cache of a module that is gone fails here, and needs no shrinking.
                let _ = slab.write_at(b"1", 0);
            }
            drop_caches()?;
        }
        // Not in every kernel; it only makes what follows repeat better.
        let _ = fs::write("/proc/sys/vm/compact_memory", "1");
        sleep(REST);
        Ok(())
    }
}

pub(super) fn drop_caches() -> Result<()> {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3").context("/proc/sys/vm/drop_caches")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_pages_are_those_of_zones_and_of_processors() {
        let zones = "Node 0, zone      DMA\n  pages free     3840\n        boost    0\n  pagesets\n    \
                     cpu: 0\n              count:    12\n              high:     14\n\
                     Node 0, zone    DMA32\n  pages free     100\n      nr_free_pages 100\n  pagesets\n    \
                     cpu: 0\n              count:    8\n";
        assert_eq!(free(zones), Some(3960));
        assert_eq!(free("nothing"), None);
    }

    #[test]
    fn figures_of_meminfo_are_in_kib() {
        assert_eq!(field("MemFree: 5 kB\nSlab:      12 kB\n", "Slab:"), Some(12 << 10));
    }
}
