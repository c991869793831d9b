//! Huge pages for compressors, whose match finders jump about in tables of tens of megabytes.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// glibc's settings of a process, and the one by which its `malloc` asks for huge pages: from 2.35 on.
/// Other C libraries take no notice.
const TUNABLES: &str = "GLIBC_TUNABLES";
const ASK: &str = "glibc.malloc.hugetlb=1";
/// The kernel's setting of transparent huge pages.
const ENABLED: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// Whether asking makes a difference: the kernel waits to be asked, and nobody has set anything else.
pub(crate) fn wanted() -> bool {
    let waits = fs::read_to_string(ENABLED).is_ok_and(|modes| modes.contains("[madvise]"));
    waits && env::var_os(TUNABLES).is_none()
}

/// Makes the program that `command` starts use huge pages.
pub(crate) fn ask_for(command: &mut Command) {
    if wanted() {
        command.env(TUNABLES, ASK);
    }
}

/// Starts this process over, now asking for huge pages, where that makes a difference. A process can't
/// ask for itself once it runs. Returns if there is nothing to gain or the restart is impossible.
pub(crate) fn start_over() {
    let Ok(program) = env::current_exe() else { return };
    let mut arguments = env::args_os();
    if wanted() {
        let mut command = Command::new(program);
        command.arg0(arguments.next().unwrap_or_default()).args(arguments);
        let _ = command.env(TUNABLES, ASK).exec();
    }
}
