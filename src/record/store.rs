//! Records on disk: whole under their name, unfinished beside it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::{Record, SCHEMA};
use crate::whole;

/// Reads the record in `file`.
///
/// # Errors
/// Unreadable, not a record, or of a newer schema.
pub fn load(file: &Path) -> Result<Record> {
    #[derive(serde::Deserialize)]
    struct Schema {
        schema: u32,
    }
    let load = || -> Result<Record> {
        let text = fs::read(file)?;
        let Schema { schema } = serde_json::from_slice(&text).context("not a record")?;
        if !(1..=SCHEMA).contains(&schema) {
            bail!("a record of schema {schema}; this program reads 1 to {SCHEMA}");
        }
        serde_json::from_slice(&text).context("not a record")
    };
    load().with_context(|| file.display().to_string())
}

/// Reads the records in `files`, in their order.
///
/// # Errors
/// As [`load`], for the first that can't be read.
pub fn load_all(files: &[PathBuf]) -> Result<Vec<Record>> {
    files.iter().map(|file| load(file)).collect()
}

/// Writes `record` to `file`, whole or not at all.
///
/// # Errors
/// What the system says.
pub fn save(record: &Record, file: &Path) -> Result<()> {
    whole::write(file, |out| {
        let mut text = serde_json::to_vec_pretty(record)?;
        text.push(b'\n');
        Ok(out.write_all(&text)?)
    })
}

/// A record that grows: kept in `NAME.partial` as it does, under its name once it is whole.
#[derive(Debug)]
pub struct Store {
    file: PathBuf,
}

impl Store {
    /// A store for the record `file`.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Where the unfinished record is kept.
    pub fn partial(&self) -> PathBuf {
        self.file.with_extension("json.partial")
    }

    /// Keeps what `record` has so far.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(&self, record: &Record) -> Result<()> {
        save(record, &self.partial())
    }

    /// Puts the whole `record` under its name.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(self, record: &Record) -> Result<PathBuf> {
        save(record, &self.file)?;
        let _ = fs::remove_file(self.partial());
        Ok(self.file)
    }
}
