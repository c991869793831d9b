//! `choose`: the forms of a record that meet the limits of a device.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::judge::choose::break_even;
use crate::judge::choose::break_even::BreakEven;
use crate::judge::choose::{
    self as chooser, CRITERIA, Choice, Constraints, Criterion, Limit, NEEDS, Need,
};
use crate::record::Record;
use crate::record::units;
use crate::sys::stdout;
use crate::{record, report};

/// List the forms that meet the limits of a device
///
/// The output marks the Pareto front of these forms, and has the break-even points: after how many reads
/// one form is faster in total than another.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench choose reports/out/record.json --max-size 6MiB --max-one-header 10ms
  kheaders-bench choose reports/out/record.json --needs random-access,files --by size,pinned
  kheaders-bench choose reports/out/record.json --between tar.xz-6,squashfs.zst15-128k")]
pub struct Args {
    /// Result file
    #[arg(value_name = "RESULT")]
    record: PathBuf,
    /// Largest size, such as 5MiB
    #[arg(long, help_heading = "Limits", value_name = "SIZE", value_parser = units::bytes)]
    max_size: Option<f64>,
    /// Longest build time, such as 5s
    #[arg(long, help_heading = "Limits", value_name = "TIME", value_parser = units::time)]
    max_build: Option<f64>,
    /// Longest time to read one header, such as 10ms
    #[arg(long, help_heading = "Limits", value_name = "TIME", value_parser = units::time)]
    max_one_header: Option<f64>,
    /// Longest time to read the headers of one program, such as 50ms
    #[arg(long, help_heading = "Limits", value_name = "TIME", value_parser = units::time)]
    max_closure: Option<f64>,
    /// Longest time until the first program is compiled, such as 1s
    #[arg(long, help_heading = "Limits", value_name = "TIME", value_parser = units::time)]
    max_first_compile: Option<f64>,
    /// Largest unreclaimable kernel memory, such as 8MiB (needs a run with --axes memory)
    #[arg(long, help_heading = "Limits", value_name = "SIZE", value_parser = units::bytes)]
    max_pinned: Option<f64>,
    /// Required properties: random-access, no-extra-tools, files, no-new-kernel-code
    ///
    /// random-access: a header can be read without reading the data before it, which is also true of an
    /// extracted archive. no-extra-tools: a kernel build creates the form with the programs that it uses
    /// today. files: any program finds the headers as files. no-new-kernel-code: usable with an
    /// unmodified kernel.
    #[arg(long, help_heading = "Limits", value_name = "NEED,...", value_delimiter = ',')]
    needs: Vec<String>,
    /// Criteria of the Pareto front: size, build, one-header, closure, first-compile, pinned [default:
    /// size,build,one-header, and pinned if measured]
    #[arg(long, help_heading = "Output", value_name = "CRITERION,...", value_delimiter = ',')]
    by: Vec<String>,
    /// Two forms to compute break-even points of [default: tar.xz-6, extracted once, and any other]
    #[arg(
        long,
        help_heading = "Output",
        value_name = "FORM,FORM",
        value_delimiter = ',',
        num_args = 1
    )]
    between: Vec<String>,
    /// Print JSON
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// The form of the kernel's own archive.
const REFERENCE: &str = record::ARCHIVE;

#[derive(Serialize)]
struct Answer {
    choice: Choice,
    break_even: Vec<BreakEven>,
}

/// Prints the candidates, the front and the break-even points.
///
/// # Errors
/// A record can't be read; a need, criterion or form is unknown.
pub fn run(args: &Args) -> Result<()> {
    let record = record::load(&args.record)?;
    let wishes =
        Constraints { limits: limits(args), needs: needs(&args.needs)?, by: by(&args.by)? };
    let choice = chooser::choose(&record, &wishes);
    let break_even = match args.between.as_slice() {
        [] => break_even::against(&record, REFERENCE),
        [first, second] => between(&record, first, second)?,
        _ => bail!("--between: expected two forms, separated by a comma"),
    };
    if args.json {
        return stdout::print_json(&Answer { choice, break_even });
    }
    let width = super::common::width();
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
            bail!("{id}: no such need; known are {}", known.join(", "))
        }
    };
    ids.iter().map(known).collect()
}

fn by(ids: &[String]) -> Result<Vec<&'static Criterion>> {
    let known = |id: &String| match CRITERIA.iter().find(|criterion| criterion.id == id) {
        Some(criterion) => Ok(criterion),
        None => {
            let known: Vec<_> = CRITERIA.iter().map(|criterion| criterion.id).collect();
            bail!("{id}: no such criterion; known are {}", known.join(", "))
        }
    };
    ids.iter().map(known).collect()
}

fn between(record: &Record, first: &str, second: &str) -> Result<Vec<BreakEven>> {
    for form in [first, second] {
        if !record.forms.iter().any(|info| info.id == form) {
            let known: Vec<_> = record.forms.iter().map(|info| info.id.as_str()).collect();
            bail!("{form}: not in the result file, which has {}", known.join(", "));
        }
    }
    let evens = break_even::between(record, first, second);
    if evens.is_empty() {
        bail!("{first}, {second}: the result file has no times of reading them");
    }
    Ok(evens)
}
