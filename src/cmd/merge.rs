//! `merge`: records of parts joined into one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::run::command;
use super::sweep::file_name;
use crate::record::merge;
use crate::record::merge::Piece;
use crate::record::{self, Record};
use crate::report::counted;
use crate::sys::stdout;

/// Joins the records of a sweep's shards, or of runs of different forms.
///
/// Sizes join whatever machine they are of. Times stand together only when they are of one machine;
/// those of others are left out, with the reason.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The records.
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// The record to write; for records of several header sets a folder, which is given one for each.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Join what there is, also when parts are missing or were interrupted.
    #[arg(long)]
    partial: bool,
}

/// Writes what the records come to.
///
/// # Errors
/// Records that can't be read or don't fit together, a form that two of them have, parts that are
/// missing; what the system says.
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
        "the sweep is also over {}, of which there is no record; --partial joins what there is",
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

/// Writes `records` to `output`, and gives the files.
fn written(output: &Path, records: &[Record]) -> Result<Vec<PathBuf>> {
    let folder = output.is_dir() || output.as_os_str().as_encoded_bytes().ends_with(b"/");
    let files: Vec<PathBuf> = match records {
        [_] if !folder => vec![output.to_path_buf()],
        _ if folder => records.iter().map(|record| output.join(file_name(record))).collect(),
        _ => {
            let names: Vec<_> = records.iter().map(|record| record.dataset.name.as_str()).collect();
            bail!(
                "{}: the records are of {} header sets ({}): give a folder, with a / at its end",
                output.display(),
                records.len(),
                names.join(", ")
            )
        }
    };
    for (number, file) in files.iter().enumerate() {
        ensure!(
            !files[..number].contains(file),
            "{}: two header sets have that name",
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
