//! The test VM: its parts, the boot, the console, and the program
//! inside.
//!
//! A guest is given a script ([`script`]), carries it out as the first process of its kernel
//! ([`inside`]), and reports over the console ([`protocol`]).

mod blob;
pub mod boot;
pub mod deliver;
pub mod image;
mod initramfs;
pub mod inside;
mod launch;
pub mod modules;
pub mod protocol;
pub mod script;

pub use inside::hook;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::debian::cache::Cache;
use crate::sys::program;
use boot::{Load, Machine};
use image::{Accelerator, Given, GuestImage};
use protocol::Report;

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

    /// Boots a guest with `load`; see [`boot::boot`].
    ///
    /// # Errors
    /// As [`boot::boot`].
    pub fn boot(
        &self,
        load: &Load,
        stop: &dyn Fn() -> Result<()>,
        each: &mut dyn FnMut(Report) -> Result<()>,
    ) -> Result<()> {
        boot::boot(self, load, stop, each)
    }
}
