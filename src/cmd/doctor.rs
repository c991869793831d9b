//! `doctor`: what this machine can and can't measure, and the one line that mends it.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::compiler::Compiler;
use crate::dataset::{Cache, arch};
use crate::form::{FORMS, Layout};
use crate::probe;
use crate::scratch::Scratch;

/// Tells what this machine can and can't measure, and what mends it.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// One thing that a run may need.
struct Finding {
    /// What it is for.
    purpose: &'static str,
    /// What is there, or why it is not.
    state: Result<String, String>,
    /// The one line that mends it.
    remedy: &'static str,
}

/// Room on tmpfs for the default set, extracted twice over, bytes.
const ROOM: u64 = 128 << 20;

/// Prints a line for each capability, and how to get it where it is missing.
///
/// # Errors
/// The cache folder can't be used.
pub fn run(_args: &Args) -> Result<()> {
    let cache = Cache::of_user()?;
    let scratch = Scratch::new(&cache.work(), ROOM)?;
    let mut findings = vec![
        Finding {
            purpose: "fetch Debian's headers",
            state: has("apt-get").map(|()| "apt-get, as an ordinary user".to_owned()),
            remedy: "elsewhere than on Debian: run --tree DIR, or --archive FILE",
        },
        Finding {
            purpose: "extract to memory",
            state: scratch.tmpfs().map(|folder| folder.display().to_string()),
            remedy: "mount a tmpfs with 128 MiB free at /dev/shm",
        },
        Finding {
            purpose: "read cold",
            state: probe::cold(&scratch)?
                .map(|()| "the page cache lets go of artifacts".to_owned()),
            remedy: "set KHEADERS_BENCH_CACHE to a folder on a disk",
        },
        Finding {
            purpose: "prove a read cold",
            state: has("fincore").map(|()| "fincore".to_owned()),
            remedy: "apt-get install util-linux-extra",
        },
        Finding {
            purpose: "compile against the headers",
            state: Compiler::find(arch::host())
                .map(|compiler| compiler.version)
                .map_err(|error| format!("{error:#}")),
            remedy: "apt-get install gcc",
        },
    ];
    for form in FORMS.iter().filter(|form| matches!(form.layout(), Layout::Image(_))) {
        findings.push(Finding {
            purpose: form.id(),
            state: probe::mount(*form, &scratch)?.map(|()| "this kernel mounts it".to_owned()),
            remedy: "run as root, on a kernel with loop devices and this file system",
        });
    }
    for Finding { purpose, state, remedy } in findings {
        match state {
            Ok(there) => println!("yes  {purpose:28} {there}"),
            Err(reason) => println!("no   {purpose:28} {reason}\n{:34}mend: {remedy}", ""),
        }
    }
    Ok(())
}

/// Whether `program` can be started.
fn has(program: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    let status = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.map(drop).map_err(|error| format!("{program}: {error}"))
}
