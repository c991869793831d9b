//! `claims`: the claims of the 2019 thread, evaluated with measured figures.

use std::path::PathBuf;

use anyhow::Result;

use crate::judge::claim;
use crate::sys::stdout;
use crate::{record, report};

/// Evaluate the claims of the 2019 thread
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench claims reports/out/record.json
  kheaders-bench claims reports/records/2026-11-30-debian-6.12-x86.json --json")]
pub struct Args {
    /// Result files
    #[arg(value_name = "RESULT", required = true)]
    records: Vec<PathBuf>,
    /// Print JSON
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// Prints the claims with their verdicts and figures.
///
/// # Errors
/// A record can't be read.
pub fn run(args: &Args) -> Result<()> {
    let records = record::load_all(&args.records)?;
    let judgements = claim::judge(&records);
    if args.json {
        return stdout::print_json(&judgements);
    }
    stdout::print(report::claims::terminal(&judgements, &records, super::common::width()))
}
