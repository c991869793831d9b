//! The record of a run: provenance, machine, and every raw sample.
//!
//! A record is written by a run and read by judgements and reports, which need nothing
//! else. Fields are only ever added; a reader takes any schema up to its own.

mod absence;
mod axis;
pub mod compat;
mod delivery;
pub mod figure;
mod guest;
mod guest_metric;
mod layout;
mod meet;
pub mod merge;
mod metric;
mod named;
mod observation;
mod reference;
mod run;
mod source;
pub mod stats;
mod store;
pub mod units;

pub use absence::Absence;
pub use axis::{Axis, Nature, Unit};
pub use delivery::{Delivery, DeliveryRow, Operation, State, Times};
pub use guest::{Check, Guest, LEFT_BEHIND, WORKER};
pub use guest_metric::{GuestMetric, Held};
pub use layout::Layout;
pub use metric::{
    METRICS, Metric, guest_metric, id, is_of_command, is_of_cpu, is_of_guest, metric,
};
pub use observation::{Observation, Outcome};
pub use reference::{Reference, Work};
pub use run::{
    ARCHIVE, Closure, Dataset, FormInfo, Machine, PREPARE, Part, Record, SCHEMA, SYNTHETIC,
    Settings, TREE, Tool,
};
pub use source::Source;
pub use store::{Store, load, load_all, save};
