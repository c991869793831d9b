//! The table of metrics: id, axis, unit, and whether each is exact or noisy.

use std::sync::LazyLock;

use super::axis::{Axis, Nature, Unit};
use super::delivery::Delivery;
use super::guest_metric::GuestMetric;

/// A row of the table.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Metric {
    /// Its name, the axis first.
    pub id: &'static str,
    pub axis: Axis,
    pub unit: Unit,
    pub nature: Nature,
    /// A few words for the head of a column.
    pub title: &'static str,
    /// What it is of, where a booted guest gives it.
    pub guest: Option<GuestMetric>,
}

/// Metrics of this machine's own kernel and program: a constant for each id, and the rows.
macro_rules! native {
    ($($name:ident = $id:literal: $nature:ident $axis:ident $unit:ident $title:literal;)*) => {
        /// The ids of metrics that no guest gives.
        #[allow(missing_docs, reason = "each is the id that its name spells")]
        pub mod id {
            $(pub const $name: &str = $id;)*
        }

        const NATIVE: &[Metric] = &[$(Metric {
            id: $id,
            axis: Axis::$axis,
            unit: Unit::$unit,
            nature: Nature::$nature,
            title: $title,
            guest: None,
        },)*];
    };
}

native! {
    SIZE_BYTES = "size.bytes": Exact Size Bytes "size";
    SIZE_PAGES = "size.pages": Exact Size Bytes "size in whole pages";
    SIZE_RATIO = "size.ratio": Exact Size PartsPerMillion "size / tree";
    BUILD_WALL = "build.wall": Noisy Build Nanoseconds "build, wall";
    BUILD_CPU = "build.cpu": Noisy Build Nanoseconds "build, CPU";
    BUILD_PEAK_MEMORY = "build.peak_memory": Noisy Build Bytes "build, peak memory";
    BUILD_COMMAND_WALL = "build.command.wall": Noisy Build Nanoseconds "build as a command, wall";
    BUILD_COMMAND_CPU = "build.command.cpu": Noisy Build Nanoseconds "build as a command, CPU";
    BUILD_COMMAND_PEAK_MEMORY = "build.command.peak_memory": Noisy Build Bytes "build as a command, peak memory";
    EXTRACT_ALL_WARM_WALL = "extract.all.warm.wall": Noisy Extract Nanoseconds "all, warm";
    EXTRACT_ALL_WARM_CPU = "extract.all.warm.cpu": Noisy Extract Nanoseconds "all, warm, CPU";
    EXTRACT_ALL_WARM_PEAK_MEMORY = "extract.all.warm.peak_memory": Noisy Extract Bytes "all, peak memory";
    EXTRACT_ALL_COLD_WALL = "extract.all.cold.wall": Noisy Extract Nanoseconds "all, cold";
    EXTRACT_ONE_FIRST_WARM = "extract.one.first.warm": Noisy Extract Nanoseconds "first header, warm";
    EXTRACT_ONE_FIRST_COLD = "extract.one.first.cold": Noisy Extract Nanoseconds "first header, cold";
    EXTRACT_ONE_MIDDLE_WARM = "extract.one.middle.warm": Noisy Extract Nanoseconds "middle header, warm";
    EXTRACT_ONE_MIDDLE_COLD = "extract.one.middle.cold": Noisy Extract Nanoseconds "middle header, cold";
    EXTRACT_ONE_LAST_WARM = "extract.one.last.warm": Noisy Extract Nanoseconds "last header, warm";
    EXTRACT_ONE_LAST_COLD = "extract.one.last.cold": Noisy Extract Nanoseconds "last header, cold";
    EXTRACT_CLOSURE_WARM = "extract.closure.warm": Noisy Extract Nanoseconds "closure, warm";
    EXTRACT_CLOSURE_COLD = "extract.closure.cold": Noisy Extract Nanoseconds "closure, cold";
    EXTRACT_FIRST_COMPILE = "extract.first_compile": Noisy Extract Nanoseconds "first compile";
    EXTRACT_COMMAND_ALL_WALL = "extract.command.all.wall": Noisy Extract Nanoseconds "all, as a command";
    EXTRACT_COMMAND_ALL_CPU = "extract.command.all.cpu": Noisy Extract Nanoseconds "all, as a command, CPU";
    EXTRACT_COMMAND_ALL_PEAK_MEMORY = "extract.command.all.peak_memory": Noisy Extract Bytes "all, as a command, peak memory";
    EXTRACT_COMMAND_ONE = "extract.command.one": Noisy Extract Nanoseconds "middle header, as a command";
    EXTRACT_MOUNT_ATTACH = "extract.mount.attach": Noisy Extract Nanoseconds "mount";
    EXTRACT_MOUNT_ONE = "extract.mount.one": Noisy Extract Nanoseconds "mounted, one header";
    EXTRACT_MOUNT_ONE_COLD = "extract.mount.one.cold": Noisy Extract Nanoseconds "mounted, one header, cold";
    EXTRACT_MOUNT_CLOSURE = "extract.mount.closure": Noisy Extract Nanoseconds "mounted, closure";
    EXTRACT_MOUNT_CLOSURE_COLD = "extract.mount.closure.cold": Noisy Extract Nanoseconds "mounted, closure, cold";
    EXTRACT_MOUNT_ALL = "extract.mount.all": Noisy Extract Nanoseconds "mounted, all";
    EXTRACT_MOUNT_FIRST_COMPILE = "extract.mount.first_compile": Noisy Extract Nanoseconds "mounted, first compile";
}

/// The texts of the metrics of a guest: id and title.
static GUEST: LazyLock<Vec<(GuestMetric, String, String)>> = LazyLock::new(|| {
    let deliveries = || Delivery::ALL.iter();
    let memory = deliveries().flat_map(|delivery| delivery.memory());
    // What is seen while extracting comes after all that is held in a state.
    let (states, extracting): (Vec<_>, Vec<_>) = memory.partition(GuestMetric::is_of_state);
    let instructions = deliveries().flat_map(|delivery| delivery.instructions());
    let all = states.into_iter().chain(extracting).chain(instructions);
    all.map(|metric| (metric, metric.to_string(), metric.title())).collect()
});

/// Every metric, in the order of reports.
pub static METRICS: LazyLock<Vec<Metric>> = LazyLock::new(|| {
    let guest = GUEST.iter().map(|(metric, id, title)| {
        let (axis, unit, nature) = match metric {
            GuestMetric::Memory(..) => (Axis::Memory, Unit::Bytes, Nature::Noisy),
            GuestMetric::Instructions(..) => {
                (Axis::Instructions, Unit::Instructions, Nature::Exact)
            }
        };
        Metric { id, axis, unit, nature, title, guest: Some(*metric) }
    });
    NATIVE.iter().copied().chain(guest).collect()
});

/// The metric named `id`.
pub fn metric(id: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.id == id)
}

/// What of a guest the metric named `id` is of; `None` of what no guest gives and of what this version of
/// the program does not know.
pub fn guest_metric(id: &str) -> Option<GuestMetric> {
    metric(id)?.guest
}

/// Whether the metric named `id` is of a booted guest.
pub fn is_of_guest(id: &str) -> bool {
    Axis::of(id).is_some_and(Axis::is_of_guest)
}

/// Whether the metric named `id` is CPU time.
pub fn is_of_cpu(id: &str) -> bool {
    id.rsplit('.').next() == Some("cpu")
}

/// Whether the metric named `id` is of a whole program from its start to its end, which is how a
/// reference tool is measured and what is measured alongside it.
pub fn is_of_command(id: &str) -> bool {
    id.split('.').nth(1) == Some("command")
}
