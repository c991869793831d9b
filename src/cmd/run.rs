//! `run`: measures the forms of one header set.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::common::{GuestArgs, axes, command, width};
use crate::dataset::{self, Cache, DatasetArgs};
use crate::form::named::named;
use crate::form::{self, FORMS, Forms};
use crate::measure::machine;
use crate::measure::reference::{REFERENCES, Reference};
use crate::measure::run::{Options, run as measure};
use crate::record::{Axis, Store};
use crate::report;
use crate::sys::atomic_file;
use crate::sys::interrupt;
use crate::sys::progress::Progress;
use crate::sys::stdout;

/// Measure every form of a header set and write a result file and a report
///
/// Each form is built, read back to verify it, and measured in rounds, all forms interleaved.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench run --quick
  kheaders-bench run --forms 'tar.xz-6*,squashfs.*' --axes size,build,extract --samples 7
  kheaders-bench run --running --axes size --out reports/running")]
pub struct Args {
    /// Forms to measure: ids or glob patterns, separated by commas [default: those that `list forms` does
    /// not mark]
    ///
    /// Patterns such as 'tar.*' or '{tar,squashfs}.xz-*' select from the forms of `list forms`. An id
    /// may also spell other settings, as tar.xz-9e+win1m or squashfs.zst19-64k do. A pattern that
    /// matches a reference tool of `list references`, as 'tar.xz-6*' matches tar.xz-6@xz, measures that
    /// tool too, alongside the form.
    #[arg(long, help_heading = "Measurement", value_name = "GLOB,...")]
    forms: Vec<String>,
    /// Axes to measure: size, build, extract, memory, instructions [default: all]
    ///
    /// memory and instructions come from the same test VMs: each of them includes the other.
    #[arg(long, help_heading = "Measurement", value_name = "AXIS,...", value_delimiter = ',')]
    axes: Vec<String>,
    /// Measure one round only, without confidence intervals
    #[arg(long, help_heading = "Measurement", conflicts_with = "samples")]
    quick: bool,
    /// Number of rounds [default: 2 to 20, fewer for slow forms]
    #[arg(long, help_heading = "Measurement", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,
    #[command(flatten)]
    dataset: DatasetArgs,
    /// Number of VMs per form; each measures module, block device, tmpfs, ... in another order
    #[arg(long, help_heading = "Test VM", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=64))]
    orders: u64,
    #[command(flatten)]
    guest: GuestArgs,
    /// Directory for record.json, index.html, record.csv and record.md
    #[arg(long, help_heading = "Output", value_name = "DIR", default_value = "reports/out")]
    out: PathBuf,
}

/// Measures and writes the result file and the reports.
///
/// # Errors
/// The set is unavailable, a form or axis is unknown, or the system fails. If a form failed, the error
/// comes after everything else is measured and written.
pub fn run(args: &Args) -> Result<()> {
    let (forms, references) = chosen(&args.forms)?;
    let options = Options {
        forms,
        references,
        axes: axes(&args.axes)?,
        quick: args.quick,
        samples: args.samples,
        prepare: true,
        orders: args.orders,
        work: Cache::of_user()?.work(),
        command: command(),
        guest: args.guest.given(),
        guest_machine: args.guest.machine(),
    };
    let store = Store::open(args.out.join("record.json"))?;
    let progress = Progress::new();
    let prepared = dataset::prepare(&args.dataset.request(), &|what| progress.say(what))?;
    for note in &prepared.info.notes {
        progress.warn(note);
    }
    let timed = options.axes.iter().any(|axis| matches!(axis, Axis::Build | Axis::Extract));
    if let Some(reason) = machine::busy().filter(|_| timed) {
        progress.warn(&format!("{reason}: times will be longer and noisier"));
    }
    // From here on an interrupt ends the run in order, with what was measured kept.
    let record = measure(prepared, &options, &store, &progress, &interrupt::asked())?;
    let records = std::slice::from_ref(&record);
    for format in report::FORMATS {
        let name =
            if format.id == "html" { "index.html" } else { &format!("record.{}", format.id) };
        let text = (format.render)(records)?;
        atomic_file::write(&args.out.join(name), |file| Ok(file.write_all(text.as_bytes())?))?;
    }
    drop(progress);
    let table = report::terminal(&record, width());
    let took = record.laboratory.as_ref().and_then(|laboratory| laboratory.seconds);
    let took = took.map_or_else(String::new, |took| format!("test VMs took {took} s\n"));
    let written =
        format!("{} written, with index.html, record.csv and record.md", store.file().display());
    stdout::print(format!("{table}\n{took}{written}\n"))?;
    match record.failures().count() {
        0 => Ok(()),
        failures => {
            bail!("{}: {failures} measurements failed, see its errors", store.file().display())
        }
    }
}

/// The forms and reference tools that `globs` match; the default forms and no reference without globs.
/// A reference tool includes the form that it is compared with.
///
/// # Errors
/// A malformed pattern, or one that names neither.
fn chosen(globs: &[String]) -> Result<(Forms, Vec<&'static Reference>)> {
    if globs.is_empty() {
        return Ok((form::rows(FORMS), Vec::new()));
    }
    let all: Vec<_> = form::all().collect();
    let ids: Vec<_> = all.iter().map(|form| form.id()).collect();
    let count = ids.len();
    let known = [ids, REFERENCES.iter().map(|reference| reference.id).collect()].concat();
    let (mut wanted, variants) = named(globs, &known)?;
    let beside = wanted.split_off(count);
    let beside = REFERENCES.iter().zip(beside).filter(|(_, wanted)| *wanted);
    let beside: Vec<_> = beside.map(|(reference, _)| reference).collect();
    let forms = all.iter().zip(wanted).filter(|(form, wanted)| {
        *wanted || beside.iter().any(|reference| reference.of == form.id())
    });
    Ok((forms.map(|(form, _)| Arc::clone(form)).chain(variants).collect(), beside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_comes_with_its_pattern_and_brings_its_form() {
        let ids = |globs: &[&str]| {
            let globs: Vec<_> = globs.iter().map(|glob| (*glob).to_owned()).collect();
            let (forms, references) = chosen(&globs).unwrap();
            let forms = forms.iter().map(|form| form.id().to_owned());
            let references = references.iter().map(|reference| reference.id.to_owned());
            forms.chain(references).collect::<Vec<_>>()
        };
        let all = ["tar.xz-6", "tar.xz-6t2", "tar.xz-6@xz", "tar.xz-6t2@xz"];
        assert_eq!(ids(&["tar.xz-6*"]), all);
        assert_eq!(ids(&["tar.xz-6"]), ["tar.xz-6"]);
        assert_eq!(ids(&["tar.gz-9@gzip"]), ["tar.gz-9", "tar.gz-9@gzip"]);
        assert_eq!(ids(&["collect*"]), ["collect@gen_kheaders", "collect-6t2@gen_kheaders"]);
        assert_eq!(ids(&[]).len(), FORMS.len());
    }
}
