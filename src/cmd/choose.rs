//! `choose`: what satisfies a device, by the figures of a record.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::judge::choose::break_even;
use crate::judge::choose::break_even::BreakEven;
use crate::judge::choose::{
    self as chooser, CRITERIA, Choice, Constraints, Criterion, Limit, NEEDS, Need,
};
use crate::record::Record;
use crate::record::quantity;
use crate::sys::stdout;
use crate::{record, report};

/// Tells which forms satisfy a device, which of them none other beats, and where they break even.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record of a run.
    record: PathBuf,
    /// The most that may be stored, 5MiB for one.
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    max_size: Option<f64>,
    /// The longest that a build may take, 5s for one.
    #[arg(long, value_name = "TIME", value_parser = quantity::time)]
    max_build: Option<f64>,
    /// The longest that one header may take, 10ms for one.
    #[arg(long, value_name = "TIME", value_parser = quantity::time)]
    max_one_header: Option<f64>,
    /// The longest that the headers of one program may take.
    #[arg(long, value_name = "TIME", value_parser = quantity::time)]
    max_closure: Option<f64>,
    /// The longest until the first program is compiled.
    #[arg(long, value_name = "TIME", value_parser = quantity::time)]
    max_first_compile: Option<f64>,
    /// The most memory that a kernel may keep; needs a record with the memory axis.
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    max_pinned: Option<f64>,
    /// What must be so: random-access (a header is reached without reading what stands before it, as it
    /// is in an archive once that is extracted), no-extra-tools (the kernel's build makes it with what
    /// it calls today), files (any program finds the headers as files), no-new-kernel-code (released
    /// kernels have all that it takes).
    #[arg(long, value_name = "NEED,...", value_delimiter = ',')]
    needs: Vec<String>,
    /// Draw the Pareto front by these alone: size, build, one-header, closure, first-compile,
    /// pinned.
    #[arg(long, value_name = "CRITERION,...", value_delimiter = ',')]
    by: Vec<String>,
    /// Where any two forms break even; without this, all against tar.xz-6 extracted once.
    #[arg(long, value_name = "FORM,FORM", value_delimiter = ',', num_args = 1)]
    between: Vec<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// What the kernel's own archive is used for today.
const REFERENCE: &str = "tar.xz-6";

#[derive(Serialize)]
struct Answer {
    choice: Choice,
    break_even: Vec<BreakEven>,
}

/// Prints what satisfies and what doesn't.
///
/// # Errors
/// A record that can't be read, an unknown need, criterion or form.
pub fn run(args: &Args) -> Result<()> {
    let record = record::load(&args.record)?;
    let wishes =
        Constraints { limits: limits(args), needs: needs(&args.needs)?, by: by(&args.by)? };
    let choice = chooser::choose(&record, &wishes);
    let break_even = match args.between.as_slice() {
        [] => break_even::against(&record, REFERENCE),
        [first, second] => between(&record, first, second)?,
        _ => bail!("--between takes two forms, separated by a comma"),
    };
    if args.json {
        return stdout::print_json(&Answer { choice, break_even });
    }
    let width = super::run::width();
    stdout::print(report::choice::terminal(&choice, &break_even, width))
}

fn limits(args: &Args) -> Vec<Limit> {
    let most = |id: &str| match id {
        "size" => args.max_size,
        "build" => args.max_build,
        "one-header" => args.max_one_header,
        "closure" => args.max_closure,
        "first-compile" => args.max_first_compile,
        "pinned" => args.max_pinned,
        _ => None,
    };
    let limits = CRITERIA.iter();
    limits.filter_map(|criterion| Some(Limit { criterion, most: most(criterion.id)? })).collect()
}

fn needs(ids: &[String]) -> Result<Vec<Need>> {
    let known = |id: &String| match NEEDS.iter().find(|need| need.id == id) {
        Some(need) => Ok(*need),
        None => {
            let known: Vec<_> = NEEDS.iter().map(|need| need.id).collect();
            bail!("{id}: no such need; there are {}", known.join(", "))
        }
    };
    ids.iter().map(known).collect()
}

fn by(ids: &[String]) -> Result<Vec<&'static Criterion>> {
    let known = |id: &String| match CRITERIA.iter().find(|criterion| criterion.id == id) {
        Some(criterion) => Ok(criterion),
        None => {
            let known: Vec<_> = CRITERIA.iter().map(|criterion| criterion.id).collect();
            bail!("{id}: no such criterion; there are {}", known.join(", "))
        }
    };
    ids.iter().map(known).collect()
}

fn between(record: &Record, first: &str, second: &str) -> Result<Vec<BreakEven>> {
    for form in [first, second] {
        if !record.forms.iter().any(|info| info.id == form) {
            let known: Vec<_> = record.forms.iter().map(|info| info.id.as_str()).collect();
            bail!("{form}: not in the record; there are {}", known.join(", "));
        }
    }
    let evens = break_even::between(record, first, second);
    if evens.is_empty() {
        bail!("{first}, {second}: the record has no times of reading them");
    }
    Ok(evens)
}
