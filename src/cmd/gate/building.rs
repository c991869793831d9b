//! The forms that a gate builds, and the cost of single headers in them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::dataset::{self, Cache, Prepared, Request};
use crate::form::Forms;
use crate::judge::gate::{Figures, FileTable, Found, Judgement, Kind, Made, Marginal, is_gated};
use crate::measure::axis;
use crate::measure::build_all;
use crate::record::{self, METRICS, Outcome};
use crate::sys::progress::Progress;
use crate::sys::scratch;
use crate::sys::scratch::Scratch;
use crate::tree::{Tree, TreePath};

/// Time limit of the builds without single headers.
const EXPLAINING: Duration = Duration::from_secs(60);

/// The header set, built in every form that is checked.
pub(super) struct Building {
    prepared: Prepared,
    files: FileTable,
    forms: Forms,
    built: Vec<Result<build_all::Built>>,
    folder: PathBuf,
    _scratch: Scratch,
}

impl Building {
    pub(super) fn new(request: &Request, forms: Forms, progress: &Progress) -> Result<Self> {
        let prepared = dataset::prepare(request, &|what| progress.say(what))?;
        for note in &prepared.info.notes {
            progress.warn(note);
        }
        let scratch = Scratch::new(&Cache::of_user()?.work(), 0)?;
        let folder = scratch.on_disk("artifacts");
        scratch::make_empty(&folder)?;
        let say = |form: &str| progress.say(&format!("building {form}"));
        let digest = &prepared.info.digest;
        let built = build_all::build(&forms, &prepared.tree, digest, &folder, &say);
        let files = FileTable::of(&prepared.tree);
        Ok(Self { prepared, files, forms, built, folder, _scratch: scratch })
    }

    /// The figures of every form; failed ones with the error.
    pub(super) fn figures(&self) -> Result<Figures> {
        let info = &self.prepared.info;
        let mut found = Vec::new();
        let mut made = std::collections::BTreeMap::new();
        for (form, built) in self.forms.iter().zip(&self.built) {
            let tool = form.tool().unwrap_or_else(|error| format!("{error:#}"));
            made.insert(form.id().to_owned(), Made { settings: form.settings(), tool });
            let outcomes = match built {
                Ok(built) => {
                    axis::size::observe(form.as_ref(), &built.artifact, info.census.bytes)?.settled
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    let exact = METRICS.iter().filter(|row| row.axis == record::Axis::Size);
                    exact.map(|row| (row.id, Outcome::Failed { error: error.clone() })).collect()
                }
            };
            for (metric, outcome) in outcomes.into_iter().filter(|(metric, _)| is_gated(metric)) {
                let (form, metric) = (form.id().to_owned(), metric.to_owned());
                found.push(Found { form, metric, outcome });
            }
        }
        Ok(Figures {
            dataset: info.name.clone(),
            pinned: info.pinned.is_some(),
            digest: info.digest.clone(),
            census: info.census,
            files: Some(self.files.clone()),
            guest: None,
            forms: made,
            found,
        })
    }

    /// Builds the forms that fail without each of the headers that changed most. Fast forms come first,
    /// so that every header has at least one figure when time runs out.
    pub(super) fn explain(
        &self,
        judgement: &mut Judgement,
        most: usize,
        progress: &Progress,
    ) -> Result<()> {
        let tree: &Tree = &self.prepared.tree;
        // Keys are spelled as in a file table: bytes that are no UTF-8 are escaped.
        let entries = tree.entries().iter();
        let paths: HashMap<String, &TreePath> =
            entries.map(|entry| (entry.path.to_string(), &entry.path)).collect();
        let changes = judgement.changes.iter().filter(|change| change.kind != Kind::Removed);
        let suspects: Vec<&TreePath> =
            changes.take(most).filter_map(|change| paths.get(&change.path).copied()).collect();
        let concerned =
            |id: &str| judgement.breached().chain(judgement.unchecked()).any(|row| row.form == id);
        let mut jobs = Vec::new();
        for (form, built) in self.forms.iter().zip(&self.built) {
            let Ok(built) = built else { continue };
            if !concerned(form.id()) {
                continue;
            }
            let content = self.prepared.info.census.bytes;
            let whole = axis::size::unpadded(form.as_ref(), &built.artifact, content)?;
            jobs.extend(suspects.iter().map(|path| (built.took, form, whole, *path)));
        }
        jobs.sort_by_key(|(took, ..)| *took);
        let start = Instant::now();
        let done = build_all::each(&jobs, &|(_, form, whole, path)| {
            if start.elapsed() > EXPLAINING {
                return Ok(None);
            }
            progress.say(&format!("building {} without {path}", form.id()));
            let bytes = build_all::marginal(form.as_ref(), tree, path, *whole, &self.folder)?;
            let (form, path) = (form.id().to_owned(), path.to_string());
            anyhow::Ok(Some(Marginal { form, path, bytes }))
        });
        let done = done.into_iter().collect::<Result<Vec<_>>>()?;
        let left = done.iter().filter(|done| done.is_none()).count();
        if left > 0 {
            judgement.notes.push(format!(
                "the costs of {left} single headers are left out: time limit of {} s; use fewer --forms \
                 or a smaller --explain",
                EXPLAINING.as_secs()
            ));
        }
        judgement.explained(done.into_iter().flatten().collect());
        Ok(())
    }
}
