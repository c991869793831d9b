//! Access methods: how a device has its headers, and which figures of a record are the costs.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::record::figure::{Absent, Figure, figure};
use crate::record::{
    Absence, Axis, Delivery, DeliveryRow, FormInfo, GuestMetric, Layout, Outcome, Record, State,
    TREE, Times, guest_metric, id,
};

/// An access method: a delivery of the memory axis or, where that axis was not run, how the artifact is
/// read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read by a program.
    Read,
    /// Mounted.
    Mount,
    /// Delivered to a kernel.
    Delivered(Delivery),
}

/// A cost of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    Size,
    Build,
    OneHeader,
    Closure,
    /// Time to the first program compiled.
    FirstCompile,
    Pinned,
}

/// Why the first compile is absent where a file system of this project gives the headers.
const NOT_TIMED: &str = "not timed: its file system runs in guests alone, where times mean nothing";

/// Whether forms were delivered to a kernel. Where the figures of memory are modelled, none was.
pub(crate) fn delivered(record: &Record) -> bool {
    let of_memory = |id: &str| Axis::of(id) == Some(Axis::Memory);
    let mut memory = record.observations.iter().filter(|seen| of_memory(&seen.metric)).peekable();
    memory.peek().is_some() && !memory.any(|seen| matches!(seen.outcome, Outcome::Modelled { .. }))
}

impl Access {
    /// Those that `record` has figures of.
    pub fn all(record: &Record) -> Vec<Self> {
        match delivered(record) {
            true => Delivery::ALL.iter().copied().map(Self::Delivered).collect(),
            false => vec![Self::Read, Self::Mount],
        }
    }

    /// Its name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Mount => "mount",
            Self::Delivered(delivery) => delivery.row().id,
        }
    }

    /// What happens, for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::Read => "read by a program",
            Self::Mount => "mounted through a loop device",
            Self::Delivered(delivery) => delivery.row().about,
        }
    }

    /// The delivery whose figures it has, where they were measured.
    fn delivery(self) -> Delivery {
        match self {
            Self::Read => Delivery::Module,
            Self::Mount => Delivery::LoopTmpfs,
            Self::Delivered(delivery) => delivery,
        }
    }

    /// The row of the table of deliveries: whether it gives files, mounts, needs code in the kernel.
    pub fn row(self) -> &'static DeliveryRow {
        self.delivery().row()
    }

    /// Whether headers can be read so from artifacts of `form`.
    pub fn fits(self, form: &FormInfo) -> bool {
        match self {
            Self::Read => form.layout != Layout::Other,
            _ => self.delivery().takes(form.layout) && !self.delivery().is_stored(form.layout),
        }
    }

    /// The cost of `form` with this access method.
    ///
    /// # Errors
    /// It was not measured.
    pub fn cost(self, record: &Record, form: &FormInfo, cost: Cost) -> Result<Figure, Absent> {
        let own = |metric| figure(record, &form.id, metric);
        let (reader, mounted) = match cost {
            Cost::Size => return own(id::SIZE_BYTES),
            Cost::Build => return own(id::BUILD_WALL),
            Cost::Pinned => return self.pinned(record, form),
            Cost::OneHeader => (id::EXTRACT_ONE_MIDDLE_WARM, id::EXTRACT_MOUNT_ONE),
            Cost::Closure => (id::EXTRACT_CLOSURE_WARM, id::EXTRACT_MOUNT_CLOSURE),
            Cost::FirstCompile => (id::EXTRACT_FIRST_COMPILE, id::EXTRACT_MOUNT_FIRST_COMPILE),
        };
        match (self.row().times, cost) {
            (Times::Mount, _) => own(mounted),
            (Times::ReaderInGuest, Cost::FirstCompile) => Err(Absent {
                form: form.id.clone(),
                metric: mounted.to_owned(),
                why: Absence::DoesNotApply(NOT_TIMED.to_owned()),
            }),
            (Times::Tree, Cost::OneHeader | Cost::Closure) => figure(record, TREE, reader),
            _ => own(reader),
        }
    }

    /// What its kernel keeps in use: of the first of the states that was measured, as of a guest without
    /// an accelerator not all is read through every mount.
    fn pinned(self, record: &Record, form: &FormInfo) -> Result<Figure, Absent> {
        let delivery = self.delivery();
        let states = delivery.row().in_use.iter();
        let mut all = states.map(|state| figure(record, &form.id, delivery.pinned(*state)));
        let first = all.next().unwrap_or_else(|| figure(record, &form.id, Axis::Memory));
        first.or_else(|absent| all.find_map(Result::ok).ok_or(absent))
    }

    /// In which state the `figure` of `cost` was taken, if it differs from the usual one.
    pub fn state(self, cost: Cost, figure: &Figure) -> Option<&'static str> {
        match (cost, self.row().times) {
            (Cost::OneHeader | Cost::Closure, Times::Tree) => Some("once extracted"),
            (Cost::OneHeader | Cost::Closure, Times::Mount) => Some("once mounted"),
            (Cost::Pinned, _) => match guest_metric(&figure.metric)? {
                GuestMetric::Memory(delivery, state, _) if state != delivery.all_read() => {
                    before_all_read(state)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

fn before_all_read(state: State) -> Option<&'static str> {
    Some(match state {
        State::Loaded => "once loaded",
        State::Mounted => "once mounted",
        State::One => "once one header was read",
        State::Closure => "once a program’s headers were read",
        _ => return None,
    })
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Access {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
