//! What several verbs share: options of the test VM, names of forms and axes, the terminal's width.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::form::named::pick;
use crate::form::{self, FORMS, Forms};
use crate::guest::Machine;
use crate::guest::image::{Accelerator, Given};
use crate::record::{Axis, Record};
use crate::report;

/// The kernel and the machine of the test VM.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Test VM")]
pub(super) struct GuestArgs {
    /// Kernel to boot, bzImage or vmlinux for x86-64 [default: Debian's]
    #[arg(long, value_name = "FILE", requires = "guest_modules")]
    pub guest_kernel: Option<PathBuf>,
    /// Modules of that kernel: its /lib/modules/RELEASE
    ///
    /// The `build` link in it must lead to the headers of the kernel, so that this program's modules can
    /// be compiled. Without it, what needs these modules is skipped.
    #[arg(long, value_name = "DIR")]
    pub guest_modules: Option<PathBuf>,
    /// How QEMU runs the kernel
    #[arg(long, value_name = "ACCEL", default_value_t)]
    pub guest_accelerator: Accelerator,
    /// Number of CPUs
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub guest_cpus: u32,
    /// Memory in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..=65536))]
    pub guest_memory: u32,
}

impl GuestArgs {
    /// The kernel options.
    pub(super) fn given(&self) -> Given {
        Given {
            kernel: self.guest_kernel.clone(),
            modules: self.guest_modules.clone(),
            accelerator: self.guest_accelerator,
        }
    }

    /// The machine options.
    pub(super) fn machine(&self) -> Machine {
        Machine { cpus: self.guest_cpus, memory: self.guest_memory, ..Machine::default() }
    }
}

/// The forms that `globs` match, then the variants that they spell; [`FORMS`] without globs. Each glob
/// may have several patterns, separated by commas.
///
/// # Errors
/// A malformed pattern, or one that names no form.
pub(super) fn forms(globs: &[String]) -> Result<Forms> {
    if globs.is_empty() {
        return Ok(form::rows(FORMS));
    }
    pick(globs, &form::all().collect::<Vec<_>>())
}

pub(super) fn axes(ids: &[String]) -> Result<Vec<Axis>> {
    for id in ids {
        if !Axis::ALL.iter().any(|axis| axis.id() == id) {
            let known: Vec<_> = Axis::ALL.iter().map(|axis| axis.id()).collect();
            bail!("{id}: no such axis; known are {}", known.join(", "));
        }
    }
    if ids.is_empty() {
        return Ok(Axis::ALL.to_vec());
    }
    let named = |axis: &Axis| ids.iter().any(|id| id == axis.id());
    let guest = Axis::ALL.iter().any(|axis| axis.is_of_guest() && named(axis));
    let wanted = |axis: &Axis| named(axis) || guest && axis.is_of_guest();
    Ok(Axis::ALL.iter().copied().filter(wanted).collect())
}

/// This command line, with the name of the program instead of its path.
pub(super) fn command() -> Vec<String> {
    let mut words: Vec<_> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(first) = words.first_mut() {
        *first = "kheaders-bench".to_owned();
    }
    words
}

/// Columns of the terminal, or the default width if standard output is none.
pub(super) fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    size.map(|size| usize::from(size.ws_col))
        .filter(|&columns| columns > 0)
        .unwrap_or(report::WIDTH)
}

/// The file name of a record: the name of its header set.
pub(super) fn file_name(record: &Record) -> String {
    let name = record.dataset.name.trim_end_matches('/');
    let name = name.rsplit('/').next().unwrap_or(name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    format!("{}.json", name.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(globs: &str) -> Vec<String> {
        forms(&[globs.to_owned()]).unwrap().iter().map(|form| form.id().to_owned()).collect()
    }

    #[test]
    fn forms_are_named_by_patterns_with_commas_and_braces() {
        let all = ["tar.gz-9", "tar.xz-6"];
        assert_eq!(ids("tar.xz-6,tar.gz-9"), all);
        assert_eq!(ids("{tar.xz-6,tar.gz-9}"), all);
        assert_eq!(ids("tar.{xz-6,gz-9},tree"), [&["tree"][..], &all].concat());
        assert_eq!(ids("files.zst-19+dict112k"), ["files.zst-19+dict112k"]);
        for (globs, why) in
            [("tar.lz4", "no such form"), ("{tar", "{tar"), ("tar,,", "empty pattern")]
        {
            let error = format!("{:#}", forms(&[globs.to_owned()]).err().unwrap());
            assert!(error.contains(why), "{error}");
        }
    }
}
