//! `sweep`: the forms' settings varied, and the fronts that come of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::guest::GuestArgs;
use super::run::{axes, command, width};
use crate::dataset::{Cache, DatasetArgs, Request};
use crate::measure::machine;
use crate::measure::run::Options;
use crate::measure::sweep::{Plan, Shard, Swept, grid, sweep};
use crate::record::{Record, Store};
use crate::report;
use crate::sys::progress::Progress;
use crate::sys::{atomic_file, interrupt, stdout};

/// Varies levels, blocks, dictionaries, windows and the order of files, and shows which forms no other
/// beats.
///
/// What was measured is kept in the cache, by tree, form and version: a sweep that was interrupted
/// goes on where it was.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Several sets by name: kernels, architectures
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', conflicts_with_all = DatasetArgs::OPTIONS)]
    datasets: Vec<String>,
    /// Only these forms of the sweep: ids or patterns, separated by commas; other variants by their ids.
    #[arg(long, value_name = "GLOB,...")]
    forms: Vec<String>,
    /// Axes to measure: size, build, extract, memory, instructions; the last two boot a test VM for each
    /// form
    #[arg(
        long,
        value_name = "AXIS,...",
        value_delimiter = ',',
        default_value = "size,build,extract"
    )]
    axes: Vec<String>,
    /// Rounds of each measurement; an interval needs two at least.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    samples: u64,
    /// Only part I of N of the sweep, to be joined with the others by `merge`.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Measure anew what an earlier sweep has left.
    #[arg(long)]
    fresh: bool,
    /// Where a record for each header set and index.html go.
    #[arg(long, value_name = "DIR", default_value = "reports/out/sweep")]
    out: PathBuf,
    #[command(flatten)]
    dataset: DatasetArgs,
    /// Number of orders in which the deliveries of each form are measured, each in a test VM of its own
    #[arg(long, help_heading = "Test VM", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=64))]
    orders: u64,
    #[command(flatten)]
    guest: GuestArgs,
}

/// Measures what is not known yet, and shows the fronts.
///
/// # Errors
/// A set that can't be had, a form or axis is unknown, the system, or a form failed: that is said once
/// everything else is measured and written.
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
        // One round of one form at a time, and one boot where kernels are booted.
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
        progress.warn(&format!("{reason}; times will be longer and less certain"));
    }
    let Swept { records, interrupted } = sweep(&plan, &options, &progress, &interrupt::asked())?;
    if let Some(how_far) = interrupted {
        let kept = keep(&records, &args.out)?;
        bail!("{how_far}; the same sweep goes on there{kept}");
    }
    if records.is_empty() {
        progress
            .warn("nothing of the sweep is this shard's: it has fewer forms than there are shards");
        return Ok(());
    }
    drop(progress);
    write(&records, &args.out)?;
    let failures: usize = records.iter().map(|record| record.failures().count()).sum();
    match failures {
        0 => Ok(()),
        failures => bail!("{failures} observations failed; the records have the errors"),
    }
}

/// Keeps the `records` of a sweep that was interrupted in the folder `out`, and tells where they are.
fn keep(records: &[Record], out: &Path) -> Result<String> {
    let mut text = String::new();
    for record in records {
        let store = Store::open(out.join(file_name(record)))?;
        store.keep(record)?;
        text += &format!("; what is whole is in {}", store.partial().display());
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

/// The name of a record's file, by that of its header set.
pub(super) fn file_name(record: &Record) -> String {
    let name = record.dataset.name.trim_end_matches('/');
    let name = name.rsplit('/').next().unwrap_or(name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    format!("{}.json", name.chars().map(plain).collect::<String>())
}
