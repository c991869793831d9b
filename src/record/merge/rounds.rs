//! Consecutive rounds of the same forms merged into one record.

use super::held_back;
use crate::record::compat::differences;
use crate::record::{Guest, Observation, Record};

/// `first` with the samples of `later` rounds, which are of the same forms on the same machine. What the
/// kernel of another guest held is not comparable.
pub fn rounds(first: Record, later: Vec<Record>) -> Record {
    let mut joined = first;
    for round in later {
        let differences = differences(&joined, &round);
        let guests = differences.iter().find(|one| one.is_of_guest());
        joined.laboratory = match (joined.laboratory, round.laboratory) {
            (Some(ours), Some(theirs)) if guests.is_none() => Some(more_boots(ours, theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        for seen in round.observations {
            let barred = guests.filter(|one| one.keeps_apart(&seen.metric, seen.nature));
            let seen = held_back(&seen, barred);
            let known = |own: &&mut Observation| own.form == seen.form && own.metric == seen.metric;
            match joined.observations.iter_mut().find(known) {
                Some(own) => own.outcome.add(seen.outcome, seen.nature),
                None => joined.observations.push(seen),
            }
        }
        joined.finished = round.finished;
        joined.settings.quick = false;
        joined.settings.samples = joined.settings.samples.map(|samples| samples + 1);
    }
    joined
}

/// The same guest, booted more often.
fn more_boots(ours: Guest, theirs: Guest) -> Guest {
    // Rounds of an exact guest are the same orders again.
    let boots = if ours.is_exact() { ours.boots } else { ours.boots + theirs.boots };
    Guest { boots, ..ours }
}
