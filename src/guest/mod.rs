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
mod test_vm;

pub use inside::hook;
pub use test_vm::{Machine, TestVm};
