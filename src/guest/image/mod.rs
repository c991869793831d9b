//! The parts of the test VM: a kernel with its modules and headers, and the emulator.

mod accelerator;
mod debian;
mod emulator;
mod given;
mod kernel_image;
mod module;

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::debian::cache::Cache;
use crate::debian::packages::PackageCache;
use crate::record::Source;
use crate::sys::error::Unavailable;

pub use accelerator::Accelerator;
pub use emulator::Emulator;
pub(crate) use module::{UTS_RELEASE, uts_release, vermagic};

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

/// Distinguishes the unpacked folders from those of the header set, which have other files.
const LABEL: &str = "guest-";

/// Finds or fetches all of a image.
///
/// # Errors
/// [`Unavailable`] where it is unavailable; what is wrong with what was given.
pub fn find(given: &Given, cache: &Cache, say: &dyn Fn(&str)) -> Result<GuestImage> {
    if !cfg!(target_arch = "x86_64") {
        return Err(Unavailable {
            what: "the test VM needs an x86-64 host".to_owned(),
            remedy: "kheaders-bench run --axes size,build,extract".to_owned(),
        }
        .into());
    }
    let mut shelf = PackageCache::open(cache, say)?;
    let emulator = emulator::find(&mut shelf)?;
    match &given.kernel {
        Some(kernel) => given::image(kernel, given.modules.as_deref(), emulator),
        None => debian::fetch(&mut shelf, emulator),
    }
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
