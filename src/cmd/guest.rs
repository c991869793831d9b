//! `guest`: a script of steps in a booted kernel.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::common::GuestArgs;
use crate::dataset::Cache;
use crate::guest::boot::Load;
use crate::guest::protocol::Report;
use crate::guest::script;
use crate::guest::{TestVm, inside};
use crate::sys::progress::Progress;
use crate::sys::stdout;

/// Boot a kernel in the test VM and run a script in it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench guest run --script steps.txt")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Run(Run),
}

/// Run a script of steps, such as load, mount, read, measure and show
///
/// The script has one step per line. The error for an unknown step lists all steps.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  printf 'begin loop\\nload loop\\nmeasure loaded\\nend\\n' > steps.txt
  kheaders-bench guest run --script steps.txt
  kheaders-bench guest run --script steps.txt --guest-accelerator kvm")]
struct Run {
    /// Script, one step per line
    #[arg(long, help_heading = "Script", value_name = "FILE")]
    script: PathBuf,
    /// File to copy to /kheaders/files/ of the guest; repeatable
    #[arg(long = "file", help_heading = "Script", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Kernel module to copy into the guest for `load`, besides squashfs, erofs and loop; repeatable
    #[arg(long = "module", help_heading = "Script", value_name = "NAME")]
    modules: Vec<String>,
    #[command(flatten)]
    guest: GuestArgs,
}

/// Boots, runs the steps and prints the reports of the guest.
///
/// # Errors
/// The script is malformed, there is no test VM, the guest or a step fails.
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
        progress.warn(&format!("module {name}: not compiled: {why}"));
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
        stdout::print(format_report(&report, &mut base))
    })?;
    match failed {
        0 => Ok(()),
        failed => bail!("{}: {failed} of its steps failed", args.script.display()),
    }
}

/// Formats a report; `base` is the free memory at the last base, bytes.
fn format_report(report: &Report, base: &mut Option<u64>) -> String {
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
                "  {name:16} {:>9} kB unreclaimable, {:>9} kB reclaimable\n",
                held(after.free),
                held(before.free) - held(after.free)
            )
        }
        Report::Peak { program, free } => {
            format!("  peak of the program {} kB, {} kB free\n", program / 1024, free / 1024)
        }
        Report::Count { name, instructions } => {
            format!("  {name:16} {instructions:>12} instructions\n")
        }
        Report::Say { line } => format!("  {line}\n"),
        Report::Failed { error } => format!("  failed: {error}\n"),
        Report::End | Report::Bye => String::new(),
    }
}
