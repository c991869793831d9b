//! `scale`: whether time grows as the tree does.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::run::{axes, command, forms, width};
use crate::dataset::{self, Cache, DatasetArgs, Prepared};
use crate::error::Breached;
use crate::guest::boot::Machine;
use crate::guest::kit::Given;
use crate::progress::Progress;
use crate::record::{self, Axis, Record, Store};
use crate::run::{Bench, Options};
use crate::scale::{self, Verdict, grow};
use crate::tree::Tree;
use crate::{interrupt, machine, merge, report, scratch, stdout, whole};

/// The most times that a tree is enlarged: it is held in memory.
const TIMES_MAX: u64 = 100;
/// The rounds from which on noise can be told from growth.
const ROUNDS: u64 = 3;

/// Measures a header set and trees several times as large, and names what takes more than in proportion.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many times as large the trees are; the set itself is the first.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,2,5,10",
        value_parser = clap::value_parser!(u64).range(1..=TIMES_MAX))]
    times: Vec<u64>,
    /// Only these forms: as of `run`.
    #[arg(long, value_name = "GLOB,...")]
    forms: Vec<String>,
    /// These axes: build, extract.
    #[arg(long, value_name = "AXIS,...", value_delimiter = ',', default_value = "build,extract")]
    axes: Vec<String>,
    /// Rounds of each measurement.
    #[arg(long, value_name = "N", default_value_t = ROUNDS, value_parser = clap::value_parser!(u64).range(1..))]
    samples: u64,
    /// End with exit code 2 when something takes more than 1.1 times what is in proportion, beyond noise,
    /// which takes three rounds or more to tell.
    #[arg(long)]
    strict: bool,
    /// Show the growth in the records that an earlier `scale` left, the set itself first, and measure
    /// nothing.
    #[arg(long, value_name = "FILE,...", value_delimiter = ',',
        conflicts_with_all = ["times", "forms", "axes", "samples", "strict"],
        conflicts_with_all = DatasetArgs::OPTIONS)]
    records: Vec<PathBuf>,
    /// Where a record for each size and index.html go.
    #[arg(long, value_name = "DIR", default_value = "reports/out/scale")]
    out: PathBuf,
    #[command(flatten)]
    dataset: DatasetArgs,
}

/// Measures each size, and shows the growth.
///
/// # Errors
/// The set can't be had, a form or axis is unknown, the system, a form failed; [`Breached`] with
/// `--strict`.
pub fn run(args: &Args) -> Result<()> {
    if !args.records.is_empty() {
        return show(&scale::sizes(record::load_all(&args.records)?)?, &args.out);
    }
    let options = options(args)?;
    let forms = options.forms.clone();
    let times = &args.times;
    ensure!(times.first() == Some(&1), "--times begins with 1, the set itself");
    ensure!(times.windows(2).all(|pair| pair[0] < pair[1]), "--times does not ascend");
    ensure!(
        !args.strict || args.samples >= ROUNDS,
        "--strict: fewer than {ROUNDS} rounds can't tell growth from noise"
    );
    let progress = Progress::new();
    let prepared = dataset::prepare(&args.dataset.request(), &|what| progress.say(what))?;
    if let Some(reason) = machine::busy() {
        progress.warn(&format!("{reason}; times will be longer and less certain"));
    }
    let mut benches = Vec::new();
    for times in times {
        progress.say(&format!("making the tree {times} times as large"));
        let grown = grown(&prepared, *times)?;
        let folder = args.out.join(format!("{times}x"));
        let store = Store::open(folder.join("record.json"))?;
        // A round alone goes nowhere that a reader would take for the whole.
        let round = Store::open(folder.join("round/record.json"))?;
        benches.push((*times, Bench::open(grown, &options, &progress)?, store, round));
    }
    drop(prepared);
    let interrupted = interrupt::asked();
    let mut sizes: Vec<(u64, Record)> = Vec::new();
    // Size by size and form by form in each round, so that a machine's drift hits all alike.
    for round in 0..args.samples {
        progress.say(&format!("round {} of {}", round + 1, args.samples));
        progress.count(benches.len());
        for (at, (times, bench, _, store)) in benches.iter().enumerate() {
            let record = bench.measure(&forms, store, &progress.part(), &interrupted)?;
            progress.advance();
            match sizes.get_mut(at) {
                Some((_, known)) => *known = merge::rounds(known.clone(), vec![record]),
                None => sizes.push((*times, record)),
            }
        }
        for ((_, record), (_, _, store, _)) in sizes.iter().zip(&benches) {
            store.keep(record)?;
        }
    }
    for ((_, record), (_, _, store, round)) in sizes.iter().zip(&benches) {
        store.finish(record)?;
        scratch::remove(whole::parent(round.file()))?;
    }
    drop(progress);
    show(&sizes, &args.out)?;
    let failures: usize = sizes.iter().map(|(_, record)| record.failures().count()).sum();
    ensure!(failures == 0, "{failures} observations failed; the records have the errors");
    let rows = scale::rows(&sizes);
    let over = rows.iter().filter(|row| row.verdict() == Some(Verdict::Exceeds)).count();
    if !args.strict || over == 0 {
        return Ok(());
    }
    let grow = if over == 1 { "time grows" } else { "times grow" };
    Err(Breached(format!("{over} {grow} faster than the tree")).into())
}

fn options(args: &Args) -> Result<Options> {
    let axes = axes(&args.axes)?;
    if axes.contains(&Axis::Memory) {
        bail!("--axes memory: it has no times to grow, and a guest no room for ten trees");
    }
    Ok(Options {
        forms: forms(&args.forms)?,
        references: Vec::new(),
        axes,
        prepare: false,
        modelled: false,
        quick: false,
        samples: Some(1),
        work: Cache::of_user()?.work(),
        command: command(),
        guest: Given::default(),
        guest_machine: Machine::default(),
    })
}

/// The set `times` as large.
fn grown(prepared: &Prepared, times: u64) -> Result<Prepared> {
    if times == 1 {
        return Ok(prepared.clone());
    }
    let tree: Tree = grow(&prepared.tree, times)?;
    let info = record::Dataset {
        name: scale::name(&prepared.info.name, times),
        title: format!(
            "{}, and {} copies of it with other letters",
            prepared.info.title,
            times - 1
        ),
        digest: tree.digest(),
        census: tree.census(),
        pinned: None,
        ..prepared.info.clone()
    };
    let Prepared { arch, closure, .. } = prepared;
    Ok(Prepared { tree, info, arch: arch.clone(), closure: closure.clone(), recipe: None })
}

/// Prints the growth, and writes its page.
fn show(sizes: &[(u64, Record)], out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let page = report::scale::html(sizes)?;
    whole::write(&out.join("index.html"), |file| Ok(file.write_all(page.as_bytes())?))?;
    let table = report::scale::terminal(sizes, width());
    stdout::print(format!("{table}\n{}/index.html written\n", out.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn records_stand_beside_no_header_set() {
        let parse = |more: &str| {
            let words = ["program", "--records", "1x.json,2x.json"];
            Program::try_parse_from(words.into_iter().chain(more.split_whitespace()))
        };
        assert_eq!(parse("--out there").unwrap().args.records.len(), 2);
        for more in ["--dataset d", "--tree t", "--archive a", "--running", "--raw", "--strict"] {
            assert!(parse(more).is_err(), "{more}");
        }
    }
}
