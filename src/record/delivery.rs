//! The one table of deliveries: how a running kernel holds an artifact, in which states its memory is
//! measured, and which work its instructions are counted for.

#![allow(missing_docs, reason = "rows and names say what they are")]

use std::fmt;

use super::layout::Layout;
use super::named::named;

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
pub struct DeliveryRow {
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

use Operation as O;
use State::{
    All, Closure, Extracted, Extracting, Loaded, Mounted, One, Present, Read, Remounted, Removed,
    Unloaded, Unmounted,
};

/// What the deliveries through a mount have in common.
const MOUNTED: DeliveryRow = DeliveryRow {
    id: "",
    title: "",
    about: "",
    takes: "file-system images",
    layouts: &[Layout::Image],
    usual_for: None,
    states: &[Loaded, Mounted, One, Closure, All, Unmounted, Remounted, Unloaded],
    in_use: &[All, Closure, One, Mounted],
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
const UNMOUNTED: DeliveryRow = DeliveryRow { times: Times::Reader, mount: false, ..MOUNTED };

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
    pub const fn row(self) -> &'static DeliveryRow {
        match self {
            Self::Module => {
                const {
                    &DeliveryRow {
                        id: "module",
                        title: "In a module, behind a file in /sys",
                        about: "in a module, read by a program",
                        takes: "artifacts of one file",
                        layouts: &[Layout::Stream, Layout::PerFile, Layout::Image],
                        usual_for: Some(Layout::Stream),
                        states: &[Loaded, Read, Unloaded],
                        in_use: &[Read, Loaded],
                        operations: &[O::Load, O::First, O::Last, O::Middle, O::Closure, O::All],
                        files: false,
                        ..UNMOUNTED
                    }
                }
            }
            Self::ExtractUnload => {
                const {
                    &DeliveryRow {
                        id: "extract-unload",
                        title: "Extracted from a module to tmpfs",
                        about: "from a module extracted to tmpfs, the module unloaded",
                        takes: "archives that are extracted",
                        layouts: &[Layout::Stream],
                        states: &[Loaded, Extracted, Unloaded, Removed, Extracting],
                        in_use: &[Unloaded],
                        operations: &[O::Extract],
                        times: Times::Tree,
                        ..UNMOUNTED
                    }
                }
            }
            Self::Tmpfs => {
                const {
                    &DeliveryRow {
                        id: "tmpfs",
                        title: "Files on tmpfs",
                        about: "as files in memory",
                        takes: "files, as they are or each compressed on its own",
                        layouts: &[Layout::Folder, Layout::PerFile],
                        usual_for: Some(Layout::Folder),
                        states: &[Present, Removed],
                        in_use: &[Present],
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
                    &DeliveryRow {
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
                    &DeliveryRow {
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
                    &DeliveryRow {
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
                    &DeliveryRow {
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

    /// The state after everything was read.
    pub const fn all_read(self) -> State {
        self.row().in_use[0]
    }

    /// The words for `state` in the head of a column.
    pub fn state_title(self, state: State) -> &'static str {
        match state {
            Loaded if self.row().copied => "copied",
            Unloaded if self.row().copied => "removed",
            other => other.words(),
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().id)
    }
}
