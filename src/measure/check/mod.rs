//! Checks that a header set works: each form's artifact is extracted,
//! a program compiled against it, and, if the set has module build files, a module built with
//! it and loaded into a kernel.

mod sample;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::dataset::Prepared;
use crate::form::Form;
use crate::guest::TestVm;
use crate::kbuild::compiler::{Compiler, PROGRAM};
use crate::measure::build_all;
use crate::sys::error::Unavailable;
use crate::sys::scratch;
use crate::sys::scratch::Scratch;
use crate::tree::folder::{self, Links};
use sample::{Built, Sample};

/// The result of one form.
#[derive(Debug)]
pub struct Line {
    pub form: String,
    /// The steps that succeeded, in order.
    pub done: Vec<String>,
    pub error: Option<String>,
}

/// The results of a set.
#[derive(Debug)]
pub struct Verdict {
    /// Each form, in the order of the table.
    pub lines: Vec<Line>,
    /// Why nothing was loaded, where that was due and could not be.
    pub unloaded: Option<Unavailable>,
}

/// Checks the set `prepared` in each of `forms`. `laboratory` opens the test VM if there are
/// modules to load.
///
/// # Errors
/// [`Unavailable`] without a compiler or make for this set; I/O errors. What a form does
/// wrong is in its line, and so does what else breaks a test VM.
pub fn check(
    prepared: &Prepared,
    forms: &[Arc<dyn Form>],
    scratch: &Scratch,
    laboratory: &dyn Fn() -> Result<TestVm>,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Verdict> {
    let bench = Bench::set_up(prepared, scratch)?;
    let tried = bench.try_all(forms, say);
    let mut lines = Vec::new();
    let mut built = Vec::new();
    for (line, module) in tried {
        lines.push(line);
        built.extend(module);
    }
    let mut verdict = Verdict { lines, unloaded: None };
    if let Some(sample) = bench.sample.filter(|_| !built.is_empty()) {
        match kernel_for(&sample, laboratory) {
            Ok(lab) => verdict.load(&lab, &built, say),
            Err(error) => verdict.not_loaded(error),
        }
    }
    Ok(verdict)
}

fn kernel_for(sample: &Sample, laboratory: &dyn Fn() -> Result<TestVm>) -> Result<TestVm> {
    let lab = laboratory()?;
    if lab.image.release != sample.release {
        return Err(Unavailable {
            what: format!(
                "the header set is for {}, the guest is {}",
                sample.release, lab.image.release
            ),
            remedy: "use --guest-kernel and --guest-modules with that kernel".to_owned(),
        }
        .into());
    }
    Ok(lab)
}

impl Verdict {
    /// Takes why there is no kernel for the modules of the forms that came so far.
    fn not_loaded(&mut self, error: anyhow::Error) {
        match error.downcast::<Unavailable>() {
            Ok(missing) => self.unloaded = Some(missing),
            Err(error) => {
                for line in self.lines.iter_mut().filter(|line| line.error.is_none()) {
                    line.error = Some(format!("{error:#}"));
                }
            }
        }
    }

    fn load(&mut self, lab: &TestVm, built: &[Built], say: &dyn Fn(&str)) {
        say("loading modules");
        let loaded = sample::load(lab, built);
        for line in &mut self.lines {
            match loaded.get(&line.form) {
                Some(Ok(())) => line.done.push(format!("loaded in {}", lab.image.release)),
                Some(Err(error)) => line.error = Some(format!("{error:#}")),
                None => {}
            }
        }
    }
}

/// What each form is tried with.
struct Bench<'a> {
    prepared: &'a Prepared,
    compiler: Compiler,
    program: PathBuf,
    sample: Option<Sample>,
    place: PathBuf,
}

impl<'a> Bench<'a> {
    fn set_up(prepared: &'a Prepared, scratch: &Scratch) -> Result<Self> {
        let compiler =
            prepared.arch.as_deref().context("not a kernel's headers").and_then(Compiler::find);
        let compiler = compiler.map_err(|error| Unavailable {
            what: format!("{error:#}"),
            remedy: "apt-get install gcc (on a machine of the set's architecture)".to_owned(),
        })?;
        let program = scratch.on_disk("program.c");
        let text = prepared.closure.as_ref().map_or(PROGRAM, |(text, _)| text);
        fs::write(&program, text).with_context(|| program.display().to_string())?;
        let sample = Sample::of(&prepared.tree)?;
        let place = scratch.tmpfs().unwrap_or_else(|_| scratch.on_disk("check"));
        fs::create_dir_all(&place).with_context(|| place.display().to_string())?;
        Ok(Self { prepared, compiler, program, sample, place })
    }

    /// Tries all `forms`, as many at a time as there are processors.
    fn try_all(
        &self,
        forms: &[Arc<dyn Form>],
        say: &(dyn Fn(&str) + Sync),
    ) -> Vec<(Line, Option<Built>)> {
        build_all::each(forms, &|form| {
            say(&format!("checking {}", form.id()));
            self.try_one(form.as_ref())
        })
    }

    fn try_one(&self, form: &dyn Form) -> (Line, Option<Built>) {
        let mut line = Line { form: form.id().to_owned(), done: Vec::new(), error: None };
        let place = self.place.join(form.id());
        let built = self.carry_out(form, &place, &mut line.done);
        let built = built.and_then(|built| scratch::remove(&place).map(|()| built));
        let built = built.unwrap_or_else(|error| {
            line.error = Some(format!("{error:#}"));
            None
        });
        (line, built)
    }

    fn carry_out(
        &self,
        form: &dyn Form,
        place: &Path,
        done: &mut Vec<String>,
    ) -> Result<Option<Built>> {
        fs::create_dir(place).with_context(|| place.display().to_string())?;
        let (artifact, headers) = (place.join("artifact"), place.join("headers"));
        form.build(&self.prepared.tree, &artifact)?;
        folder::create_whole(&headers, Links::Inside, |writer| {
            form.walk(&artifact, &mut |entry| writer.put(entry))
        })?;
        scratch::remove(&artifact)?;
        let (found, wanted) = (folder::read(&headers, 0)?.digest(), &self.prepared.info.digest);
        if found != *wanted {
            bail!("the digest of the extracted tree is {found}, not {wanted}");
        }
        done.push("extracted".to_owned());
        self.compiler.check(&headers, &self.program)?;
        done.push("program compiled".to_owned());
        let Some(sample) = &self.sample else { return Ok(None) };
        let built = sample.build(&headers, form.id(), &place.join("module"))?;
        done.push("module built".to_owned());
        Ok(Some(built))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_stays_when_no_kernel_comes() {
        let verdict = |error: anyhow::Error| {
            let line = |form: &str, error| Line {
                form: form.to_owned(),
                done: vec!["extracted".into()],
                error,
            };
            let lines = vec![line("tar", None), line("tree", Some("its own".to_owned()))];
            let mut verdict = Verdict { lines, unloaded: None };
            verdict.not_loaded(error);
            let errors: Vec<_> = verdict.lines.into_iter().map(|line| line.error).collect();
            (errors, verdict.unloaded.is_some())
        };
        let own = Some("its own".to_owned());
        let broken = verdict(anyhow::anyhow!("the disk is full"));
        assert_eq!(broken, (vec![Some("the disk is full".to_owned()), own.clone()], false));
        let missing = Unavailable { what: "no emulator".into(), remedy: "get one".into() };
        assert_eq!(verdict(missing.into()), (vec![None, own], true));
    }
}
