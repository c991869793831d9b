//! The reports of the guests, per delivery.

use std::collections::BTreeMap;

use super::item::Item;
use crate::guest::inside::counters::Counters;
use crate::guest::protocol::Report;
use crate::record::{Check, Delivery, Operation, State};

/// Memory in one state, relative to the base, bytes.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) state: State,
    pub(crate) pinned: i64,
    pub(crate) reclaimable: i64,
    pub(crate) before: Counters,
    pub(crate) after: Counters,
}

/// The results of a delivery in one order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) states: Vec<Reading>,
    /// Instructions of each piece of work, in parts where a name comes more than once.
    pub(crate) counts: Vec<(Operation, u64)>,
    /// Peak memory while extracting, and the extractor's own part of it.
    pub(crate) peak: Option<(i64, i64)>,
}

impl Seen {
    pub(crate) fn state(&self, state: State) -> Option<&Reading> {
        self.states.iter().find(|reading| reading.state == state)
    }

    /// The instructions of all parts of `work`.
    pub(crate) fn count(&self, work: Operation) -> Option<u64> {
        let parts = self.counts.iter().filter(|(known, _)| *known == work);
        parts.map(|(_, instructions)| *instructions).reduce(|sum, part| sum + part)
    }
}

/// The results of all guests.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) kernel: String,
    pub(crate) cpus: u64,
    pub(crate) memory: u64,
    /// By form and delivery, what was seen in each order.
    groups: BTreeMap<(String, Delivery), BTreeMap<u64, Group>>,
}

fn key(item: &Item) -> (String, Delivery) {
    (item.form.id().to_owned(), item.delivery)
}

impl Results {
    /// The results of `item` in each order.
    pub(crate) fn of(&self, item: &Item) -> Vec<Result<Seen, String>> {
        let orders = self.groups.get(&key(item));
        let seen = |group: &Group| match &group.error {
            Some(error) => Err(error.clone()),
            None => Ok(group.seen.clone()),
        };
        orders.into_iter().flat_map(BTreeMap::values).map(seen).collect()
    }

    /// Adds a finished group.
    pub(crate) fn end(&mut self, item: &Item, order: u64, group: Group) {
        let orders = self.groups.entry(key(item)).or_default();
        orders.insert(order, group);
    }

    /// The cross-check counters of the first order.
    pub(crate) fn checks(&self, items: &[Item]) -> Vec<Check> {
        let mut checks = Vec::new();
        for item in items {
            let orders = self.groups.get(&key(item));
            let Some(group) = orders.and_then(|orders| orders.get(&0)) else { continue };
            let (base, whole) = (group.base, group.error.is_none());
            for Reading { state, pinned, before, after, .. } in
                group.seen.states.iter().filter(|_| whole)
            {
                let grown = |now: u64, then: u64| now as i64 - then as i64;
                checks.push(Check {
                    form: item.form.id().to_owned(),
                    delivery: item.delivery.to_string(),
                    state: state.id().to_owned(),
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
pub(crate) struct Group {
    pub(crate) name: String,
    base: Counters,
    seen: Seen,
    pub(crate) error: Option<String>,
}

impl Group {
    pub(crate) fn begin(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// A group whose guest died.
    pub(crate) fn died(error: &anyhow::Error) -> Self {
        Self { error: Some(format!("{error:#}")), ..Self::default() }
    }

    /// Adds a report of the guest.
    pub(crate) fn take(&mut self, report: Report) {
        let base = self.base.free as i64;
        match report {
            Report::State { name, after, .. } if name == "base" => self.base = after,
            Report::State { name, before, after } => {
                let Some(state) = State::by_id(&name) else { return };
                let held = |free: u64| base - free as i64;
                self.seen.states.push(Reading {
                    state,
                    pinned: held(after.free),
                    reclaimable: held(before.free) - held(after.free),
                    before,
                    after,
                });
            }
            Report::Peak { free, program } => {
                self.seen.peak = Some((base - free as i64, program as i64));
            }
            Report::Count { name, instructions } => {
                self.seen.counts.extend(Operation::by_id(&name).map(|work| (work, instructions)));
            }
            Report::Failed { error } => self.error = Some(error),
            _ => {}
        }
    }
}
