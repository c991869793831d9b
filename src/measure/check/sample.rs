//! A small module, built with extracted headers and loaded into the guest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::dataset::Cache;
use crate::guest::TestVm;
use crate::guest::boot::Load;
use crate::guest::image;
use crate::guest::protocol::Report;
use crate::kbuild::Kbuild;
use crate::sys::interrupt;
use crate::tree::folder::{self, Links};
use crate::tree::{Tree, TreePath};

const SOURCE: &str = include_str!("sample.c");
/// A set with this file can build modules.
const SYMBOLS: &str = "Module.symvers";

/// The module build of one set.
pub(crate) struct Sample {
    kbuild: Kbuild,
    /// The kernel that the set's modules are for.
    pub(crate) release: String,
}

/// The module as one form's headers built it.
pub(crate) struct Built {
    form: String,
    image: Vec<u8>,
}

impl Sample {
    /// `None` for a set of headers alone.
    ///
    /// # Errors
    /// [`crate::sys::error::Unavailable`] without compiler or make; a set without the release of its kernel.
    pub(crate) fn of(tree: &Tree) -> Result<Option<Self>> {
        if tree.file(&TreePath::new(SYMBOLS)?).is_none() {
            return Ok(None);
        }
        let header = tree.file(&TreePath::new(image::UTS_RELEASE)?);
        let release = header.and_then(image::uts_release).context(image::UTS_RELEASE)?;
        let config = tree.file(&TreePath::new(".config")?).unwrap_or_default();
        let kbuild = Kbuild::find(&String::from_utf8_lossy(config))?;
        let tools = tempfile::Builder::new().prefix("kheaders-tools-").tempdir()?;
        let tools = interrupt::passing(tools);
        folder::create_whole(&tools.path().join("set"), Links::Inside, |writer| {
            let tools = tree.entries().iter().filter(|entry| is_tool(&entry.path));
            tools.cloned().try_for_each(|entry| writer.put(entry))
        })?;
        let cache = Cache::of_user()?;
        let kbuild = kbuild.ready(&tools.path().join("set"), &cache, &|_| ())?;
        Ok(Some(Self { kbuild, release }))
    }

    /// Builds it in the new folder `dir` by the set at `headers`, which `form` gave back.
    ///
    /// # Errors
    /// It does not compile, or is for another kernel than the set.
    pub(crate) fn build(&self, headers: &Path, form: &str, dir: &Path) -> Result<Built> {
        let name = name(form);
        fs::create_dir(dir).with_context(|| dir.display().to_string())?;
        fs::write(dir.join("Kbuild"), format!("obj-m := {name}.o\n"))?;
        fs::write(dir.join("form.h"), format!("#define SAMPLE_FORM \"{form}\"\n"))?;
        fs::write(dir.join(format!("{name}.c")), SOURCE)?;
        self.kbuild.modules(headers, dir, &[])?;
        let image = dir.join(format!("{name}.ko"));
        let image = fs::read(&image).with_context(|| image.display().to_string())?;
        let made_for = image::vermagic(&image).unwrap_or_default();
        if made_for != self.release {
            bail!("the module is for '{made_for}', the header set for {}", self.release);
        }
        Ok(Built { form: form.to_owned(), image })
    }
}

/// Whether `path` is of the tools that have to start, each in its folder.
fn is_tool(path: &TreePath) -> bool {
    path.as_path().starts_with("tools")
}

/// The module's name: no other character is allowed in one.
fn name(form: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("sample_{}", form.chars().map(allowed).collect::<String>())
}

/// Loads each of `built` into one guest of `lab`, and unloads it. Tells by form what went wrong.
pub(crate) fn load(lab: &TestVm, built: &[Built]) -> BTreeMap<String, Result<()>> {
    let mut script = String::new();
    for Built { form, .. } in built {
        let name = name(form);
        let parameter = format!("/sys/module/{name}/parameters/form");
        script += &format!(
            "begin {form}\nload {name}\nlog {name}: loaded by process\nshow {parameter}\n\
             unload {name}\nlog {name}: unloaded\nexpect-error read {parameter}\nend\n"
        );
    }
    let modules = built.iter().map(|built| (name(&built.form), built.image.clone())).collect();
    let load = Load { script, modules, files: Vec::new() };
    let mut seen = Seen::default();
    let done = lab.boot(&load, &|| Ok(()), &mut |report| {
        seen.hear(report);
        Ok(())
    });
    let verdict = |built: &Built| {
        let verdict = match (seen.of(&built.form), &done) {
            (None, Err(error)) => bail!("the guest failed: {error:#}"),
            (None, Ok(())) => bail!("the guest did not run it"),
            (Some(verdict), _) => verdict,
        };
        verdict.clone().map_err(anyhow::Error::msg)
    };
    built.iter().map(|built| (built.form.clone(), verdict(built))).collect()
}

/// The reports of the guest, by group.
#[derive(Default)]
struct Seen {
    group: String,
    shown: Option<String>,
    error: Option<String>,
    ended: BTreeMap<String, Result<(), String>>,
}

impl Seen {
    fn hear(&mut self, report: Report) {
        match report {
            Report::Begin { group } => {
                (self.group, self.shown, self.error) = (group, None, None);
            }
            Report::Say { line } => drop(self.shown.get_or_insert(line)),
            Report::Failed { error } => self.error = Some(error),
            Report::End => {
                let verdict = match (self.error.take(), self.shown.take()) {
                    (Some(error), _) => Err(error),
                    (None, Some(shown)) if shown == self.group => Ok(()),
                    (None, shown) => {
                        Err(format!("the module parameter is {}", shown.unwrap_or_default()))
                    }
                };
                self.ended.insert(std::mem::take(&mut self.group), verdict);
            }
            _ => {}
        }
    }

    fn of(&self, form: &str) -> Option<&Result<(), String>> {
        self.ended.get(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(reports: Vec<Report>) -> Option<Result<(), String>> {
        let mut seen = Seen::default();
        seen.hear(Report::Begin { group: "tar".into() });
        reports.into_iter().for_each(|report| seen.hear(report));
        seen.of("tar").cloned()
    }

    #[test]
    fn only_the_forms_own_parameter_counts_as_loaded() {
        let say = |line: &str| Report::Say { line: line.into() };
        assert_eq!(verdict(vec![say("tar"), say("as expected: x"), Report::End]), Some(Ok(())));
        assert!(verdict(vec![say("tar.xz-6"), Report::End]).unwrap().is_err());
        assert!(verdict(vec![Report::End]).unwrap().is_err());
        let failed = Report::Failed { error: "load: Invalid argument".into() };
        assert!(verdict(vec![say("tar"), failed, Report::End]).unwrap().is_err());
        assert_eq!(verdict(vec![say("tar")]), None);
    }

    #[test]
    fn a_forms_name_makes_a_modules() {
        assert_eq!(name("files.zst-19+dict112k"), "sample_files_zst_19_dict112k");
    }
}
