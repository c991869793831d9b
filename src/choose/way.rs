//! The table of access methods: which figures of a record are the costs of each.

use crate::figure::{Absent, Figure, figure};
use crate::record::{FormInfo, Observation, Outcome, Record};

/// An access method of the headers.
#[derive(Debug)]
pub struct Way {
    /// Its name: a delivery of the memory axis, or how it is read where that axis was not run.
    pub id: &'static str,
    pub about: &'static str,
    /// The layouts of the forms that it takes.
    layouts: &'static [&'static str],
    /// The metrics of unreclaimable memory in use, with their states: empty for the first, the usual one. The
    /// first that was measured counts, as of a guest without an accelerator not all is read through
    /// every mount.
    pinned: &'static [(&'static str, &'static str)],
    one: Source,
    /// The time to the headers of a program.
    closure: Source,
    /// The time to the first program compiled.
    first_compile: Source,
    /// Whether any program finds the headers as files.
    pub files: bool,
    /// Whether its kernel needs code that no released kernel has.
    pub new_code: bool,
}

/// Where a figure comes from.
#[derive(Debug)]
enum Source {
    Own(&'static str),
    /// The uncompressed tree's, as the form was extracted before.
    Tree(&'static str),
    /// None: what is nearest to it was not timed, and why.
    Untimed(&'static str, &'static str),
}

const ONE: &str = "extract.one.middle.warm";
const CLOSURE: &str = "extract.closure.warm";
const FIRST_COMPILE: Source = Source::Own("extract.first_compile");
const MOUNTED_ONE: Source = Source::Own("extract.mount.one");
const MOUNTED_CLOSURE: Source = Source::Own("extract.mount.closure");
const MOUNTED_COMPILE: Source = Source::Own("extract.mount.first_compile");
/// Its module is loaded in guests alone.
const PSEUDOFS_COMPILE: Source = Source::Untimed(
    "extract.mount.first_compile",
    "not timed: its file system runs in guests alone, where times mean nothing",
);

macro_rules! in_use {
    ($delivery:literal) => {
        &[
            (concat!("memory.", $delivery, ".all.pinned"), ""),
            (
                concat!("memory.", $delivery, ".closure.pinned"),
                "once a program’s headers were read",
            ),
            (concat!("memory.", $delivery, ".one.pinned"), "once one header was read"),
            (concat!("memory.", $delivery, ".mounted.pinned"), "once mounted"),
        ]
    };
}

/// Where the memory axis was not run: the artifact read by a program, or mounted.
const PLAIN: &[Way] = &[
    Way {
        id: "read",
        about: "read by a program",
        layouts: &["folder", "stream", "per-file", "image"],
        pinned: &[("memory.module.read.pinned", "")],
        one: Source::Own(ONE),
        closure: Source::Own(CLOSURE),
        first_compile: FIRST_COMPILE,
        files: false,
        new_code: false,
    },
    Way {
        id: "mount",
        about: "mounted through a loop device",
        layouts: &["image"],
        pinned: in_use!("loop-tmpfs"),
        one: MOUNTED_ONE,
        closure: MOUNTED_CLOSURE,
        first_compile: MOUNTED_COMPILE,
        files: true,
        new_code: false,
    },
];

/// The deliveries of the memory axis.
const DELIVERED: &[Way] = &[
    Way {
        id: "module",
        about: "in a module, read by a program",
        layouts: &["stream", "per-file", "image"],
        pinned: &[
            ("memory.module.read.pinned", ""),
            ("memory.module.loaded.pinned", "once loaded"),
        ],
        one: Source::Own(ONE),
        closure: Source::Own(CLOSURE),
        first_compile: FIRST_COMPILE,
        files: false,
        new_code: false,
    },
    Way {
        id: "extract-unload",
        about: "from a module extracted to tmpfs, the module unloaded",
        layouts: &["stream"],
        pinned: &[("memory.extract-unload.unloaded.pinned", "")],
        one: Source::Tree(ONE),
        closure: Source::Tree(CLOSURE),
        first_compile: FIRST_COMPILE,
        files: true,
        new_code: false,
    },
    Way {
        id: "tmpfs",
        about: "as files in memory",
        layouts: &["folder"],
        pinned: &[("memory.tmpfs.present.pinned", "")],
        one: Source::Own(ONE),
        closure: Source::Own(CLOSURE),
        first_compile: FIRST_COMPILE,
        files: true,
        new_code: false,
    },
    Way {
        id: "blockdev",
        about: "in a module as a block device, mounted",
        layouts: &["image"],
        pinned: in_use!("blockdev"),
        one: MOUNTED_ONE,
        closure: MOUNTED_CLOSURE,
        first_compile: MOUNTED_COMPILE,
        files: true,
        new_code: true,
    },
    Way {
        id: "loop-module",
        about: "in a module, mounted through a loop device",
        layouts: &["image"],
        pinned: in_use!("loop-module"),
        one: MOUNTED_ONE,
        closure: MOUNTED_CLOSURE,
        first_compile: MOUNTED_COMPILE,
        files: true,
        new_code: false,
    },
    Way {
        id: "loop-tmpfs",
        about: "as a file in memory, mounted through a loop device",
        layouts: &["image"],
        pinned: in_use!("loop-tmpfs"),
        one: MOUNTED_ONE,
        closure: MOUNTED_CLOSURE,
        first_compile: MOUNTED_COMPILE,
        files: true,
        new_code: false,
    },
    Way {
        id: "pseudofs",
        about: "in a module that is a file system of its own; times are this program’s reader’s",
        layouts: &["per-file"],
        pinned: in_use!("pseudofs"),
        one: Source::Own(ONE),
        closure: Source::Own(CLOSURE),
        first_compile: PSEUDOFS_COMPILE,
        files: true,
        new_code: true,
    },
];

/// The ways that `record` has figures of.
pub fn ways(record: &Record) -> &'static [Way] {
    if delivered(record) { DELIVERED } else { PLAIN }
}

/// Whether forms were delivered to a kernel. Where the figures of memory are modelled, none was.
pub(super) fn delivered(record: &Record) -> bool {
    let memory = || record.observations.iter().filter(|seen| seen.metric.starts_with("memory."));
    let modelled = |seen: &Observation| matches!(seen.outcome, Outcome::Modelled { .. });
    memory().next().is_some() && !memory().any(modelled)
}

/// A kind of cost.
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

impl Way {
    /// Whether it takes artifacts of `form`.
    pub fn fits(&self, form: &FormInfo) -> bool {
        self.layouts.contains(&form.layout.as_str())
    }

    /// The cost of `form` with this access method.
    ///
    /// # Errors
    /// It was not measured.
    pub fn cost(&self, record: &Record, form: &FormInfo, cost: Cost) -> Result<Figure, Absent> {
        let of = |source: &Source| match source {
            Source::Own(metric) => figure(record, &form.id, metric),
            Source::Tree(metric) => figure(record, "tree", metric),
            Source::Untimed(metric, why) => Err(Absent {
                form: form.id.clone(),
                metric: (*metric).to_owned(),
                why: (*why).to_owned(),
            }),
        };
        match cost {
            Cost::Size => figure(record, &form.id, "size.bytes"),
            Cost::Build => figure(record, &form.id, "build.wall"),
            Cost::OneHeader => of(&self.one),
            Cost::Closure => of(&self.closure),
            Cost::FirstCompile => of(&self.first_compile),
            Cost::Pinned => self.held(record, form),
        }
    }

    fn held(&self, record: &Record, form: &FormInfo) -> Result<Figure, Absent> {
        let mut all = self.pinned.iter().map(|(metric, _)| figure(record, &form.id, metric));
        let first = all.next().unwrap_or_else(|| figure(record, &form.id, "memory"));
        first.or_else(|absent| all.find_map(Result::ok).ok_or(absent))
    }

    /// In which state the `figure` of `cost` was taken, if it differs from the usual one.
    pub fn state(&self, cost: Cost, figure: &Figure) -> Option<&'static str> {
        let timed = |source: &Source| match source {
            Source::Tree(_) => Some("once extracted"),
            Source::Own(metric) => metric.starts_with("extract.mount.").then_some("once mounted"),
            Source::Untimed(..) => None,
        };
        match cost {
            Cost::OneHeader => timed(&self.one),
            Cost::Closure => timed(&self.closure),
            Cost::Pinned => {
                let known = self.pinned.iter().find(|(metric, _)| *metric == figure.metric);
                known.map(|(_, state)| *state).filter(|state| !state.is_empty())
            }
            Cost::Size | Cost::Build | Cost::FirstCompile => None,
        }
    }

    /// The form with its access method.
    pub fn of(&self, form: &str) -> String {
        format!("{form}, {}", self.id)
    }
}
