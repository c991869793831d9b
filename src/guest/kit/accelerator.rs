//! How a guest's instructions are run.

use std::fmt;

/// How a guest's instructions are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Accelerator {
    /// By an emulator, with the host's processor.
    Kvm,
    /// By an emulator, in software.
    Tcg,
    /// As a process: the kernel is User-mode Linux, and there is no emulator.
    Uml,
}

impl Accelerator {
    /// Its name for a record.
    pub fn id(self) -> &'static str {
        match self {
            Accelerator::Kvm => "kvm",
            Accelerator::Tcg => "tcg",
            Accelerator::Uml => "uml",
        }
    }
}

impl fmt::Display for Accelerator {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(self.id())
    }
}
