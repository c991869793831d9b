//! User-mode Linux started: a kernel that is a process needs no emulator.

use std::process::Command;

use super::boot::Machine;
use super::{Laboratory, launch};

/// What the kernel is told, beside its memory and its first file system: as
/// [`super::boot::COMMAND_LINE`], by another console.
pub(super) const COMMAND_LINE: &str =
    "con=null con0=null,fd:1 ssl=null quiet panic=-1 panic_on_oops=1";

/// A command that boots the kernel of `lab` with `archive`. It has one processor, whatever `machine`
/// says.
pub(super) fn command(lab: &Laboratory, machine: Machine, archive: &str) -> Command {
    let mut command = launch::keeper(&lab.program, &lab.kit.emulator.program);
    command.arg(format!("mem={}M", machine.memory));
    command.arg(format!("initrd={archive}"));
    command.args(COMMAND_LINE.split(' '));
    command
}
