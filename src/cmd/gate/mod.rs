//! `gate`: fails when an archive grew, and says by how much, why, and how to accept it.

mod building;
mod choice;
mod limits;
mod outputs;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::dataset::{DatasetArgs, Request};
use crate::judge::gate::{Acceptance, Baseline, Figures, Judgement, Limits, Scope, judge};
use crate::record;
use crate::report::{counted, gate as report};
use crate::sys::error::{Breached, Unavailable};
use crate::sys::progress::Progress;
use crate::sys::stdout;
use crate::sys::version;
use building::Building;
use choice::Metrics;
use limits::LimitArgs;
use outputs::Outputs;

/// Where the accepted figures of named sets lie.
const BASELINES: &str = "reports/baselines";
/// Compares sizes with the accepted baseline: exit code 0 fine, 2 a limit was breached, 3 something
/// could not be checked.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The accepted figures [default: reports/baselines/DATASET.json]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Take the figures of this record instead of building
    #[arg(long, value_name = "FILE", conflicts_with_all = DatasetArgs::OPTIONS)]
    record: Option<PathBuf>,
    /// Only these forms: ids or patterns [default: those of the baseline]
    #[arg(long, value_name = "GLOB,...")]
    forms: Vec<String>,
    /// Only these metrics: ids or patterns; gated are sizes, pinned kernel memory and instructions
    #[arg(long, value_name = "GLOB,...")]
    metrics: Vec<String>,
    /// What changed and what single headers cost: build without this many of them in each form
    #[arg(long, value_name = "N", default_value_t = 5)]
    explain: usize,
    #[command(flatten)]
    dataset: DatasetArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    accept: AcceptArgs,
    #[command(flatten)]
    outputs: Outputs,
}

/// What becomes of the baseline.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Acceptance")]
struct AcceptArgs {
    /// Write the figures of now as the new baseline
    #[arg(long, requires = "why")]
    accept: bool,
    /// Why, for those who read the baseline's history
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// With --accept: count drift from now on
    #[arg(long, requires = "accept")]
    anchor: bool,
    /// If nothing is breached, write what became smaller into the baseline; not with
    /// --allow-dataset-change, whose figures are of another tree
    #[arg(long, requires = "why", conflicts_with_all = ["accept", "allow_dataset_change"])]
    lock_in: bool,
}

/// Checks or accepts.
///
/// # Errors
/// [`Breached`]; [`Unavailable`] when something could not be checked; what was asked for makes no
/// sense; nothing can be written.
pub fn run(args: &Args) -> Result<()> {
    if args.accept.why.as_ref().is_some_and(|why| why.trim().is_empty()) {
        bail!("--why: say why");
    }
    let progress = Progress::new();
    let record = args.record.as_deref().map(record::load).transpose()?;
    let path = baseline_path(args, record.as_ref())?;
    let limits = args.limits.of(&path)?;
    let mut baseline = load(&path)?;
    if baseline.is_none() && !args.accept.accept {
        return Err(Unavailable {
            what: format!("{}: there is no baseline", path.display()),
            remedy: "write one: the same command with --accept --why \"first baseline\"".into(),
        }
        .into());
    }
    let metrics = Metrics::new(&args.metrics)?;
    let (now, built) = match &record {
        Some(record) => (Figures::of(record), None),
        None => {
            let built = Building::new(args, baseline.as_mut(), &progress)?;
            (built.figures()?, Some(built))
        }
    };
    if args.accept.accept {
        drop(progress);
        return accept(args, baseline.as_ref(), &now, &metrics, &limits, &path);
    }
    let Some(baseline) = baseline else { bail!("{}: no baseline", path.display()) };
    let forms = super::run::forms(&args.forms)?;
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
        judgement.notes.push(format!("what single headers cost is not known: {error:#}"));
    }
    drop(progress);
    outputs::tell(&judgement, &args.outputs)?;
    match judgement.exit_code() {
        0 if args.accept.lock_in => lock_in(args, &baseline, &judgement, &now, &path),
        0 => Ok(()),
        2 => Err(Breached(report::summary(&judgement)).into()),
        _ => Err(Unavailable {
            what: report::summary(&judgement),
            remedy: "the reasons stand above; a new baseline is written with --accept".to_owned(),
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
        // A name from a record is not to lead elsewhere.
        Some(name) if !name.contains('/') => Ok(Path::new(BASELINES).join(format!("{name}.json"))),
        _ => bail!("give the accepted figures of this tree with --baseline FILE"),
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
                remedy: "take it back from version control, or remove it and --accept anew".into(),
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
            what: format!("not accepted, as a baseline has no holes:\n{}", holes.join("\n")),
            remedy: "see that each of them can be had".into(),
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
            stdout::print(format!("{}: {count} smaller figures locked in\n", path.display()))
        }
        None => stdout::print("nothing became smaller\n"),
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
