//! `run`: the main job.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::guest::GuestArgs;
use crate::dataset::{self, Cache, DatasetArgs};
use crate::form::named::{named, pick};
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

/// Builds every form of a header set, verifies each, measures, and leaves a record and a report.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these forms: ids, or patterns such as 'tar.*' or '{tar,squashfs}.xz-*', separated by
    /// commas. Some are measured only when they are named: see `list forms`; so are variants, such as
    /// tar.xz-9e+win1m or squashfs.zst19-64k. A pattern that fits a reference tool's id, as 'tar.xz-6*'
    /// does tar.xz-6@xz, has it measured beside its form.
    #[arg(long, value_name = "GLOB,...")]
    forms: Vec<String>,
    /// Axes to measure: size, build, extract, memory, instructions; the last two come from the same test
    /// VMs, so each includes the other
    #[arg(long, value_name = "AXIS,...", value_delimiter = ',')]
    axes: Vec<String>,
    /// One round of each measurement: no intervals.
    #[arg(long, conflicts_with = "samples")]
    quick: bool,
    /// This many rounds of each measurement, instead of 2 to 20 by cost.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,
    /// Where record.json, index.html, record.csv and record.md go.
    #[arg(long, value_name = "DIR", default_value = "reports/out")]
    out: PathBuf,
    #[command(flatten)]
    dataset: DatasetArgs,
    /// Number of orders in which the deliveries of each form are measured, each in a test VM of its own
    #[arg(long, help_heading = "Test VM", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=64))]
    orders: u64,
    #[command(flatten)]
    guest: GuestArgs,
}

/// Measures and reports.
///
/// # Errors
/// The set can't be had, a form or axis is unknown, the system fails the run, or a form failed: that
/// is said once everything else is measured and written.
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
        progress.warn(&format!("{reason}; times will be longer and less certain"));
    }
    // Until here an interrupt just ends the program; from here on it ends the run in order.
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
    let took = took.map_or_else(String::new, |took| format!("kernel memory took {took} s\n"));
    let written =
        format!("{}, and beside it index.html, record.csv and record.md", store.file().display());
    stdout::print(format!("{table}\n{took}{written}\n"))?;
    match record.failures().count() {
        0 => Ok(()),
        failures => bail!("{failures} observations failed; the record has the errors"),
    }
}

/// The forms and the reference tools that `globs` name; all forms and no reference when there are none.
/// What a reference stands beside is measured with it.
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

/// The forms that `globs` name, each one pattern or several separated by commas, and then the
/// variants, which are named by their ids; those of [`FORMS`] when there are none.
///
/// # Errors
/// A malformed pattern, or one that names no form.
pub fn forms(globs: &[String]) -> Result<Forms> {
    if globs.is_empty() {
        return Ok(form::rows(FORMS));
    }
    pick(globs, &form::all().collect::<Vec<_>>())
}

pub(super) fn axes(ids: &[String]) -> Result<Vec<Axis>> {
    for id in ids {
        if !Axis::ALL.iter().any(|axis| axis.id() == id) {
            let known: Vec<_> = Axis::ALL.iter().map(|axis| axis.id()).collect();
            bail!("{id}: no such axis; there are {}", known.join(", "));
        }
    }
    if ids.is_empty() {
        return Ok(Axis::ALL.to_vec());
    }
    let named = |axis: &Axis| ids.iter().any(|id| id == axis.id());
    let guest = Axis::ALL.iter().any(|axis| axis.is_of_guest() && named(axis));
    let wanted = |axis: &Axis| named(axis) || guest && axis.is_of_guest();
    Ok(Axis::ALL.iter().copied().filter(wanted).collect())
}

/// This command line, the program by its name.
pub(super) fn command() -> Vec<String> {
    let mut words: Vec<_> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(first) = words.first_mut() {
        *first = "kheaders-bench".to_owned();
    }
    words
}

/// Columns of the terminal that standard output is.
pub(super) fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    size.map(|size| usize::from(size.ws_col))
        .filter(|&columns| columns > 0)
        .unwrap_or(report::WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(globs: &str) -> Vec<String> {
        forms(&[globs.to_owned()]).unwrap().iter().map(|form| form.id().to_owned()).collect()
    }

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

    #[test]
    fn forms_are_named_by_patterns_with_commas_and_braces() {
        let all = ["tar.gz-9", "tar.xz-6"];
        assert_eq!(ids("tar.xz-6,tar.gz-9"), all);
        assert_eq!(ids("{tar.xz-6,tar.gz-9}"), all);
        assert_eq!(ids("tar.{xz-6,gz-9},tree"), [&["tree"][..], &all].concat());
        assert_eq!(ids("files.zst-19+dict112k"), ["files.zst-19+dict112k"]);
        for (globs, why) in [("tar.lz4", "no such form"), ("{tar", "{tar"), ("tar,,", "an empty")] {
            let error = format!("{:#}", forms(&[globs.to_owned()]).err().unwrap());
            assert!(error.contains(why), "{error}");
        }
    }
}
