//! The test VM: a kernel, the project's modules for it, and the machine that is emulated.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::image::{self, Accelerator, Given, GuestImage};
use super::modules;
use crate::debian::cache::Cache;
use crate::sys::program;

/// The machine that is emulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Processors: what a kernel holds grows with them.
    pub cpus: u32,
    /// Memory, MiB.
    pub memory: u32,
    /// How long a boot may take to the guest's first word.
    pub hello: Duration,
    /// How long the guest may keep silent after that.
    pub silence: Duration,
}

impl Default for Machine {
    /// One processor, as the figures are compared with others of one; memory for all artifacts of a
    /// header set and the set itself twice.
    fn default() -> Self {
        let (hello, silence) = (Duration::from_secs(45), Duration::from_secs(90));
        Self { cpus: 1, memory: 1024, hello, silence }
    }
}

/// A test VM that works: everything is there, and the guest was seen to boot.
#[derive(Debug)]
pub struct TestVm {
    pub image: GuestImage,
    pub modules: Vec<(String, Vec<u8>)>,
    /// Those that could not be compiled for its kernel, by name, with reason and fix.
    pub unbuilt: Vec<(&'static str, String)>,
    pub machine: Machine,
    pub accelerator: Accelerator,
    /// This program, which is the first process in the guest and launches the emulator.
    pub program: PathBuf,
}

impl TestVm {
    /// [`TestVm::open_with`] the program that runs.
    ///
    /// # Errors
    /// As [`TestVm::open_with`].
    pub fn open(
        given: &Given,
        machine: Machine,
        cache: &Cache,
        say: &dyn Fn(&str),
    ) -> Result<Self> {
        Self::open_with(&program::path()?, given, machine, cache, say)
    }

    /// Gets all that is needed.
    ///
    /// # Errors
    /// [`crate::sys::error::Unavailable`] where something is unavailable here.
    pub fn open_with(
        program: &Path,
        given: &Given,
        machine: Machine,
        cache: &Cache,
        say: &dyn Fn(&str),
    ) -> Result<Self> {
        let image = image::find(given, cache, say)?;
        let (modules, unbuilt) = modules::compiled(&image, cache, say)?;
        let (accelerator, program) = (given.accelerator, program.to_path_buf());
        Ok(Self { image, modules, unbuilt, machine, accelerator, program })
    }
}
