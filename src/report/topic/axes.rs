//! A section for each axis: its charts, a table for each part of it, and how it was measured.

use crate::record::{Axis, Delivery, GuestMetric, Held, guest_metric};
use crate::report::block::{Block, Column, Depth, Details, Kind, Section, Table};
use crate::report::figures::{Figures, Row};
use crate::report::guest::guest;

use super::memory;

/// A part of a section: its title, and how its metrics' ids begin.
type PartPlan = (&'static str, &'static [&'static str]);

struct Plan {
    axis: Axis,
    title: &'static str,
    method: &'static str,
    parts: &'static [PartPlan],
}

/// The sections in the order of reports.
const PLANS: &[Plan] = &[
    Plan {
        axis: Axis::Size,
        title: "Size",
        method: "Size is counted, not timed: the bytes of the artifact on disk. A folder counts the content \
                 of its files alone. “In whole pages” rounds each stored file up to 4 KiB, which is what a \
                 folder or a page cache takes. Every artifact is read back first, and its digest compared \
                 with the tree’s.",
        parts: &[("To the byte", &["size."])],
    },
    Plan {
        axis: Axis::Build,
        title: "Build",
        method: "Each build runs in a child process of its own, so that peak memory is that of the build. \
                 The tree is in memory before the clock starts. The clock measures the build alone.",
        parts: &[("Time and memory", &["build."])],
    },
    Plan {
        axis: Axis::Extract,
        title: "Extract",
        method: "Each read runs in a child process of its own. Warm: the artifact is in the page cache. \
                 Cold: it was dropped from the page cache first. “All” writes every header to a tmpfs \
                 folder. “One” reads the first, the middle or the last header of the set by its path. The \
                 closure is every header that one real program includes. First compile runs from the \
                 artifact to the first successful compilation of that program. “Mounted” reads the image \
                 through a kernel mount. The mount itself is a figure of its own; of the others only the \
                 mounted first compile includes it.",
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
        method: "A real kernel boots in an emulator and gets each artifact in each delivery that fits it. \
                 After each step the pages that are not free are counted and compared with the state before. \
                 Unreclaimable (pinned) is what remains after caches are dropped and slabs shrunk, as when \
                 memory is tight. Reclaimable is what was in use until then and was given back. The two are \
                 never added up. “First mount” includes what the file system’s module allocates once for all \
                 mounts; “further mount” is the next one. Every container and image, and in a run that is \
                 not quick every archive, is read back in the guest and its digest compared. Where \
                 instructions are counted the figures repeat to the byte; several orders of the deliveries \
                 show how far a figure depends on what ran before.",
        parts: &[],
    },
    Plan {
        axis: Axis::Instructions,
        title: "Instructions",
        method: "The instructions that the guest’s processor executes for each piece of work, in the kernel \
                 and in programs together. Each read through a mount begins with dropped caches. This \
                 program’s own reader reads archives; the kernel’s file system reads the others. A count \
                 includes no cache misses and no waiting for a disk: it is not a time.",
        parts: &[],
    },
];

/// One table of a section.
struct Part {
    title: &'static str,
    columns: Vec<usize>,
}

impl Part {
    /// Whether it has a figure of any form, or should have.
    fn fits(&self, row: &Row) -> bool {
        self.columns.iter().any(|&at| row.cells[at].fits())
    }

    /// The forms that it fits; of a part that fits none all, with the reasons.
    fn rows<'t, 'r>(&self, figures: &'t Figures<'r>) -> Vec<&'t Row<'r>> {
        let mut rows = figures.rows_with(&self.columns);
        if rows.iter().any(|row| self.fits(row)) {
            rows.retain(|row| self.fits(row));
        }
        rows
    }
}

/// Takes the columns left whose ids are wanted.
type Take<'a> = dyn FnMut(&dyn Fn(&str) -> bool) -> Vec<usize> + 'a;

/// The sections that there are figures for; every column is in exactly one.
pub(in crate::report) fn sections(figures: &Figures) -> Vec<Section> {
    let mut rest: Vec<usize> = (0..figures.columns.len()).collect();
    let mut take = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let (taken, left) = rest.iter().partition(|&&at| wanted(figures.columns[at].id));
        rest = left;
        taken
    };
    let mut sections = Vec::new();
    for plan in PLANS {
        let mut parts = match plan.axis.is_of_guest() {
            true => deliveries(figures, plan.axis, &mut take),
            false => Vec::new(),
        };
        for (title, prefixes) in plan.parts {
            let columns = take(&|id| prefixes.iter().any(|prefix| id.starts_with(prefix)));
            parts.push(Part { title, columns });
        }
        let axis = format!("{}.", plan.axis);
        let columns = take(&|id| id.starts_with(&axis));
        parts.push(Part { title: "Other", columns });
        parts.retain(|part| !part.columns.is_empty());
        if !parts.is_empty() {
            sections.push(section(figures, plan, &parts));
        }
    }
    let columns = take(&|_| true);
    if !columns.is_empty() {
        let part = Part { title: "Metrics that this version does not know", columns };
        sections.push(Section {
            id: format!("r{}-other", figures.run),
            title: "Other figures".to_owned(),
            blocks: vec![Block::Table(table(figures, &part, ""))],
            ..Section::default()
        });
    }
    sections
}

fn section(figures: &Figures, plan: &Plan, parts: &[Part]) -> Section {
    let memory = plan.axis == Axis::Memory;
    let kernel = guest(figures.record).filter(|_| memory).unwrap_or_default();
    let mut blocks = Vec::new();
    if memory {
        blocks.push(Block::Table(Table { about: kernel.clone(), ..memory::as_used(figures) }));
    }
    for part in parts {
        let table = Block::Table(table(figures, part, &kernel));
        if !plan.axis.is_of_guest() {
            blocks.push(table);
            continue;
        }
        let mut inside = vec![table];
        if let Some(counters) = memory::counters(figures, &part.columns, part.title) {
            inside.push(Block::Table(Table { about: kernel.clone(), ..counters }));
        }
        let what = if memory { "States" } else { "Counts" };
        let summary = format!("{what}: {}", part.title).into();
        blocks.push(Block::Details(Details { id: None, summary, blocks: inside }));
    }
    blocks.push(Block::method("How it was measured.", plan.method));
    Section {
        id: format!("r{}-{}", figures.run, plan.axis.id()),
        title: plan.title.to_owned(),
        depth: if memory { Depth::Brief } else { Depth::Full },
        blocks,
    }
}

fn table(figures: &Figures, part: &Part, about: &str) -> Table {
    let heads = part.columns.iter().map(|&at| Column::right(memory::head(&figures.columns[at])));
    let rows = part.rows(figures).into_iter().map(|row| {
        let cells = part.columns.iter();
        let cells = cells.map(|&at| figures.shown(&row.cells[at], &figures.columns[at]));
        figures.line(row, cells.collect())
    });
    Table {
        title: part.title.to_owned(),
        about: about.to_owned(),
        kind: Kind::Sorted,
        rows: rows.collect(),
        columns: [Column::left("form")].into_iter().chain(heads).collect(),
    }
}

/// A part for each delivery: what is unreclaimable in each state, then what is reclaimable. A delivery
/// that no form was measured in is left out, unless that is so of all: then the first has the reason.
fn deliveries(figures: &Figures, axis: Axis, take: &mut Take) -> Vec<Part> {
    let mut parts = Vec::new();
    for delivery in Delivery::ALL {
        let mut columns = take(&|id| {
            let of = guest_metric(id).is_some_and(|metric| metric.delivery() == *delivery);
            of && Axis::of(id) == Some(axis)
        });
        columns.sort_by_key(|&at| {
            let metric = guest_metric(figures.columns[at].id);
            matches!(metric, Some(GuestMetric::Memory(_, _, Held::Reclaimable)))
        });
        parts.push(Part { title: delivery.row().title, columns });
    }
    parts.retain(|part| !part.columns.is_empty());
    let fits = |part: &Part| figures.rows.iter().any(|row| part.fits(row));
    if parts.iter().any(fits) {
        parts.retain(fits);
    } else {
        parts.truncate(1);
        parts.iter_mut().for_each(|part| part.columns.truncate(1));
    }
    parts
}
