//! `report`: records to a page, to Markdown or to CSV.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::builder::PossibleValuesParser;

use crate::record;
use crate::report;
use crate::stdout;
use crate::whole;

/// Renders records as one self-contained page, Markdown or CSV.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Records of runs, shown one after another.
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// The file to write; - for standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What to write.
    #[arg(long, default_value = "html", value_parser = formats())]
    format: String,
}

fn formats() -> PossibleValuesParser {
    report::FORMATS.iter().map(|format| format.id).collect::<Vec<_>>().into()
}

/// Writes the report, whole or not at all.
///
/// # Errors
/// A record that can't be read, a file that can't be written.
pub fn run(args: &Args) -> Result<()> {
    let records = record::load_all(&args.records)?;
    let format = report::format(&args.format).context("no such format")?;
    let text = (format.render)(&records)?;
    if args.output == Path::new("-") {
        return stdout::print(text);
    }
    whole::write(&args.output, |out| Ok(out.write_all(text.as_bytes())?))
}
