//! The one loop device that the guest uses.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::ioctl::{self, IntegerSetter, NoArg};

/// The device that is attached to.
pub(super) const DEVICE: &str = "/dev/loop0";

/// `LOOP_SET_FD` and `LOOP_CLR_FD` of the kernel's `include/uapi/linux/loop.h`.
const SET_FD: ioctl::Opcode = 0x4C00;
const CLR_FD: ioctl::Opcode = 0x4C01;

/// Attaches `file`, read-only.
pub(super) fn attach(file: &Path) -> Result<()> {
    let backing = File::open(file).with_context(|| file.display().to_string())?;
    set(device()?, backing.as_raw_fd() as usize).context(DEVICE)
}

/// Detaches whatever is attached.
pub(super) fn detach() -> Result<()> {
    clear(device()?).context(DEVICE)
}

fn device() -> Result<File> {
    File::open(DEVICE).context(DEVICE)
}

#[allow(
    unsafe_code,
    reason = "rustix has no loop devices; the request takes a descriptor by value"
)]
fn set(device: impl AsFd, backing: usize) -> rustix::io::Result<()> {
    // SAFETY: LOOP_SET_FD takes an open file descriptor as its argument, not a pointer.
    unsafe { ioctl::ioctl(device, IntegerSetter::<SET_FD>::new_usize(backing)) }
}

#[allow(unsafe_code, reason = "rustix has no loop devices; the request takes no argument")]
fn clear(device: impl AsFd) -> rustix::io::Result<()> {
    // SAFETY: LOOP_CLR_FD takes no argument.
    unsafe { ioctl::ioctl(device, NoArg::<CLR_FD>::new()) }
}
