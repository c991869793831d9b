//! `report`: result files rendered as a page, Markdown, CSV or text from a template.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;

use crate::record;
use crate::report;
use crate::sys::atomic_file;
use crate::sys::stdout;

/// Render result files as an HTML page, Markdown or CSV
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench report reports/out/record.json -o page.html
  kheaders-bench report reports/out/record.json --format md -o -
  kheaders-bench report --history reports/records -o history.html")]
pub struct Args {
    /// Result files; several are shown side by side
    #[arg(value_name = "RESULT", required_unless_present = "history")]
    records: Vec<PathBuf>,
    /// Directory of result files: show the size and the medians of each form over time
    #[arg(long, help_heading = "Input", value_name = "DIR", conflicts_with_all = ["records", "format"])]
    history: Option<PathBuf>,
    /// File to write, or - for standard output
    #[arg(short, long, help_heading = "Output", value_name = "FILE")]
    output: PathBuf,
    /// Output format [default: from the extension of FILE, else html]
    #[arg(long, help_heading = "Output", value_parser = formats())]
    format: Option<String>,
    /// Text to fill with figures of the result files; reports/findings.template.md is an example
    #[arg(long, help_heading = "Input", value_name = "FILE", conflicts_with_all = ["history", "format"])]
    template: Option<PathBuf>,
}

fn formats() -> PossibleValuesParser {
    report::FORMATS.iter().map(|format| format.id).collect::<Vec<_>>().into()
}

/// Writes the report.
///
/// # Errors
/// A record can't be read, or a file can't be written.
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

/// The .json files of `folder`, sorted by name.
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
        bail!("{}: no result file (*.json) in this directory", folder.display());
    }
    files.sort();
    Ok(files)
}
