//! `gate`: a size check for CI. It fails if a form grew, with the cause and the command that accepts it.

mod building;
mod choice;
mod limits;
mod outputs;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::dataset::{DatasetArgs, Request};
use crate::judge::gate::{Acceptance, Baseline, Figures, Judgement, Limits, Scope, judge};
use crate::record;
use crate::record::units::counted;
use crate::report::gate as report;
use crate::sys::error::{Breached, Unavailable};
use crate::sys::progress::Progress;
use crate::sys::stdout;
use crate::sys::version;
use building::Building;
use choice::Metrics;
use limits::LimitArgs;
use outputs::Outputs;

/// Baselines of named header sets.
const BASELINES: &str = "reports/baselines";

/// Compare sizes with an accepted baseline and fail if they grew
///
/// The command builds the forms of the baseline and compares their sizes with it. Exit codes: 0 within the
/// limits, 2 a limit is exceeded, 3 a figure could not be checked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench gate
  kheaders-bench gate --accept --why '6.12.118'
  kheaders-bench gate --tree src --forms tar.xz-6 --baseline size.json --accept --why first
  kheaders-bench gate --tree src --baseline size.json --junit gate.xml")]
pub struct Args {
    /// Baseline to compare with [default: reports/baselines/DATASET.json]
    #[arg(long, help_heading = "Input", value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Result file to take the figures from, instead of building
    #[arg(long, help_heading = "Input", value_name = "FILE", conflicts_with_all = DatasetArgs::OPTIONS)]
    record: Option<PathBuf>,
    /// Forms to check: ids or glob patterns, separated by commas [default: those of the baseline]
    #[arg(long, help_heading = "Input", value_name = "GLOB,...")]
    forms: Vec<String>,
    /// Metrics to check: ids or glob patterns of sizes, unreclaimable memory and instruction counts
    /// [default: all of these]
    #[arg(long, help_heading = "Input", value_name = "GLOB,...")]
    metrics: Vec<String>,
    #[command(flatten)]
    dataset: DatasetArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    accept: AcceptArgs,
    /// Number of changed files whose cost is shown; each takes one more build per form
    #[arg(long, help_heading = "Output", value_name = "N", default_value_t = 5)]
    explain: usize,
    #[command(flatten)]
    outputs: Outputs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Baseline")]
struct AcceptArgs {
    /// Write the current figures as the new baseline
    #[arg(long, requires = "why")]
    accept: bool,
    /// Reason for the change, kept in the history of the baseline
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// Count drift from this baseline on (with --accept)
    #[arg(long, requires = "accept")]
    anchor: bool,
    /// If no limit is exceeded, write the smaller figures into the baseline
    #[arg(long, requires = "why", conflicts_with_all = ["accept", "allow_dataset_change"])]
    lock_in: bool,
}

/// Checks the figures, or accepts them.
///
/// # Errors
/// [`Breached`]; [`Unavailable`] if something could not be checked; invalid options; a file can't be
/// written.
pub fn run(args: &Args) -> Result<()> {
    if args.accept.why.as_ref().is_some_and(|why| why.trim().is_empty()) {
        bail!("--why: the reason is empty");
    }
    let progress = Progress::new();
    let record = args.record.as_deref().map(record::load).transpose()?;
    let path = baseline_path(args, record.as_ref())?;
    let limits = args.limits.of(&path)?;
    let mut baseline = load(&path)?;
    if baseline.is_none() && !args.accept.accept {
        return Err(Unavailable {
            what: format!("{}: no such baseline", path.display()),
            remedy: match args.forms.is_empty() {
                true => {
                    "add --forms FORM --accept --why \"first baseline\"; without --forms every \
                         default form is built"
                        .into()
                }
                false => "run the same command with --accept --why \"first baseline\"".into(),
            },
        }
        .into());
    }
    let metrics = Metrics::new(&args.metrics)?;
    let (now, built) = match &record {
        Some(record) => (Figures::of(record), None),
        None => {
            let forms =
                choice::forms(&args.forms, args.accept.accept, baseline.as_mut(), &progress)?;
            let built = Building::new(&args.dataset.request(), forms, &progress)?;
            (built.figures()?, Some(built))
        }
    };
    if args.accept.accept {
        drop(progress);
        return accept(args, baseline.as_ref(), &now, &metrics, &limits, &path);
    }
    let Some(baseline) = baseline else { bail!("{}: no baseline", path.display()) };
    let forms = super::common::forms(&args.forms)?;
    let wanted = |id: &str, metric: &str| {
        let named = args.forms.is_empty() || forms.iter().any(|form| form.id() == id);
        named && metrics.wanted(metric)
    };
    let across = args.limits.allow_dataset_change;
    let scope = Scope { wanted: &wanted, strict: !args.forms.is_empty(), across };
    let mut judgement = judge(&baseline, &now, &limits, scope);
    if let Some(built) = &built
        && let Err(error) = built.explain(&mut judgement, args.explain, &progress)
    {
        judgement.notes.push(format!("the cost of single headers is unknown: {error:#}"));
    }
    drop(progress);
    outputs::write_all(&judgement, &args.outputs)?;
    match judgement.exit_code() {
        0 if args.accept.lock_in => lock_in(args, &baseline, &judgement, &now, &path),
        0 => Ok(()),
        2 => Err(Breached(report::summary(&judgement)).into()),
        _ => Err(Unavailable {
            what: report::summary(&judgement),
            remedy: "see the reasons above; --accept --why TEXT writes a new baseline".to_owned(),
        }
        .into()),
    }
}

fn baseline_path(args: &Args, record: Option<&record::Record>) -> Result<PathBuf> {
    if let Some(path) = &args.baseline {
        return Ok(path.clone());
    }
    let named = match record {
        Some(record) => record.dataset.pinned.map(|_| record.dataset.name.clone()),
        None => match args.dataset.request() {
            Request::Named(name) => Some(name),
            _ => None,
        },
    };
    match named {
        // The name comes from a file: it must not lead out of the folder.
        Some(name) if !name.contains('/') => Ok(Path::new(BASELINES).join(format!("{name}.json"))),
        _ => bail!(
            "--baseline: missing; only named header sets have a default\nfix: add --baseline FILE"
        ),
    }
}

fn load(path: &Path) -> Result<Option<Baseline>> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
        Ok(text) => match Baseline::parse(&text) {
            Ok(baseline) => Ok(Some(baseline)),
            Err(what) => Err(Unavailable {
                what: format!("{}: {what}", path.display()),
                remedy: format!("git checkout {}, or remove it and use --accept", path.display()),
            }
            .into()),
        },
    }
}

fn accept(
    args: &Args,
    old: Option<&Baseline>,
    now: &Figures,
    metrics: &Metrics,
    limits: &Limits,
    path: &Path,
) -> Result<()> {
    let how = acceptance(args);
    match Baseline::accept(old, now, |metric| metrics.wanted(metric), limits, how) {
        Ok(baseline) => {
            outputs::write(path, &baseline.text())?;
            let count = baseline.figures.len();
            stdout::print(format!(
                "{}: {} accepted\n",
                path.display(),
                counted(count as u64, "figure")
            ))
        }
        Err(holes) => Err(Unavailable {
            what: format!(
                "{}: not accepted: figures are missing:\n{}",
                path.display(),
                holes.join("\n")
            ),
            remedy: "make each of them available, or exclude it with --forms or --metrics".into(),
        }
        .into()),
    }
}

fn lock_in(
    args: &Args,
    old: &Baseline,
    judgement: &Judgement,
    now: &Figures,
    path: &Path,
) -> Result<()> {
    match old.lower(judgement, now, acceptance(args)) {
        Some((baseline, count)) => {
            outputs::write(path, &baseline.text())?;
            stdout::print(format!("{}: {count} smaller figures written\n", path.display()))
        }
        None => stdout::print("no figure is smaller\n"),
    }
}

fn acceptance(args: &Args) -> Acceptance {
    Acceptance {
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        why: args.accept.why.clone().unwrap_or_default(),
        by: format!("kheaders-bench {}", version::OWN),
        anchor: args.accept.anchor,
    }
}
