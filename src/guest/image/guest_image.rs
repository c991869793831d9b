//! What a boot takes, and what was asked for in its place.

use std::fs;
use std::path::PathBuf;

use super::accelerator::Accelerator;
use super::emulator::Emulator;
use crate::record::Source;

/// What was asked for instead of what is found by itself.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The kernel image: a bzImage or a vmlinux with a PVH entry.
    pub kernel: Option<PathBuf>,
    /// Its `/lib/modules/RELEASE`; by its `build` link the project's own modules are built.
    pub modules: Option<PathBuf>,
    pub accelerator: Accelerator,
}

/// All that a boot takes.
#[derive(Debug, Clone)]
pub struct GuestImage {
    pub kernel: PathBuf,
    /// `uname -r` of it.
    pub release: String,
    /// Its configuration, as far as it is known.
    pub config: Option<PathBuf>,
    pub modules: PathBuf,
    /// The folder that `make -C` takes to build modules for it, or why there is none and what to do.
    pub build: Result<PathBuf, String>,
    pub emulator: Emulator,
    pub sources: Vec<Source>,
}

impl GuestImage {
    /// The value of an option of the kernel's configuration; `None` where it is not set, or
    /// nothing is known.
    pub fn option(&self, name: &str) -> Option<String> {
        let value = |line: &str| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        self.configuration().lines().find_map(value)
    }

    /// The kernel's configuration; empty where nothing is known.
    pub fn configuration(&self) -> String {
        let text = self.config.as_ref().map(fs::read_to_string);
        text.and_then(std::io::Result::ok).unwrap_or_default()
    }
}
