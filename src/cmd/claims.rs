//! `claims`: who was right, by the figures of records.

use std::path::PathBuf;

use anyhow::Result;

use crate::judge::claim;
use crate::sys::stdout;
use crate::{record, report};

/// Judges every statement of the debate by records.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Records of runs.
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the claims with their verdicts and figures.
///
/// # Errors
/// A record that can't be read.
pub fn run(args: &Args) -> Result<()> {
    let records = record::load_all(&args.records)?;
    let judgements = claim::judge(&records);
    if args.json {
        return stdout::print_json(&judgements);
    }
    stdout::print(report::claims::terminal(&judgements, &records, super::run::width()))
}
