//! `compare`: what changed from one run to another.

use std::path::PathBuf;

use anyhow::Result;

use crate::judge::compare::compare;
use crate::record;
use crate::report::comparison;
use crate::sys::stdout;

/// Tells what changed: exact figures to the byte, noisy ones beyond noise and 1 %, and those only
/// on one machine. That something changed is no error.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record of the run before.
    base: PathBuf,
    /// The record of the run after.
    new: PathBuf,
    /// Compare other header sets or settings too, and say so above the figures.
    #[arg(long)]
    across: bool,
    /// As JSON, with every figure.
    #[arg(long)]
    json: bool,
    /// As Markdown.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// Prints the comparison.
///
/// # Errors
/// A record that can't be read; runs of other header sets or settings without `--across`.
pub fn run(args: &Args) -> Result<()> {
    let (base, new) = (record::load(&args.base)?, record::load(&args.new)?);
    let comparison = compare(&base, &new, args.across)?;
    if args.json {
        return stdout::print_json(&comparison);
    }
    stdout::print(if args.markdown {
        comparison::markdown(&comparison)
    } else {
        comparison::terminal(&comparison)
    })
}
