//! The parts of the test VM: a kernel with its modules and headers, and the emulator.

mod accelerator;
mod debian;
mod emulator;
mod given;
mod guest_image;
mod kernel_image;
mod module;

use anyhow::Result;

use crate::debian::cache::Cache;
use crate::debian::packages::PackageCache;
use crate::sys::error::Unavailable;

pub use accelerator::Accelerator;
pub use emulator::Emulator;
pub use guest_image::{Given, GuestImage};
pub(crate) use module::{UTS_RELEASE, uts_release, vermagic};

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
