//! What several boots say of one delivery: figures if they agree, a failure if not.

use super::item::Item;
use super::results::Seen;
use crate::record::{Axis, METRICS, Outcome};

/// How far boots may be apart, bytes. Ten boots of the deliveries in the lab stayed below 20 kB.
const SPREAD: i64 = 32 << 10;
/// What a delivery may leave behind when all of it is taken away, bytes: partly filled slabs.
const LEFT: i64 = 128 << 10;

/// The metrics of a delivery.
pub(super) fn metrics(delivery: &str) -> impl Iterator<Item = &'static str> {
    let prefix = format!("memory.{delivery}.");
    let of_axis = METRICS.iter().filter(|metric| metric.axis == Axis::Memory);
    of_axis.map(|metric| metric.id).filter(move |id| id.starts_with(&prefix))
}

/// The outcome of each metric of `item`, from what was seen in each boot.
pub(super) fn outcomes(
    item: &Item,
    boots: &[Result<Seen, String>],
    interrupted: bool,
) -> Vec<(&'static str, Outcome)> {
    let judged = agree(boots);
    let delivery = item.delivery.id;
    let outcome = |id: &'static str| match &judged {
        _ if boots.is_empty() && interrupted => {
            Outcome::Skipped { reason: "interrupted".to_owned() }
        }
        Err(error) => Outcome::Failed { error: error.clone() },
        Ok(seen) => {
            let name = id.strip_prefix("memory.").and_then(|name| name.strip_prefix(delivery));
            let name = name.map_or("", |name| name.trim_start_matches('.'));
            let samples: Vec<_> = seen.iter().filter_map(|boot| figure(boot, name)).collect();
            if samples.is_empty() {
                let state = name.split('.').next().unwrap_or(name);
                Outcome::Skipped { reason: item.absent(state).to_owned() }
            } else {
                // A few kB below the base are noise, not a debt.
                Outcome::Measured {
                    samples: samples.iter().map(|held| (*held).max(0) as u64).collect(),
                }
            }
        }
    };
    metrics(delivery).map(|id| (id, outcome(id))).collect()
}

fn figure(seen: &Seen, name: &str) -> Option<i64> {
    match name.rsplit_once('.')? {
        ("extracting", "peak") => seen.peak.map(|(peak, _)| peak),
        ("extracting", "program") => seen.peak.map(|(_, program)| program),
        (state, "pinned") => seen.state(state).map(|held| held.pinned),
        (state, "reclaimable") => seen.state(state).map(|held| held.reclaimable),
        _ => None,
    }
}

fn agree(boots: &[Result<Seen, String>]) -> Result<Vec<&Seen>, String> {
    let seen = boots.iter().map(|boot| boot.as_ref().map_err(Clone::clone));
    let seen = seen.collect::<Result<Vec<_>, _>>()?;
    if seen.is_empty() {
        return Err("no guest came to it".to_owned());
    }
    at_odds(&seen).map_or(Ok(seen), Err)
}

/// Why boots that all went well make no figure; `None` where they do, or did not go well.
pub(super) fn odds(boots: &[Result<Seen, String>]) -> Option<String> {
    let seen = boots.iter().map(Result::as_ref).collect::<Result<Vec<_>, _>>().ok()?;
    at_odds(&seen)
}

fn at_odds(seen: &[&Seen]) -> Option<String> {
    for held in seen.first().iter().flat_map(|first| &first.states) {
        let pinned = seen.iter().filter_map(|boot| Some(boot.state(&held.state)?.pinned));
        let (least, most) = (pinned.clone().min().unwrap_or(0), pinned.max().unwrap_or(0));
        if most - least > SPREAD {
            return Some(format!("{}: {least} to {most} B pinned in different boots", held.state));
        }
    }
    for boot in seen {
        if let Some(last) = boot.states.last().filter(|last| last.pinned.abs() > LEFT) {
            return Some(format!("{}: {} B are still held", last.state, last.pinned));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::item::items;
    use super::super::results::Held;
    use super::*;
    use crate::axis::memory::Request;
    use crate::form::{self, Form};

    fn boot(read: i64, left: i64) -> Result<Seen, String> {
        let held = |state: &str, pinned| Held { state: state.into(), pinned, ..Held::default() };
        Ok(Seen { states: vec![held("read", read), held("unloaded", left)], peak: None })
    }

    fn judged(delivery: &str, form: &str, boots: &[Result<Seen, String>], id: &str) -> Outcome {
        let forms: [(&'static dyn Form, PathBuf); 1] =
            [(form::by_id(form).unwrap(), PathBuf::new())];
        let request = Request {
            forms: &forms,
            tree: "tree.tar".as_ref(),
            digest: "",
            one: None,
            closure: None,
            quick: true,
            scratch: "".as_ref(),
            interrupted: &false.into(),
        };
        let items = items(&request, true).unwrap();
        let item = items.into_iter().find(|item| item.delivery.id == delivery).unwrap();
        let all = outcomes(&item, boots, false);
        all.into_iter().find(|(known, _)| *known == id).unwrap().1
    }

    fn read_pinned(boots: &[Result<Seen, String>]) -> Outcome {
        judged("module", "tar", boots, "memory.module.read.pinned")
    }

    #[test]
    fn boots_that_agree_give_a_sample_each() {
        let outcome = read_pinned(&[boot(5000, 10), boot(5100, -4096)]);
        assert_eq!(outcome, Outcome::Measured { samples: vec![5000, 5100] });
    }

    #[test]
    fn boots_that_differ_or_leave_something_have_failed() {
        assert!(matches!(read_pinned(&[boot(0, 0), boot(SPREAD + 1, 0)]), Outcome::Failed { .. }));
        assert!(matches!(read_pinned(&[boot(0, LEFT + 1)]), Outcome::Failed { .. }));
        assert!(matches!(read_pinned(&[boot(0, 0), Err("died".into())]), Outcome::Failed { .. }));
    }

    #[test]
    fn boots_are_at_odds_about_figures_and_not_where_a_guest_died() {
        let apart = [boot(0, 0), boot(SPREAD + 4096, 0), boot(0, 0)];
        assert_eq!(odds(&apart).unwrap(), "read: 0 to 36864 B pinned in different boots");
        assert_eq!(odds(&[boot(0, LEFT + 1)]).unwrap(), "unloaded: 131073 B are still held");
        assert_eq!(odds(&[boot(0, 0), boot(SPREAD, SPREAD)]), None);
        assert_eq!(odds(&[boot(0, 0), boot(SPREAD + 1, 0), Err("died".into())]), None);
        assert_eq!(odds(&[]), None);
    }

    #[test]
    fn a_state_that_nobody_asked_for_is_skipped_with_its_own_reason() {
        let (image, id) = ("squashfs.xz-4k", "memory.blockdev.closure.pinned");
        let outcome = judged("blockdev", image, &[boot(0, 0)], id);
        let Outcome::Skipped { reason } = outcome else { panic!("{outcome:?}") };
        assert!(reason.contains("closure"), "{reason}");
    }
}
