//! Records on disk: NAME when finished, NAME.partial before.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::{Record, SCHEMA};
use crate::sys::atomic_file;

/// Reads the record in `file`.
///
/// # Errors
/// Unreadable, not a record, or of a newer schema.
pub fn load(file: &Path) -> Result<Record> {
    #[derive(serde::Deserialize)]
    struct Schema {
        schema: u32,
    }
    #[derive(serde::Deserialize)]
    struct Forms {
        forms: Vec<Row>,
    }
    #[derive(serde::Deserialize)]
    struct Row {
        id: String,
        /// Set by older versions for a form that no kernel decodes: such forms are dropped.
        #[serde(default)]
        limit: bool,
    }
    let load = || -> Result<Record> {
        let text = fs::read(file)?;
        let Schema { schema } = serde_json::from_slice(&text).context("not a result file")?;
        if !(1..=SCHEMA).contains(&schema) {
            bail!("schema {schema} is newer than this program, which reads schemas up to {SCHEMA}");
        }
        let mut record: Record = serde_json::from_slice(&text).context("not a result file")?;
        let Forms { forms } = serde_json::from_slice(&text).context("not a result file")?;
        for Row { id, .. } in forms.iter().filter(|row| row.limit) {
            record.forms.retain(|form| form.id != *id);
            record.observations.retain(|seen| seen.form != *id);
        }
        Ok(record)
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
/// I/O errors.
pub fn save(record: &Record, file: &Path) -> Result<()> {
    atomic_file::write(file, |out| {
        let mut text = serde_json::to_vec_pretty(record)?;
        text.push(b'\n');
        Ok(out.write_all(&text)?)
    })
}

/// A record that grows: kept in `NAME.partial` as it does, under its name once it is whole.
#[derive(Debug)]
pub struct Store {
    file: PathBuf,
    _lock: File,
}

impl Store {
    /// A store for the record `file`, whose folder is made if necessary. What an earlier run that did
    /// not end has left there goes.
    ///
    /// # Errors
    /// Another run writes to the folder, or I/O errors.
    pub fn open(file: PathBuf) -> Result<Self> {
        let folder = atomic_file::parent(&file);
        let open = || -> Result<File> {
            ensure!(folder.is_dir() || !folder.exists(), "not a directory");
            fs::create_dir_all(folder)?;
            let lock = File::open(folder)?;
            // A file system without locks can't detect another run; measure anyway.
            if let Err(TryLockError::WouldBlock) = lock.try_lock() {
                bail!(
                    "another run writes to this directory\nfix: wait for it, or use another --out"
                );
            }
            Ok(lock)
        };
        let lock = open().with_context(|| folder.display().to_string())?;
        let store = Self { file, _lock: lock };
        let partial = store.partial();
        match fs::remove_file(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| partial.display().to_string())
            }
            _ => Ok(store),
        }
    }

    /// Where the record is to be.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Where the unfinished record is kept.
    pub fn partial(&self) -> PathBuf {
        self.file.with_extension("json.partial")
    }

    /// Keeps what `record` has so far.
    ///
    /// # Errors
    /// I/O errors.
    pub fn keep(&self, record: &Record) -> Result<()> {
        save(record, &self.partial())
    }

    /// Saves the finished `record` under its name.
    ///
    /// # Errors
    /// I/O errors.
    pub fn finish(&self, record: &Record) -> Result<()> {
        save(record, &self.file)?;
        let partial = self.partial();
        fs::remove_file(&partial).with_context(|| partial.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::load;

    #[test]
    fn a_form_that_no_kernel_decodes_is_left_out_of_an_old_record() {
        let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/record-v1.json");
        let mut json: serde_json::Value =
            serde_json::from_slice(&std::fs::read(fixture).unwrap()).unwrap();
        json["forms"][1]["limit"] = true.into();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("record.json");
        std::fs::write(&file, json.to_string()).unwrap();
        let (old, whole) = (load(&file).unwrap(), load(fixture.as_ref()).unwrap());
        let gone = &whole.forms[1].id;
        assert_eq!(old.forms.len() + 1, whole.forms.len());
        assert!(old.observations.iter().all(|seen| seen.form != *gone));
        assert!(whole.observations.iter().any(|seen| seen.form == *gone));
    }
}
