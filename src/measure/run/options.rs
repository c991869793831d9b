//! What a run is asked to do.

use std::path::PathBuf;

use crate::form::Forms;
use crate::guest::Machine;
use crate::guest::image::Given;
use crate::measure::reference::Reference;
use crate::record::Axis;

/// What a run is asked to do.
#[derive(Clone, Default)]
pub struct Options {
    /// The forms, in order.
    pub forms: Forms,
    /// The reference tools, in order.
    pub references: Vec<&'static Reference>,
    /// The axes.
    pub axes: Vec<Axis>,
    /// Whether the making of the set itself is measured, too.
    pub prepare: bool,
    /// One round of each.
    pub quick: bool,
    /// This many rounds of each, instead of as many as their cost allows.
    pub samples: Option<u64>,
    /// In how many orders a guest is given each form's deliveries.
    pub orders: u64,
    /// The folder on disk to work below.
    pub work: PathBuf,
    /// The command line that would do it again.
    pub command: Vec<String>,
    /// The kernel to boot instead of Debian's.
    pub guest: Given,
    /// The machine to boot it on.
    pub guest_machine: Machine,
}
