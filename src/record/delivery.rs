//! The one table of deliveries: how a running kernel holds an artifact, in which states its memory is
//! measured, and which work its instructions are counted for.
//!
//! Pinned memory is what the kernel holds beyond the base once it has given back all that it can;
//! reclaimable is what it held before that and gave back. The two are never added up: their sum would
//! count what a kernel under pressure does not hold. The pinned figure of "all read" is what stays after
//! everything was read and reclaimed.

#![allow(missing_docs, reason = "rows and names say what they are")]

use std::fmt;

use super::axis::Axis;
use super::layout::Layout;

/// How a kernel holds an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    Module,
    ExtractUnload,
    Tmpfs,
    Blockdev,
    LoopModule,
    LoopTmpfs,
    Pseudofs,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// Its name, the second word of its metrics.
    pub id: &'static str,
    /// The title of its table in a report.
    pub title: &'static str,
    /// What happens, as one line of a list of access methods.
    pub about: &'static str,
    /// The artifacts that it takes, as the end of "it takes …".
    pub takes: &'static str,
    pub layouts: &'static [Layout],
    /// The layout whose forms are usually delivered so.
    pub usual_for: Option<Layout>,
    /// The states in which memory is measured, in order.
    pub states: &'static [State],
    /// The state after everything was read; then those that are taken in its place, in this order,
    /// where that state was not measured.
    pub in_use: &'static [State],
    pub operations: &'static [Operation],
    pub times: Times,
    /// Whether any program finds the headers as files.
    pub files: bool,
    /// Whether the headers are read through a mount.
    pub mount: bool,
    /// Whether the artifact reaches the mount through a loop device.
    pub looped: bool,
    /// Whether its kernel needs code that no released kernel has.
    pub new_code: bool,
    /// Whether the artifact is copied to a file in memory, where others load a module with it.
    pub copied: bool,
}

/// What was timed of reading headers from an artifact that is delivered so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// This program's reader.
    Reader,
    /// This program's reader; the first compile is not timed, as the file system runs in guests alone.
    ReaderInGuest,
    /// Reads of the uncompressed tree, as all was extracted before.
    Tree,
    /// Reads through a mount.
    Mount,
}

/// An enum whose variants have a name in ids and words for the head of a column.
macro_rules! named {
    ($(#[$about:meta])* $name:ident { $($variant:ident $id:literal $title:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($variant,)*
        }

        impl $name {
            /// Its name in a metric's id.
            pub const fn id(self) -> &'static str {
                match self {
                    $($name::$variant => $id,)*
                }
            }

            /// The one named `id`.
            pub fn by_id(id: &str) -> Option<Self> {
                [$($name::$variant,)*].into_iter().find(|one| one.id() == id)
            }

            const fn words(self) -> &'static str {
                match self {
                    $($name::$variant => $title,)*
                }
            }
        }
    };
}

named! {
    /// When memory is measured.
    State {
        Loaded "loaded" "loaded",
        Read "read" "read through",
        Extracting "extracting" "extracting",
        Extracted "extracted" "extracted",
        Present "present" "present",
        Mounted "mounted" "first mount",
        One "one" "one header read",
        Closure "closure" "closure read",
        All "all" "all read",
        Unmounted "unmounted" "unmounted",
        Remounted "remounted" "further mount",
        Unloaded "unloaded" "unloaded",
        Removed "removed" "removed",
    }
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

named! {
    /// A piece of work whose instructions are counted.
    Operation {
        Load "load" "load",
        Extract "extract" "extract all to tmpfs",
        Mount "mount" "first mount",
        First "first" "first header",
        Last "last" "last header",
        Middle "middle" "middle header",
        Closure "closure" "closure",
        Walk "walk" "stat of all names",
        All "all" "all headers",
        Remount "remount" "further mount",
    }
}

/// A metric of a booted guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuestMetric {
    Memory(Delivery, State, Held),
    Instructions(Delivery, Operation),
}

use Operation as O;
use State as S;

/// What the deliveries through a mount have in common.
const MOUNTED: Row = Row {
    id: "",
    title: "",
    about: "",
    takes: "file-system images",
    layouts: &[Layout::Image],
    usual_for: None,
    states: &[
        S::Loaded,
        S::Mounted,
        S::One,
        S::Closure,
        S::All,
        S::Unmounted,
        S::Remounted,
        S::Unloaded,
    ],
    in_use: &[S::All, S::Closure, S::One, S::Mounted],
    operations: &[
        O::Load,
        O::Mount,
        O::First,
        O::Last,
        O::Middle,
        O::Closure,
        O::Walk,
        O::All,
        O::Remount,
    ],
    times: Times::Mount,
    files: true,
    mount: true,
    looped: false,
    new_code: false,
    copied: false,
};

/// What the deliveries without a mount have in common.
const UNMOUNTED: Row = Row { times: Times::Reader, mount: false, ..MOUNTED };

impl Delivery {
    /// Every delivery, in the order of reports.
    pub const ALL: &[Self] = &[
        Self::Module,
        Self::ExtractUnload,
        Self::Tmpfs,
        Self::Blockdev,
        Self::LoopModule,
        Self::LoopTmpfs,
        Self::Pseudofs,
    ];

    /// Its row of the table.
    pub const fn row(self) -> &'static Row {
        match self {
            Self::Module => {
                const {
                    &Row {
                        id: "module",
                        title: "In a module, behind a file in /sys",
                        about: "in a module, read by a program",
                        takes: "artifacts of one file",
                        layouts: &[Layout::Stream, Layout::PerFile, Layout::Image],
                        usual_for: Some(Layout::Stream),
                        states: &[S::Loaded, S::Read, S::Unloaded],
                        in_use: &[S::Read, S::Loaded],
                        operations: &[O::Load, O::First, O::Last, O::Middle, O::Closure, O::All],
                        files: false,
                        ..UNMOUNTED
                    }
                }
            }
            Self::ExtractUnload => {
                const {
                    &Row {
                        id: "extract-unload",
                        title: "Extracted from a module to tmpfs",
                        about: "from a module extracted to tmpfs, the module unloaded",
                        takes: "archives that are extracted",
                        layouts: &[Layout::Stream],
                        states: &[S::Loaded, S::Extracted, S::Unloaded, S::Removed, S::Extracting],
                        in_use: &[S::Unloaded],
                        operations: &[O::Extract],
                        times: Times::Tree,
                        ..UNMOUNTED
                    }
                }
            }
            Self::Tmpfs => {
                const {
                    &Row {
                        id: "tmpfs",
                        title: "Files on tmpfs",
                        about: "as files in memory",
                        takes: "files, as they are or each compressed on its own",
                        layouts: &[Layout::Folder, Layout::PerFile],
                        usual_for: Some(Layout::Folder),
                        states: &[S::Present, S::Removed],
                        in_use: &[S::Present],
                        operations: &[
                            O::Extract,
                            O::First,
                            O::Last,
                            O::Middle,
                            O::Closure,
                            O::Walk,
                            O::All,
                        ],
                        ..UNMOUNTED
                    }
                }
            }
            Self::Blockdev => {
                const {
                    &Row {
                        id: "blockdev",
                        title: "Mounted from a module’s block device",
                        about: "in a module as a block device, mounted",
                        usual_for: Some(Layout::Image),
                        new_code: true,
                        ..MOUNTED
                    }
                }
            }
            Self::LoopModule => {
                const {
                    &Row {
                        id: "loop-module",
                        title: "Mounted through loop from a module’s /sys file",
                        about: "in a module, mounted through a loop device",
                        looped: true,
                        ..MOUNTED
                    }
                }
            }
            Self::LoopTmpfs => {
                const {
                    &Row {
                        id: "loop-tmpfs",
                        title: "Mounted through loop from a file on tmpfs",
                        about: "as a file in memory, mounted through a loop device",
                        looped: true,
                        copied: true,
                        ..MOUNTED
                    }
                }
            }
            Self::Pseudofs => {
                const {
                    &Row {
                        id: "pseudofs",
                        title: "Mounted from a module that is the file system",
                        about: "in a module that is a file system of its own; times are this program’s reader’s",
                        takes: "containers of this project, of files compressed one by one",
                        layouts: &[Layout::PerFile],
                        usual_for: Some(Layout::PerFile),
                        times: Times::ReaderInGuest,
                        new_code: true,
                        ..MOUNTED
                    }
                }
            }
        }
    }

    /// The delivery named `id`.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|delivery| delivery.row().id == id)
    }

    /// How a form of `layout` is usually delivered.
    pub fn usual(layout: Layout) -> Self {
        let usual = |delivery: &Self| delivery.row().usual_for == Some(layout);
        Self::ALL.iter().copied().find(usual).unwrap_or(Self::Module)
    }

    /// Whether it takes artifacts of `layout`.
    pub fn takes(self, layout: Layout) -> bool {
        self.row().layouts.contains(&layout)
    }

    /// Whether files of a form of `layout` lie in the kernel as the artifact stores them, each compressed
    /// on its own: nothing reads headers there.
    pub fn is_stored(self, layout: Layout) -> bool {
        self == Self::Tmpfs && layout == Layout::PerFile
    }

    /// What is pinned in `state`.
    pub const fn pinned(self, state: State) -> GuestMetric {
        GuestMetric::Memory(self, state, Held::Pinned)
    }

    /// What is reclaimable in `state`.
    pub const fn reclaimable(self, state: State) -> GuestMetric {
        GuestMetric::Memory(self, state, Held::Reclaimable)
    }

    /// The state after everything was read.
    pub const fn all_read(self) -> State {
        self.row().in_use[0]
    }

    /// What is pinned after everything was read.
    pub const fn pinned_in_use(self) -> GuestMetric {
        self.pinned(self.all_read())
    }

    /// The words for `state` in the head of a column.
    pub fn state_title(self, state: State) -> &'static str {
        match state {
            S::Loaded if self.row().copied => "copied",
            S::Unloaded if self.row().copied => "removed",
            other => other.words(),
        }
    }

    /// Every metric of its memory, in the order of reports.
    pub(super) fn memory(self) -> impl Iterator<Item = GuestMetric> {
        self.row().states.iter().flat_map(move |state| {
            let held = match state {
                S::Extracting => [Held::Peak, Held::Program],
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
            Self::Memory(delivery, S::Extracting, held) => format!("{delivery}, {}", held.words()),
            Self::Memory(delivery, state, held) => {
                format!("{delivery}, {}, {}", delivery.state_title(state), held.words())
            }
            Self::Instructions(delivery, O::Load) if delivery.row().copied => {
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

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().id)
    }
}
