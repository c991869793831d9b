//! How the metrics of a record are laid out: a section for each axis, a table for each part of it.

use crate::record::{Axis, Delivery, GuestMetric, Held, guest_metric};

use super::memory;
use super::table::{Row, Table};

/// A part of a section: its title, and how its metrics' ids begin.
type PartPlan = (&'static str, &'static [&'static str]);

/// One axis of the report.
struct Plan {
    axis: Axis,
    title: &'static str,
    method: &'static str,
    parts: &'static [PartPlan],
}

/// The sections in the order of the page.
const PLANS: &[Plan] = &[
    Plan {
        axis: Axis::Size,
        title: "Size",
        method: "Counted, not timed: the bytes of the artifact as it lies on disk; of a folder, \
                 the content of its files alone. “In whole \
                 pages” rounds each stored file up to 4 KiB, which is what a folder or a page \
                 cache takes. Before anything was reported, every artifact was read back and its \
                 digest compared with the tree’s.",
        parts: &[("To the byte", &["size."])],
    },
    Plan {
        axis: Axis::Build,
        title: "Build",
        method: "Each build ran in a child process that did nothing else, so that peak memory is \
                 its own. The tree was in memory before the clock started; the clock stood round \
                 the build alone.",
        parts: &[("Time and memory", &["build."])],
    },
    Plan {
        axis: Axis::Extract,
        title: "Extract",
        method: "Each reading ran in a child process of its own. Warm: the artifact was in the \
                 page cache. Cold: it was dropped from the page cache first. “All” writes every \
                 header to a tmpfs folder; “one” asks for the first, the middle or the last \
                 header of the set by its path; the closure is every header that one real \
                 program includes; first compile runs from the artifact to the first successful \
                 compilation of that program. “Mounted” reads the image through a kernel mount; \
                 the mount itself is a figure of its own and part of no other but the mounted \
                 first compile.",
        parts: &[
            ("All headers", &["extract.all."]),
            ("One header", &["extract.one."]),
            ("A program’s headers", &["extract.closure.", "extract.first_compile"]),
            ("Through a kernel mount", &["extract.mount."]),
        ],
    },
    Plan {
        axis: Axis::Memory,
        title: "Kernel memory",
        method: "A real kernel was booted in an emulator, given each artifact in each way that \
                 fits it, and asked at each step how many of its pages are not free, against \
                 what it held before. Pinned is what it holds after caches were dropped and \
                 slabs shrunk, as when memory is tight; reclaimable is what it held until then \
                 and gave back. The two are never added up. “First mount” has what the module of the \
                 file system allocates once for all mounts; “further mount” is the next, with that \
                 in place. Every container and image, and in a run that is not quick every archive, was read \
                 back in the guest and its digest compared. Where instructions are counted the figures repeat to the byte; several orders \
                 of the deliveries show how far the figures depend on what came before.",
        // One for each delivery: see `deliveries`.
        parts: &[],
    },
    Plan {
        axis: Axis::Instructions,
        title: "Instructions",
        method: "How many instructions the guest’s processor executed for each piece of work, in the \
                 kernel and in programs together. Each read through a mount began with dropped caches. Archives are \
                 read by this program’s own reader, the others through the kernel’s file system. A count \
                 has no cache misses and no waiting for a disk in it: it is no time.",
        parts: &[],
    },
];

/// One section of a report.
#[derive(Debug)]
pub(super) struct Section {
    /// The axis; `None` for metrics that this version does not know.
    pub axis: Option<Axis>,
    /// Its title.
    pub title: &'static str,
    /// How it was measured.
    pub method: &'static str,
    /// Its tables; none is empty.
    pub parts: Vec<Part>,
}

/// One table of a section.
#[derive(Debug)]
pub(super) struct Part {
    /// Its title.
    pub title: &'static str,
    /// The columns it shows.
    pub columns: Vec<usize>,
    /// Whether it shows only the forms that its delivery fits.
    pub fitting: bool,
}

impl Part {
    /// The rows it shows.
    pub(super) fn rows<'t, 'r>(&self, table: &'t Table<'r>) -> Vec<&'t Row<'r>> {
        let mut rows = table.rows_with(&self.columns);
        if self.fitting {
            rows.retain(|row| self.columns.iter().any(|&c| memory::fits(&row.cells[c])));
        }
        rows
    }
}

/// The sections that `table` has figures for; every column stands in exactly one.
pub(super) fn sections(table: &Table) -> Vec<Section> {
    let mut rest: Vec<usize> = (0..table.columns.len()).collect();
    let mut take = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let (taken, left) = rest.iter().partition(|&&c| wanted(table.columns[c].id));
        rest = left;
        taken
    };
    let mut sections = Vec::new();
    for plan in PLANS {
        let mut parts: Vec<Part> = Vec::new();
        for (title, prefixes) in plan.parts {
            let columns = take(&|id| prefixes.iter().any(|prefix| id.starts_with(prefix)));
            parts.push(Part { title, columns, fitting: false });
        }
        if plan.axis.is_of_guest() {
            parts = deliveries(table, plan.axis, &mut take);
        }
        let axis = format!("{}.", plan.axis);
        let columns = take(&|id| id.starts_with(&axis));
        parts.push(Part { title: "Other", columns, fitting: false });
        sections.push(Section {
            axis: Some(plan.axis),
            title: plan.title,
            method: plan.method,
            parts,
        });
    }
    sections.push(Section {
        axis: None,
        title: "Other figures",
        method: "Metrics that this version of the program does not know.",
        parts: vec![Part { title: "Other", columns: take(&|_| true), fitting: false }],
    });
    for section in &mut sections {
        section.parts.retain(|part| !part.columns.is_empty());
    }
    sections.retain(|section| !section.parts.is_empty());
    sections
}

/// Takes the columns left whose ids are wanted.
type Take<'a> = dyn FnMut(&dyn Fn(&str) -> bool) -> Vec<usize> + 'a;

/// A part for each delivery: what is pinned in each state, then what is reclaimable. A delivery
/// that no form was held in is left out, unless that is so of all: then the first tells why.
fn deliveries(table: &Table, axis: Axis, take: &mut Take) -> Vec<Part> {
    let mut parts = Vec::new();
    for delivery in Delivery::ALL {
        let mut columns = take(&|id| {
            let of = guest_metric(id).is_some_and(|metric| metric.delivery() == *delivery);
            of && Axis::of(id) == Some(axis)
        });
        columns.sort_by_key(|&c| {
            let metric = guest_metric(table.columns[c].id);
            matches!(metric, Some(GuestMetric::Memory(_, _, Held::Reclaimable)))
        });
        parts.push(Part { title: delivery.row().title, columns, fitting: true });
    }
    parts.retain(|part| !part.columns.is_empty());
    if parts.iter().all(|part| part.rows(table).is_empty()) {
        parts.truncate(1);
        for part in &mut parts {
            part.columns.truncate(1);
            part.fitting = false;
        }
    }
    parts.retain(|part| !part.rows(table).is_empty());
    parts
}
