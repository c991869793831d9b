//! `report`: records to a page, to Markdown, to CSV, or into prose.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;

use crate::record;
use crate::report;
use crate::sys::atomic_file;
use crate::sys::stdout;

/// Renders records as one self-contained page, Markdown or CSV.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Records of runs, side by side and one after another.
    #[arg(required_unless_present = "history")]
    records: Vec<PathBuf>,
    /// A folder of records: each form's size and medians from run to run, as a page.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["records", "format"])]
    history: Option<PathBuf>,
    /// The file to write; - for standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What to write [default: what the file's name ends in, else html]
    #[arg(long, value_parser = formats())]
    format: Option<String>,
    /// Prose of your own with figures of the records, as reports/FINDINGS.md is made.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["history", "format"])]
    template: Option<PathBuf>,
}

fn formats() -> PossibleValuesParser {
    report::FORMATS.iter().map(|format| format.id).collect::<Vec<_>>().into()
}

/// Writes the report, whole or not at all.
///
/// # Errors
/// A record that can't be read, a file that can't be written.
pub fn run(args: &Args) -> Result<()> {
    let text = match (&args.history, &args.template) {
        (Some(folder), _) => report::history(&record::load_all(&records_in(folder)?)?)?,
        (None, Some(template)) => {
            let context = || template.display().to_string();
            let words = std::fs::read_to_string(template).with_context(context)?;
            report::prose(&words, record::load_all(&args.records)?).with_context(context)?
        }
        (None, None) => {
            let ending = args.output.extension().and_then(OsStr::to_str);
            let format = match &args.format {
                Some(id) => report::format(id).context("no such format")?,
                None => ending.and_then(report::format).unwrap_or(&report::FORMATS[0]),
            };
            (format.render)(&record::load_all(&args.records)?)?
        }
    };
    if args.output == Path::new("-") {
        return stdout::print(text);
    }
    atomic_file::write(&args.output, |out| Ok(out.write_all(text.as_bytes())?))
}

/// The files of `folder` whose name ends as a record's does, in the order of their names.
fn records_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || folder.display().to_string();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let file = entry.with_context(context)?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            files.push(file);
        }
    }
    if files.is_empty() {
        bail!("{}: no record in it, which would be a file that ends in .json", folder.display());
    }
    files.sort();
    Ok(files)
}
