//! `compare`: the differences between two runs.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::judge::compare::compare;
use crate::record;
use crate::report::comparison;
use crate::sys::stdout;

/// Compare two result files
///
/// Exact figures are compared to the byte. Times are compared only between runs on one machine, and differ
/// if the change is larger than the noise and than 1 %. The exit code is 0 even if figures differ.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench compare before.json after.json
  kheaders-bench compare --across --markdown \\
    reports/records/2026-11-24-debian-6.12-x86.json reports/records/2026-11-30-debian-6.12-x86.json")]
pub struct Args {
    /// Earlier result file
    base: PathBuf,
    /// Later result file
    new: PathBuf,
    /// Compare even different header sets or settings; the output lists these differences first
    #[arg(long, help_heading = "Comparison")]
    across: bool,
    /// Print JSON with every figure
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print Markdown
    #[arg(long, help_heading = "Output", conflicts_with = "json")]
    markdown: bool,
}

/// Prints the comparison.
///
/// # Errors
/// A record can't be read, or the runs differ in header set or settings without `--across`.
pub fn run(args: &Args) -> Result<()> {
    let (base, new) = (record::load(&args.base)?, record::load(&args.new)?);
    let names = || format!("{} and {}", args.base.display(), args.new.display());
    let comparison = compare(&base, &new, args.across).with_context(names)?;
    if args.json {
        return stdout::print_json(&comparison);
    }
    stdout::print(if args.markdown {
        comparison::markdown(&comparison)
    } else {
        comparison::terminal(&comparison)
    })
}
