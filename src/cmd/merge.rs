//! `merge`: several result files joined into one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::common::{command, file_name};
use crate::record::merge;
use crate::record::merge::Piece;
use crate::record::units::counted;
use crate::record::{self, Record};
use crate::sys::stdout;

/// Merge the result files of sweep shards, or of runs of different forms
///
/// Sizes are merged from any machine. Times are merged from one machine only; others are left out, and the
/// result gives the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench merge part1/*.json part2/*.json -o joined/
  kheaders-bench merge --partial part*/debian-6.12-x86.json -o joined.json")]
pub struct Args {
    /// Result files to merge
    #[arg(value_name = "RESULT", required = true)]
    records: Vec<PathBuf>,
    /// Result file to write, or a directory with a / at its end for one file per header set
    #[arg(short, long, help_heading = "Output", value_name = "FILE")]
    output: PathBuf,
    /// Merge even if parts are missing or incomplete
    #[arg(long, help_heading = "Output")]
    partial: bool,
}

/// Merges the records and writes the result.
///
/// # Errors
/// Records can't be read or don't fit together, two of them have the same form, parts are missing, or a
/// file can't be written.
pub fn run(args: &Args) -> Result<()> {
    let mut groups: Vec<Vec<Piece>> = Vec::new();
    for file in &args.records {
        let record = record::load(file)?;
        let piece = Piece { name: file.display().to_string(), record };
        let digest = |group: &&mut Vec<Piece>| {
            group
                .first()
                .is_some_and(|one| one.record.dataset.digest == piece.record.dataset.digest)
        };
        match groups.iter_mut().find(digest) {
            Some(group) => group.push(piece),
            None => groups.push(vec![piece]),
        }
    }
    let given: Vec<Record> = groups.iter().flatten().map(|piece| piece.record.clone()).collect();
    let join = |group: Vec<Piece>| -> Result<Record> {
        let notes = merge::at_once(&group);
        let mut record = merge::join(group, args.partial)?;
        record.dataset.notes.extend(notes);
        Ok(record)
    };
    let joined = groups.into_iter().map(join);
    let mut joined = joined.collect::<Result<Vec<_>>>()?;
    let missing = merge::missing_datasets(&given);
    ensure!(
        missing.is_empty() || args.partial,
        "no result file of {}, which the sweep includes\nfix: add it, or use --partial to merge the rest",
        missing.join(", ")
    );
    for record in &mut joined {
        record.command = command();
    }
    let text: Vec<String> = written(&args.output, &joined)?
        .into_iter()
        .zip(&joined)
        .map(|(file, record)| {
            format!("{}: {}\n", file.display(), counted(record.forms.len() as u64, "form"))
        })
        .collect();
    stdout::print(text.concat())
}

/// Writes `records` to `output`; returns the files.
fn written(output: &Path, records: &[Record]) -> Result<Vec<PathBuf>> {
    let folder = output.is_dir() || output.as_os_str().as_encoded_bytes().ends_with(b"/");
    let files: Vec<PathBuf> = match records {
        [_] if !folder => vec![output.to_path_buf()],
        _ if folder => records.iter().map(|record| output.join(file_name(record))).collect(),
        _ => {
            let names: Vec<_> = records.iter().map(|record| record.dataset.name.as_str()).collect();
            bail!(
                "{}: one file for {} header sets ({})\nfix: -o {}/",
                output.display(),
                records.len(),
                names.join(", "),
                output.with_extension("").display()
            )
        }
    };
    for (number, file) in files.iter().enumerate() {
        ensure!(
            !files[..number].contains(file),
            "{}: two header sets have this name",
            file.display()
        );
    }
    if folder {
        fs::create_dir_all(output).with_context(|| output.display().to_string())?;
    }
    for (file, record) in files.iter().zip(records) {
        record::save(record, file)?;
    }
    Ok(files)
}
