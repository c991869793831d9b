//! `guest`: steps tried by hand in a booted kernel.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::dataset::Cache;
use crate::guest::Machine;
use crate::guest::boot::Load;
use crate::guest::image::{Accelerator, Given};
use crate::guest::protocol::Report;
use crate::guest::script;
use crate::guest::{TestVm, inside};
use crate::sys::progress::Progress;
use crate::sys::stdout;

/// Boot a kernel in the test VM and run steps in it
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Run(Run),
}

/// Run the steps of a script, one per line, such as `load`, `mount`, `read`, `measure`, `show`
///
/// A malformed script is refused with the list of all steps.
#[derive(Debug, clap::Args)]
struct Run {
    /// Script with the steps
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
    /// File to copy into the guest, as /kheaders/files/NAME
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Module of the guest's kernel to copy into the guest, for `load`; squashfs, erofs and loop always
    /// are
    #[arg(long = "module", value_name = "NAME")]
    modules: Vec<String>,
    #[command(flatten)]
    guest: GuestArgs,
}

/// Which kernel, on what machine.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Test VM")]
pub struct GuestArgs {
    /// Kernel image to boot instead of Debian's
    #[arg(long, value_name = "FILE", requires = "guest_modules")]
    pub guest_kernel: Option<PathBuf>,
    /// Its /lib/modules/RELEASE; without a `build` link to its headers there, deliveries that need
    /// this program's own modules are skipped
    #[arg(long, value_name = "DIR")]
    pub guest_modules: Option<PathBuf>,
    /// How QEMU runs the kernel; figures are exact only with icount
    #[arg(long, value_name = "HOW", default_value_t)]
    pub guest_accelerator: Accelerator,
    /// Number of processors
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub guest_cpus: u32,
    /// Memory in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..=65536))]
    pub guest_memory: u32,
}

impl GuestArgs {
    /// The kernel that was given.
    pub fn given(&self) -> Given {
        Given {
            kernel: self.guest_kernel.clone(),
            modules: self.guest_modules.clone(),
            accelerator: self.guest_accelerator,
        }
    }

    /// The machine asked for.
    pub fn machine(&self) -> Machine {
        Machine { cpus: self.guest_cpus, memory: self.guest_memory, ..Machine::default() }
    }
}

/// Boots, takes the steps, and prints what comes of them.
///
/// # Errors
/// A malformed script, no laboratory here, a guest that fails, or a step that does.
pub fn run(args: &Args) -> Result<()> {
    let Verb::Run(args) = &args.verb;
    let text =
        std::fs::read_to_string(&args.script).with_context(|| args.script.display().to_string())?;
    script::parse(&text).with_context(|| args.script.display().to_string())?;
    let cache = Cache::of_user()?;
    let progress = Progress::new();
    let say = |what: &str| progress.say(what);
    let lab = TestVm::open(&args.guest.given(), args.guest.machine(), &cache, &say)?;
    for (name, why) in &lab.unbuilt {
        progress.warn(&format!("no module {name}: {why}"));
    }
    let mut load = Load { script: text, modules: lab.modules.clone(), files: Vec::new() };
    for name in ["squashfs", "erofs", "loop"] {
        match lab.image.module(name) {
            Ok(modules) => load.modules.extend(modules),
            Err(error) => progress.warn(&format!("{error:#}")),
        }
    }
    for name in &args.modules {
        load.modules.extend(lab.image.module(name)?);
    }
    for file in &args.files {
        let name = file.file_name().with_context(|| file.display().to_string())?;
        load.files
            .push((PathBuf::from(inside::place::HOME).join("files").join(name), file.clone()));
    }
    drop(progress);
    let mut failed = 0;
    let mut base = None;
    lab.boot(&load, &|| Ok(()), &mut |report| {
        if let Report::Failed { .. } = report {
            failed += 1;
        }
        stdout::print(shown(&report, &mut base))
    })?;
    match failed {
        0 => Ok(()),
        failed => bail!("{failed} steps failed"),
    }
}

/// A report as people read it; `base` is what was free at the last base, bytes.
fn shown(report: &Report, base: &mut Option<u64>) -> String {
    match report {
        Report::Hello { kernel, cpus, memory } => {
            format!("Linux {kernel}, {cpus} CPU, {} kB\n", memory / 1024)
        }
        Report::Begin { group } => format!("{group}:\n"),
        Report::State { name, after, .. } if name == "base" => {
            *base = Some(after.free);
            format!("  {name:16} {:>9} kB free\n", after.free / 1024)
        }
        Report::State { name, before, after } => {
            let held = |free: u64| base.map_or(0, |base| base as i64 - free as i64) / 1024;
            format!(
                "  {name:16} {:>9} kB pinned, {:>9} kB reclaimable\n",
                held(after.free),
                held(before.free) - held(after.free)
            )
        }
        Report::Peak { program, free } => {
            format!("  the program took {} kB; {} kB were free\n", program / 1024, free / 1024)
        }
        Report::Count { name, instructions } => {
            format!("  {name:16} {instructions:>12} instructions\n")
        }
        Report::Say { line } => format!("  {line}\n"),
        Report::Failed { error } => format!("  failed: {error}\n"),
        Report::End | Report::Bye => String::new(),
    }
}
