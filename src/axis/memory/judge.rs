//! Outcomes from the reports of guests: a delivery counts only if it leaves no memory behind.

use super::item::Item;
use super::results::Seen;
use crate::record::{Axis, METRICS, Outcome, metric};

/// Tolerance for memory that a removed delivery leaves behind, bytes: partly filled slabs.
const LEFT: i64 = 128 << 10;

/// The metrics of a delivery.
pub(super) fn metrics(delivery: &str) -> impl Iterator<Item = &'static str> {
    let of_delivery = move |id: &&str| id.split('.').nth(1) == Some(delivery);
    METRICS.iter().filter(|row| row.axis.is_of_guest()).map(|row| row.id).filter(of_delivery)
}

/// The outcome of each metric of `item`, from what was seen in each order. Instructions are counted
/// where the guest is `exact`.
pub(super) fn outcomes(
    item: &Item,
    orders: &[Result<Seen, String>],
    exact: bool,
    interrupted: bool,
) -> Vec<(&'static str, Outcome)> {
    let judged = judged(orders);
    let outcome = |id: &'static str| {
        let name = id.splitn(3, '.').nth(2).unwrap_or_default();
        let counted = metric(id).is_some_and(|row| row.axis == Axis::Instructions);
        let seen = match &judged {
            _ if orders.is_empty() && interrupted => return skipped("interrupted"),
            Err(error) => return Outcome::Failed { error: error.clone() },
            Ok(_) if counted && !exact => {
                return skipped("the guest's clock counts instructions with icount alone");
            }
            Ok(seen) => seen,
        };
        let figure = |seen: &&Seen| if counted { seen.count(name) } else { held(seen, name) };
        let samples: Vec<u64> = seen.iter().filter_map(figure).collect();
        match item.absent(name.split('.').next().unwrap_or(name)) {
            Some(reason) if samples.is_empty() => skipped(reason),
            _ if samples.is_empty() || samples.len() < seen.len() => {
                Outcome::Failed { error: "the guest did not report it".to_owned() }
            }
            _ => Outcome::Measured { samples },
        }
    };
    metrics(item.delivery.id).map(|id| (id, outcome(id))).collect()
}

fn skipped(reason: &str) -> Outcome {
    Outcome::Skipped { reason: reason.to_owned() }
}

/// Bytes in use. A few bytes below the base are free space in its slabs: they count as 0.
fn held(seen: &Seen, name: &str) -> Option<u64> {
    let held = match name.rsplit_once('.')? {
        ("extracting", "peak") => seen.peak.map(|(peak, _)| peak),
        ("extracting", "program") => seen.peak.map(|(_, program)| program),
        (state, "pinned") => seen.state(state).map(|held| held.pinned),
        (state, "reclaimable") => seen.state(state).map(|held| held.reclaimable),
        _ => None,
    };
    held.map(|held| held.max(0).unsigned_abs())
}

/// The results of each order, if all are valid.
fn judged(orders: &[Result<Seen, String>]) -> Result<Vec<&Seen>, String> {
    let seen = orders.iter().map(|order| order.as_ref().map_err(Clone::clone));
    let seen = seen.collect::<Result<Vec<_>, _>>()?;
    if seen.is_empty() {
        return Err("no guest ran it".to_owned());
    }
    let last = seen.iter().filter_map(|seen| seen.states.last());
    match last.into_iter().find(|last| last.pinned.abs() > LEFT) {
        Some(last) => Err(format!("{}: {} B are still in use", last.state, last.pinned)),
        None => Ok(seen),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::results::Held;
    use super::*;
    use crate::form::{self, Layout};
    use crate::guest::deliver::{DELIVERIES, READS, Subject};

    fn order(read: i64, left: i64) -> Result<Seen, String> {
        let held = |state: &str, pinned| Held { state: state.into(), pinned, ..Held::default() };
        let states = vec![held("read", read), held("unloaded", left)];
        Ok(Seen { states, counts: vec![("load".into(), 7), ("load".into(), 5)], peak: None })
    }

    fn item(delivery: &str, whole: bool) -> Item {
        let subject = Subject {
            form: "x".into(),
            layout: Layout::Stream,
            artifact: String::new(),
            lists: READS.map(|_| None),
            whole,
            bytes: 0,
            digest: None,
            reload: None,
        };
        let delivery = DELIVERIES.iter().find(|known| known.id == delivery).unwrap();
        Item { form: form::by_id("tar").unwrap(), delivery, subject, source: PathBuf::new() }
    }

    fn judged(orders: &[Result<Seen, String>], id: &str, exact: bool) -> Outcome {
        let delivery = id.split('.').nth(1).unwrap();
        let all = outcomes(&item(delivery, false), orders, exact, false);
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
        for orders in [[order(0, 0), order(0, LEFT + 1)], [order(0, 0), Err("died".into())]] {
            assert!(matches!(judged(&orders, READ, true), Outcome::Failed { .. }), "{orders:?}");
        }
        assert!(matches!(judged(&[], READ, true), Outcome::Failed { .. }));
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
