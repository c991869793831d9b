//! Outcomes from the reports of guests: a delivery counts only if it leaves no memory behind.

use super::item::Item;
use super::results::Seen;
use crate::record::{Delivery, GuestMetric, Held, LEFT_BEHIND, METRICS, Outcome, WORKER};

/// The metrics of a delivery, with their ids.
pub(crate) fn metrics(delivery: Delivery) -> impl Iterator<Item = (&'static str, GuestMetric)> {
    let guest = METRICS.iter().filter_map(|row| Some((row.id, row.guest?)));
    guest.filter(move |(_, metric)| metric.delivery() == delivery)
}

/// The outcome of each metric of `item`, from what was seen in each order. Instructions are counted
/// where the guest, of `cpus` processors, is `exact`.
pub(crate) fn outcomes(
    item: &Item,
    orders: &[Result<Seen, String>],
    (exact, cpus): (bool, u32),
    interrupted: bool,
) -> Vec<(&'static str, Outcome)> {
    let judged = judged(orders, cpus);
    let outcome = |metric: GuestMetric| {
        let seen = match &judged {
            _ if orders.is_empty() && interrupted => return skipped("interrupted"),
            Err(error) => return Outcome::Failed { error: error.clone() },
            Ok(_) if !exact && matches!(metric, GuestMetric::Instructions(..)) => {
                return skipped("the guest's clock counts instructions with icount alone");
            }
            Ok(seen) => seen,
        };
        let samples: Vec<u64> = seen.iter().filter_map(|seen| figure(seen, metric)).collect();
        match item.absent(metric) {
            Some(reason) if samples.is_empty() => skipped(reason),
            _ if samples.is_empty() || samples.len() < seen.len() => {
                Outcome::Failed { error: "the guest did not report it".to_owned() }
            }
            _ => Outcome::Measured { samples },
        }
    };
    metrics(item.delivery).map(|(id, metric)| (id, outcome(metric))).collect()
}

fn skipped(reason: &str) -> Outcome {
    Outcome::Skipped { reason: reason.to_owned() }
}

/// The instructions, or the bytes held; a few below the base are room in its slabs, not a debt.
fn figure(seen: &Seen, metric: GuestMetric) -> Option<u64> {
    let (state, held) = match metric {
        GuestMetric::Instructions(_, work) => return seen.count(work),
        GuestMetric::Memory(_, state, held) => (state, held),
    };
    let bytes = match held {
        Held::Peak => seen.peak.map(|(peak, _)| peak),
        Held::Program => seen.peak.map(|(_, program)| program),
        Held::Pinned => seen.state(state).map(|reading| reading.pinned),
        Held::Reclaimable => seen.state(state).map(|reading| reading.reclaimable),
    };
    bytes.map(|bytes| bytes.max(0).unsigned_abs())
}

/// The results of each order, if all are valid.
fn judged(orders: &[Result<Seen, String>], cpus: u32) -> Result<Vec<&Seen>, String> {
    let seen = orders.iter().map(|order| order.as_ref().map_err(Clone::clone));
    let seen = seen.collect::<Result<Vec<_>, _>>()?;
    if seen.is_empty() {
        return Err("no guest ran it".to_owned());
    }
    let most = LEFT_BEHIND + WORKER * u64::from(cpus.saturating_sub(1));
    let last = seen.iter().filter_map(|seen| seen.states.last());
    match last.into_iter().find(|last| last.pinned.unsigned_abs() > most) {
        Some(last) => Err(format!("{}: {} B are still in use", last.state.id(), last.pinned)),
        None => Ok(seen),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::results::Reading;
    use super::*;
    use crate::form;
    use crate::guest::deliver::{READS, Subject};
    use crate::guest::inside::counters::Counters;
    use crate::record::{Layout, Operation, State, guest_metric};

    fn order(read: i64, left: i64) -> Result<Seen, String> {
        let held = |state, pinned| Reading {
            state,
            pinned,
            reclaimable: 0,
            before: Counters::default(),
            after: Counters::default(),
        };
        let states = vec![held(State::Read, read), held(State::Unloaded, left)];
        Ok(Seen { states, counts: vec![(Operation::Load, 7), (Operation::Load, 5)], peak: None })
    }

    fn item(delivery: Delivery, whole: bool) -> Item {
        let subject = Subject {
            form: "x".into(),
            layout: Layout::Stream,
            filesystem: None,
            artifact: String::new(),
            lists: READS.map(|_| None),
            whole,
            bytes: 0,
            digest: None,
            reload: None,
        };
        Item { form: form::by_id("tar").unwrap(), delivery, subject, source: PathBuf::new() }
    }

    fn judged(orders: &[Result<Seen, String>], id: &str, exact: bool) -> Outcome {
        let delivery = guest_metric(id).unwrap().delivery();
        let all = outcomes(&item(delivery, false), orders, (exact, 1), false);
        all.into_iter().find(|(known, _)| *known == id).unwrap().1
    }

    const READ: &str = "memory.module.read.pinned";

    #[test]
    fn each_order_gives_a_sample_however_far_apart() {
        let outcome = judged(&[order(5000, 10), order(99_100, -4096), order(-1, 0)], READ, true);
        assert_eq!(outcome, Outcome::Measured { samples: vec![5000, 99_100, 0] });
    }

    #[test]
    fn what_is_left_behind_or_died_has_failed() {
        for orders in
            [[order(0, 0), order(0, LEFT_BEHIND as i64 + 1)], [order(0, 0), Err("died".into())]]
        {
            assert!(matches!(judged(&orders, READ, true), Outcome::Failed { .. }), "{orders:?}");
        }
        assert!(matches!(judged(&[], READ, true), Outcome::Failed { .. }));
    }

    #[test]
    fn each_further_processor_may_keep_a_worker_and_no_more() {
        let left = |bytes: u64| [order(0, bytes as i64)];
        let most = LEFT_BEHIND + 3 * WORKER;
        assert!(
            super::judged(&left(most), 4).is_ok() && super::judged(&left(most + 1), 4).is_err()
        );
        assert!(super::judged(&left(LEFT_BEHIND + 1), 1).is_err());
    }

    #[test]
    fn instructions_of_one_name_add_up_and_are_counted_by_icount_alone() {
        let load = "instructions.module.load";
        assert_eq!(judged(&[order(0, 0)], load, true), Outcome::Measured { samples: vec![12] });
        assert!(matches!(judged(&[order(0, 0)], load, false), Outcome::Skipped { .. }));
    }

    #[test]
    fn a_state_that_nobody_asked_for_is_skipped_with_its_own_reason() {
        for (id, why) in [
            ("memory.blockdev.closure.pinned", "closure"),
            ("instructions.blockdev.middle", "no header"),
            ("instructions.blockdev.walk", "usual"),
        ] {
            let Outcome::Skipped { reason } = judged(&[order(0, 0)], id, true) else {
                panic!("{id}")
            };
            assert!(reason.contains(why), "{reason}");
        }
    }
}
