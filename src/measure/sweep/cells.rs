//! The cache of sweeps: one file for each round of each form of each header set.
//!
//! A cell belongs to the header set, the form and the version of what made it: this very program, the
//! form's libraries and settings, the machine, and what was measured.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::dataset::{Cache, Prepared};
use crate::debian::cache;
use crate::form::Form;
use crate::kbuild::compiler::Compiler;
use crate::measure::machine;
use crate::measure::run::{Bench, Options};
use crate::record::{self, Axis, Record, Store};
use crate::sys::program;
use crate::sys::progress::Progress;
use crate::sys::scratch;
use crate::tree::hex;

/// The cells of one header set.
pub(crate) struct Cells {
    folder: PathBuf,
    /// The part of the version that is the same for all forms.
    version: String,
}

impl Cells {
    /// The cells of `prepared`, measured with `options`.
    pub(crate) fn open(prepared: &Prepared, options: &Options) -> Result<Self> {
        let program = cache::sha256(&program::path()?)?;
        let machine = machine::this(String::new(), Vec::new());
        let Options { axes, orders, guest, guest_machine, .. } = options;
        let measured = format!("{axes:?} {orders} {guest:?} {guest_machine:?}");
        // What figures depend on and a digest does not have.
        let Prepared { tree, info, arch, closure, recipe: _ } = prepared;
        let set = format!("{} {arch:?} {closure:?}", tree.mtime());
        // What decides whether an image can be mounted, and a program compiled.
        let root = rustix::process::geteuid().is_root();
        let compiler = match arch.as_deref().map(Compiler::find) {
            Some(Ok(compiler)) => compiler.version,
            Some(Err(error)) => error.to_string(),
            None => String::new(),
        };
        let record::Machine { id, cores, kernel, governor, .. } = machine;
        let here = format!("{id} {cores} {kernel} {governor} {root} {compiler}");
        let version = format!("{program} {here} {set} {measured}");
        Ok(Self { folder: Cache::of_user()?.sweep().join(short(&info.digest)), version })
    }

    /// The folder of all rounds of `form`.
    fn folder(&self, form: &dyn Form) -> PathBuf {
        let tool = form.tool().unwrap_or_else(|error| format!("{error:#}"));
        let key = format!("{} {tool} {}", self.version, form.settings());
        let key = hex(&Sha256::digest(key));
        self.folder.join(format!("{}@{}", form.id(), short(&key)))
    }

    fn file(&self, form: &dyn Form, round: u64) -> PathBuf {
        self.folder(form).join(format!("round-{}.json", round + 1))
    }

    /// Whether that round of `form` was measured.
    pub(crate) fn has(&self, form: &dyn Form, round: u64) -> bool {
        self.file(form, round).is_file()
    }

    /// The record of that round of `form`.
    pub(crate) fn load(&self, form: &dyn Form, round: u64) -> Result<Record> {
        record::load(&self.file(form, round))
    }

    /// Measures one round of `form`.
    pub(crate) fn measure(
        &self,
        bench: &Bench,
        form: &Arc<dyn Form>,
        round: u64,
        progress: &Progress,
        interrupted: &AtomicBool,
    ) -> Result<()> {
        let store = Store::open(self.file(form.as_ref(), round))?;
        bench.measure(std::slice::from_ref(form), &store, progress, interrupted)?;
        Ok(())
    }

    /// Forgets all rounds of `forms`.
    pub(crate) fn forget(&self, forms: &[Arc<dyn Form>]) -> Result<()> {
        forms.iter().try_for_each(|form| scratch::remove(&self.folder(form.as_ref())))
    }

    /// Forgets rounds in which something failed, or that had no test VM to measure memory in.
    pub(crate) fn forget_failures(&self, forms: &[Arc<dyn Form>], rounds: u64) -> Result<()> {
        for form in forms {
            for round in (0..rounds).filter(|round| self.has(form.as_ref(), *round)) {
                let record = self.load(form.as_ref(), round)?;
                let axes = &record.settings.axes;
                let memory = axes.iter().any(|axis| axis == Axis::Memory.id());
                if record.failures().next().is_some() || memory && record.laboratory.is_none() {
                    let file = self.file(form.as_ref(), round);
                    fs::remove_file(&file).with_context(|| file.display().to_string())?;
                }
            }
        }
        Ok(())
    }
}

/// Enough of a digest to be unique.
fn short(digest: &str) -> String {
    digest.chars().take(16).collect()
}
