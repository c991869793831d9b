//! `sweep`: many settings of each form, and their Pareto fronts.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::common::{GuestArgs, axes, command, file_name, width};
use crate::dataset::{Cache, DatasetArgs, Request};
use crate::measure::machine;
use crate::measure::run::Options;
use crate::measure::sweep::{Plan, Shard, Swept, grid, sweep};
use crate::record::{Record, Store};
use crate::report;
use crate::sys::progress::Progress;
use crate::sys::{atomic_file, interrupt, stdout};

/// Measure many settings of each form and print the Pareto fronts
///
/// A sweep varies levels, block sizes, dictionaries, windows and the order of files. Results are cached by
/// header set, form and program version: an interrupted sweep continues where it stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench sweep --axes size
  kheaders-bench sweep --forms 'squashfs.*,tar.xz-6*' --samples 5
  kheaders-bench sweep --datasets debian-6.1-x86,debian-6.12-x86 --shard 1/2 --out part1")]
pub struct Args {
    /// Several named header sets, separated by commas
    #[arg(long, help_heading = "Header set", value_name = "NAME,...", value_delimiter = ',', conflicts_with_all = DatasetArgs::OPTIONS)]
    datasets: Vec<String>,
    /// Forms to measure: ids or glob patterns, separated by commas [default: see `list forms --sweep`]
    #[arg(long, help_heading = "Measurement", value_name = "GLOB,...")]
    forms: Vec<String>,
    /// Axes to measure: size, build, extract, memory, instructions
    ///
    /// memory and instructions boot a test VM for each form.
    #[arg(
        long,
        help_heading = "Measurement",
        value_name = "AXIS,...",
        value_delimiter = ',',
        default_value = "size,build,extract"
    )]
    axes: Vec<String>,
    /// Number of rounds; confidence intervals need at least 2
    #[arg(long, help_heading = "Measurement", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    samples: u64,
    /// Measure part I of N only; `merge` joins the parts
    #[arg(long, help_heading = "Measurement", value_name = "I/N")]
    shard: Option<Shard>,
    /// Measure again what the cache has from earlier sweeps
    #[arg(long, help_heading = "Measurement")]
    fresh: bool,
    #[command(flatten)]
    dataset: DatasetArgs,
    /// Number of VMs per form; each measures module, block device, tmpfs, ... in another order
    #[arg(long, help_heading = "Test VM", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=64))]
    orders: u64,
    #[command(flatten)]
    guest: GuestArgs,
    /// Directory for index.html and one result file per header set
    #[arg(long, help_heading = "Output", value_name = "DIR", default_value = "reports/out/sweep")]
    out: PathBuf,
}

/// Measures what the cache lacks, writes the result files and prints the fronts.
///
/// # Errors
/// A set is unavailable, a form or axis is unknown, or the system fails. If a form failed, the error comes
/// after everything else is measured and written.
pub fn run(args: &Args) -> Result<()> {
    let axes = axes(&args.axes)?;
    let named = args.datasets.iter().map(|name| Request::Named(name.clone()));
    let plan = Plan {
        requests: if args.datasets.is_empty() {
            vec![args.dataset.request()]
        } else {
            named.collect()
        },
        forms: grid::forms(&args.forms)?,
        rounds: args.samples,
        shard: args.shard.unwrap_or(Shard::WHOLE),
        fresh: args.fresh,
    };
    let options = Options {
        forms: Vec::new(),
        references: Vec::new(),
        axes,
        prepare: false,
        // The sweep itself repeats: a cell is one round of one form.
        quick: true,
        samples: Some(1),
        orders: args.orders,
        work: Cache::of_user()?.work(),
        command: command(),
        guest: args.guest.given(),
        guest_machine: args.guest.machine(),
    };
    let progress = Progress::new();
    if let Some(reason) = machine::busy() {
        progress.warn(&format!("{reason}: times will be longer and noisier"));
    }
    let Swept { records, interrupted } = sweep(&plan, &options, &progress, &interrupt::asked())?;
    if let Some(how_far) = interrupted {
        let kept = keep(&records, &args.out)?;
        bail!("{how_far}{kept}\nfix: run the same command again: it continues there");
    }
    if records.is_empty() {
        progress.warn("--shard: this part is empty: the sweep has fewer forms than shards");
        return Ok(());
    }
    drop(progress);
    write(&records, &args.out)?;
    let failures: usize = records.iter().map(|record| record.failures().count()).sum();
    match failures {
        0 => Ok(()),
        failures => {
            bail!("{}: {failures} measurements failed, see the result files", args.out.display())
        }
    }
}

/// Saves the `records` of an interrupted sweep in the folder `out`; returns a text that names the files.
fn keep(records: &[Record], out: &Path) -> Result<String> {
    let mut text = String::new();
    for record in records {
        let store = Store::open(out.join(file_name(record)))?;
        store.keep(record)?;
        text += &format!("; its results are in {}", store.partial().display());
    }
    Ok(text)
}

/// Writes `records` and their page to the folder `out`, and prints the fronts.
fn write(records: &[Record], out: &Path) -> Result<()> {
    let mut text = String::new();
    let mut files = Vec::new();
    for record in records {
        let store = Store::open(out.join(file_name(record)))?;
        store.keep(record)?;
        store.finish(record)?;
        text += &report::fronts(record, width());
        text.push('\n');
        files.push(store.file().display().to_string());
    }
    let page = report::html(records)?;
    atomic_file::write(&out.join("index.html"), |file| Ok(file.write_all(page.as_bytes())?))?;
    stdout::print(format!("{text}{} and index.html written\n", files.join(", ")))
}
