//! What booted kernels said, delivery by delivery.

use std::collections::HashMap;

use super::item::Item;
use crate::guest::inside::counters::Counters;
use crate::guest::protocol::Report;
use crate::record::Check;

/// What is held in one state, against the base, bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) state: String,
    pub(super) pinned: i64,
    pub(super) reclaimable: i64,
    pub(super) before: Counters,
    pub(super) after: Counters,
}

/// What one boot saw of a delivery.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) states: Vec<Held>,
    /// The most that was held while extracting, and the extractor's own memory.
    pub(super) peak: Option<(i64, i64)>,
}

impl Seen {
    pub(super) fn state(&self, name: &str) -> Option<&Held> {
        self.states.iter().find(|held| held.state == name)
    }
}

/// What all boots saw.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) kernel: String,
    pub(super) cpus: u64,
    pub(super) memory: u64,
    /// How many groups were taken once more, as they did not end where they began.
    pub(super) repeated: u64,
    /// What boots were at odds about, of the deliveries that were done anew.
    pub(super) anew: Vec<String>,
    seen: HashMap<String, Vec<Result<Seen, String>>>,
    bases: HashMap<String, Counters>,
}

impl Results {
    /// What was seen of `item` in each boot.
    pub(super) fn of(&self, item: &Item) -> &[Result<Seen, String>] {
        self.seen.get(&item.group()).map_or(&[], Vec::as_slice)
    }

    /// Takes note of what one boot saw of the group of that name.
    pub(super) fn note(&mut self, group: &str, seen: Result<Seen, String>) {
        self.seen.entry(group.to_owned()).or_default().push(seen);
    }

    /// Takes what `again` says of the deliveries in it for what was said of them before.
    pub(super) fn replace(&mut self, again: Self) {
        self.repeated += again.repeated;
        self.seen.extend(again.seen);
        self.bases.extend(again.bases);
    }

    /// Takes note of a group that ended.
    pub(super) fn end(&mut self, group: Group) {
        self.bases.entry(group.name.clone()).or_insert(group.base);
        self.note(&group.name, group.error.map_or(Ok(group.seen), Err));
    }

    /// The other counters of the first boot.
    pub(super) fn checks(&self, items: &[Item]) -> Vec<Check> {
        let mut checks = Vec::new();
        for item in items {
            let base = self.bases.get(&item.group());
            let (Some(Ok(seen)), Some(base)) = (self.of(item).first(), base) else { continue };
            for Held { state, pinned, before, after, .. } in &seen.states {
                let grown = |now: u64, then: u64| now as i64 - then as i64;
                checks.push(Check {
                    form: item.form.id().to_owned(),
                    delivery: item.delivery.id.to_owned(),
                    state: state.clone(),
                    pinned: *pinned,
                    slab: grown(after.slab, base.slab),
                    vmalloc: grown(after.vmalloc, base.vmalloc),
                    modules: grown(after.modules, base.modules),
                    shmem: grown(after.shmem, base.shmem),
                    page_cache: grown(before.page_cache, base.page_cache),
                });
            }
        }
        checks
    }
}

/// What is known of the group that runs.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) name: String,
    base: Counters,
    seen: Seen,
    error: Option<String>,
}

impl Group {
    pub(super) fn begin(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Takes what the guest tells of it.
    pub(super) fn take(&mut self, report: Report) {
        let base = self.base.free as i64;
        match report {
            Report::State { name, after, .. } if name == "base" => self.base = after,
            Report::State { name, before, after } => {
                let held = |free: u64| base - free as i64;
                self.seen.states.push(Held {
                    state: name,
                    pinned: held(after.free),
                    reclaimable: held(before.free) - held(after.free),
                    before,
                    after,
                });
            }
            Report::Peak { free, program } => {
                self.seen.peak = Some((base - free as i64, program as i64));
            }
            Report::Failed { error } => self.error = Some(error),
            _ => {}
        }
    }
}
