//! The reports of the guests, per delivery.

use std::collections::BTreeMap;

use super::item::Item;
use crate::guest::inside::counters::Counters;
use crate::guest::protocol::Report;
use crate::record::Check;

/// Memory in one state, relative to the base, bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) state: String,
    pub(super) pinned: i64,
    pub(super) reclaimable: i64,
    pub(super) before: Counters,
    pub(super) after: Counters,
}

/// The results of a delivery in one order.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) states: Vec<Held>,
    /// Instructions of each piece of work, in parts where a name comes more than once.
    pub(super) counts: Vec<(String, u64)>,
    /// Peak memory while extracting, and the extractor's own part of it.
    pub(super) peak: Option<(i64, i64)>,
}

impl Seen {
    pub(super) fn state(&self, name: &str) -> Option<&Held> {
        self.states.iter().find(|held| held.state == name)
    }

    /// The instructions of all work called `name`.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        let parts = self.counts.iter().filter(|(known, _)| known == name);
        parts.map(|(_, instructions)| *instructions).reduce(|sum, part| sum + part)
    }
}

/// The results of all guests.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) kernel: String,
    pub(super) cpus: u64,
    pub(super) memory: u64,
    /// By form and delivery, what was seen in each order.
    groups: BTreeMap<(&'static str, &'static str), BTreeMap<u64, Group>>,
}

impl Results {
    /// The results of `item` in each order.
    pub(super) fn of(&self, item: &Item) -> Vec<Result<Seen, String>> {
        let orders = self.groups.get(&(item.form.id(), item.delivery.id));
        let seen = |group: &Group| match &group.error {
            Some(error) => Err(error.clone()),
            None => Ok(group.seen.clone()),
        };
        orders.into_iter().flat_map(BTreeMap::values).map(seen).collect()
    }

    /// Adds a finished group.
    pub(super) fn end(&mut self, item: &Item, order: u64, group: Group) {
        let orders = self.groups.entry((item.form.id(), item.delivery.id)).or_default();
        orders.insert(order, group);
    }

    /// The cross-check counters of the first order.
    pub(super) fn checks(&self, items: &[Item]) -> Vec<Check> {
        let mut checks = Vec::new();
        for item in items {
            let orders = self.groups.get(&(item.form.id(), item.delivery.id));
            let Some(group) = orders.and_then(|orders| orders.get(&0)) else { continue };
            let (base, whole) = (group.base, group.error.is_none());
            for Held { state, pinned, before, after, .. } in
                group.seen.states.iter().filter(|_| whole)
            {
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

/// The running group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) name: String,
    base: Counters,
    seen: Seen,
    pub(super) error: Option<String>,
}

impl Group {
    pub(super) fn begin(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// A group whose guest died.
    pub(super) fn died(error: &anyhow::Error) -> Self {
        Self { error: Some(format!("{error:#}")), ..Self::default() }
    }

    /// Adds a report of the guest.
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
            Report::Count { name, instructions } => self.seen.counts.push((name, instructions)),
            Report::Failed { error } => self.error = Some(error),
            _ => {}
        }
    }
}
