//! The metrics of a booted guest.
//!
//! Pinned memory is what the kernel holds beyond the base once it has given back all that it can;
//! reclaimable is what it held before that and gave back. The two are never added up: their sum would
//! count what a kernel under pressure does not hold. The pinned figure of "all read" is what stays after
//! everything was read and reclaimed.

#![allow(missing_docs, reason = "the types and the names say it")]

use std::fmt;

use super::axis::Axis;
use super::delivery::{Delivery, Operation, State};
use super::named::named;

/// A metric of a booted guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuestMetric {
    Memory(Delivery, State, Held),
    Instructions(Delivery, Operation),
}

named! {
    /// What of the memory is measured, bytes: what is held after caches were dropped and slabs shrunk,
    /// and what was held before and given back. While extracting: the most that was held, looked up every
    /// 50 ms and before anything is reclaimed, which is a lower bound; and the extracting program's own.
    Held {
        Pinned "pinned" "pinned after reclaim",
        Reclaimable "reclaimable" "reclaimable",
        Peak "peak" "peak while extracting",
        Program "program" "the extractor's own",
    }
}

impl Delivery {
    /// What is pinned in `state`.
    pub const fn pinned(self, state: State) -> GuestMetric {
        GuestMetric::Memory(self, state, Held::Pinned)
    }

    /// What is pinned after everything was read.
    pub const fn pinned_in_use(self) -> GuestMetric {
        self.pinned(self.all_read())
    }

    /// Every metric of its memory, in the order of reports.
    pub(super) fn memory(self) -> impl Iterator<Item = GuestMetric> {
        self.row().states.iter().flat_map(move |state| {
            let held = match state {
                State::Extracting => [Held::Peak, Held::Program],
                _ => [Held::Pinned, Held::Reclaimable],
            };
            held.map(|held| GuestMetric::Memory(self, *state, held))
        })
    }

    /// Every count of its instructions, in the order of reports.
    pub(super) fn instructions(self) -> impl Iterator<Item = GuestMetric> {
        self.row().operations.iter().map(move |work| GuestMetric::Instructions(self, *work))
    }
}

impl GuestMetric {
    /// The delivery that it is of.
    pub fn delivery(self) -> Delivery {
        match self {
            Self::Memory(delivery, ..) | Self::Instructions(delivery, _) => delivery,
        }
    }

    /// Whether it is what is held in a state, not what is seen while extracting.
    pub fn is_of_state(&self) -> bool {
        matches!(self, Self::Memory(_, _, Held::Pinned | Held::Reclaimable))
    }

    /// Its words for the head of a column.
    pub(super) fn title(self) -> String {
        match self {
            Self::Memory(delivery, State::Extracting, held) => {
                format!("{delivery}, {}", held.words())
            }
            Self::Memory(delivery, state, held) => {
                format!("{delivery}, {}, {}", delivery.state_title(state), held.words())
            }
            Self::Instructions(delivery, Operation::Load) if delivery.row().copied => {
                format!("{delivery}, copy")
            }
            Self::Instructions(delivery, work) => format!("{delivery}, {}", work.words()),
        }
    }
}

impl fmt::Display for GuestMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(delivery, state, held) => {
                write!(f, "{}.{delivery}.{}.{}", Axis::Memory, state.id(), held.id())
            }
            Self::Instructions(delivery, work) => {
                write!(f, "{}.{delivery}.{}", Axis::Instructions, work.id())
            }
        }
    }
}
