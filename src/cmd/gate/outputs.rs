//! The reports of a gate: terminal, files, GitHub.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::judge::gate::Judgement;
use crate::report::gate as report;
use crate::sys::atomic_file;
use crate::sys::stdout;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Outputs {
    /// Markdown report, short enough for a comment; also appended to $GITHUB_STEP_SUMMARY if set
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// JUnit XML report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// JSON report
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Writes the files that the options name, then prints.
pub(super) fn write_all(judgement: &Judgement, outputs: &Outputs) -> Result<()> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = &outputs.markdown {
        write(path, &report::markdown(judgement))?;
    }
    if let Some(path) = &outputs.junit {
        write(path, &report::junit(judgement)?)?;
    }
    if let Some(path) = &outputs.json {
        write(path, &report::json(judgement))?;
    }
    if let Some(path) = set("GITHUB_STEP_SUMMARY").map(PathBuf::from) {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(report::markdown(judgement).as_bytes()))
            .with_context(|| path.display().to_string())?;
    }
    stdout::print(report::text(judgement))?;
    if set("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        stdout::print(report::annotations(judgement))?;
    }
    Ok(())
}

/// Writes `text` to `path` atomically, and creates the folder of it.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    atomic_file::write(path, |out| Ok(out.write_all(text.as_bytes())?))
}
