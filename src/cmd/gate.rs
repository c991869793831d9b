//! `gate`: fails when an archive grew, and says by how much, why, and how to accept it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::axis;
use crate::bulk;
use crate::dataset::{self, Cache, DatasetArgs, Prepared, Request};
use crate::error::{Breached, Unavailable};
use crate::form::{self, Form};
use crate::gate::{
    Acceptance, Baseline, Figures, FileTable, Found, Judgement, Kind, Limits, Made, Marginal,
    Scope, is_gated, judge,
};
use crate::progress::Progress;
use crate::quantity::{Bytes, Share};
use crate::record::{self, METRICS, Outcome};
use crate::report::gate as report;
use crate::scratch::{self, Scratch};
use crate::stdout;
use crate::tree::{Tree, TreePath};
use crate::version;
use crate::whole;

/// Where the accepted figures of named sets lie.
const BASELINES: &str = "reports/baselines";
/// How long builds without single headers may go on, once something is wrong.
const EXPLAINING: Duration = Duration::from_secs(60);

/// Compares sizes with the accepted baseline: exit code 0 fine, 2 a limit was breached, 3 something
/// could not be checked.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dataset: DatasetArgs,
    /// The accepted figures [default: reports/baselines/DATASET.json]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Take the figures of this record instead of building
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Only these forms: ids or patterns [default: those of the baseline]
    #[arg(long, value_name = "GLOB,...")]
    forms: Vec<String>,
    /// Only these metrics: ids or patterns. Exact ones in bytes, and pinned kernel memory
    #[arg(long, value_name = "GLOB,...")]
    metrics: Vec<String>,
    /// What changed and what single headers cost: build without this many of them in each form
    #[arg(long, value_name = "N", default_value_t = 5)]
    explain: usize,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    accept: AcceptArgs,
    #[command(flatten)]
    outputs: Outputs,
}

/// How much may grow.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Limits and ceilings [default: the baseline's name with .toml, if it is there]
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
    /// Growth that is too much, if it is also too many bytes [default: 0.5%]
    #[arg(long, value_name = "PERCENT")]
    max_growth: Option<Share>,
    /// Growth that is too much, if it is also too many percent [default: 4KiB]
    #[arg(long, value_name = "BYTES")]
    max_growth_bytes: Option<Bytes>,
    /// Growth since the anchor that is too much [default: 2%]
    #[arg(long, value_name = "PERCENT")]
    max_drift: Option<Share>,
    /// Growth of pinned kernel memory that is too much [default: 64KiB]
    #[arg(long, value_name = "BYTES")]
    max_growth_pinned: Option<Bytes>,
    /// Compare another version of a pinned set, by the ratio to the raw tree
    #[arg(long)]
    allow_dataset_change: bool,
    /// With --allow-dataset-change: growth of that ratio that is too much [default: 0.5%]
    #[arg(long, value_name = "PERCENT", requires = "allow_dataset_change")]
    max_ratio_growth: Option<Share>,
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
    /// If nothing is breached, write what became smaller into the baseline
    #[arg(long, requires = "why", conflicts_with = "accept")]
    lock_in: bool,
}

/// Where the findings go, beside the terminal.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Findings")]
struct Outputs {
    /// As Markdown, short enough for a comment; also appended to $GITHUB_STEP_SUMMARY when set
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// As JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// As JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
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
    let limits = limits(args, &path)?;
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
    if let Some(built) = &built {
        built.explain(&mut judgement, args.explain, &progress)?;
    }
    drop(progress);
    tell(&judgement, &args.outputs)?;
    match judgement.exit_code() {
        0 if args.accept.lock_in => lock_in(args, &baseline, &now, &path),
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

fn limits(args: &Args, baseline: &Path) -> Result<Limits> {
    let given = &args.limits;
    let path = given.limits.clone().unwrap_or_else(|| baseline.with_extension("toml"));
    let mut limits = if given.limits.is_some() || path.is_file() {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let parsed = Limits::parse(&text);
        parsed.map_err(anyhow::Error::msg).with_context(|| path.display().to_string())?
    } else {
        Limits::default()
    };
    limits.max_growth = given.max_growth.unwrap_or(limits.max_growth);
    limits.max_growth_bytes = given.max_growth_bytes.unwrap_or(limits.max_growth_bytes);
    limits.max_drift = given.max_drift.unwrap_or(limits.max_drift);
    limits.max_growth_pinned = given.max_growth_pinned.unwrap_or(limits.max_growth_pinned);
    limits.max_ratio_growth = given.max_ratio_growth.unwrap_or(limits.max_ratio_growth);
    Ok(limits)
}

/// Which metrics are gated.
struct Metrics(Option<GlobSet>);

impl Metrics {
    fn new(globs: &[String]) -> Result<Self> {
        if globs.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for text in globs.iter().flat_map(|globs| super::run::patterns(globs)) {
            let glob = Glob::new(text).with_context(|| text.to_owned())?;
            let matcher = glob.compile_matcher();
            let mut named = METRICS.iter().filter(|metric| matcher.is_match(metric.id)).peekable();
            if named.peek().is_none() {
                bail!("{text}: no such metric; `kheaders-bench list axes` has them");
            }
            if !named.any(|metric| is_gated(metric.id)) {
                bail!(
                    "{text}: can't be gated: it differs from run to run or is no number of bytes; \
                     exact sizes and pinned kernel memory can"
                );
            }
            set.add(glob);
        }
        Ok(Self(Some(set.build()?)))
    }

    fn wanted(&self, metric: &str) -> bool {
        is_gated(metric) && self.0.as_ref().is_none_or(|set| set.is_match(metric))
    }
}

/// The set, built in every form that is needed.
struct Building {
    prepared: Prepared,
    files: FileTable,
    forms: Vec<&'static dyn Form>,
    built: Vec<Result<bulk::Built>>,
    folder: PathBuf,
    _scratch: Scratch,
}

impl Building {
    fn new(args: &Args, baseline: Option<&mut Baseline>, progress: &Progress) -> Result<Self> {
        let prepared = dataset::prepare(&args.dataset.request(), &|what| progress.say(what))?;
        for note in &prepared.info.notes {
            progress.warn(note);
        }
        let forms = forms(args, baseline, progress)?;
        let scratch = Scratch::new(&Cache::of_user()?.work(), 0)?;
        let folder = scratch.on_disk("artifacts");
        scratch::make_empty(&folder)?;
        let say = |form: &str| progress.say(&format!("building {form}"));
        let digest = &prepared.info.digest;
        let built = bulk::build(&forms, &prepared.tree, digest, &folder, &say);
        let files = FileTable::of(&prepared.tree);
        Ok(Self { prepared, files, forms, built, folder, _scratch: scratch })
    }

    fn figures(&self) -> Result<Figures> {
        let info = &self.prepared.info;
        let mut found = Vec::new();
        let mut made = std::collections::BTreeMap::new();
        for (form, built) in self.forms.iter().zip(&self.built) {
            let tool = form.tool().unwrap_or_else(|error| format!("{error:#}"));
            made.insert(form.id().to_owned(), Made { settings: form.settings(), tool });
            let outcomes = match built {
                Ok(built) => {
                    axis::size::observe(*form, &built.artifact, info.census.bytes)?.settled
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    let exact = METRICS.iter().filter(|row| row.axis == record::Axis::Size);
                    exact.map(|row| (row.id, Outcome::Failed { error: error.clone() })).collect()
                }
            };
            for (metric, outcome) in outcomes.into_iter().filter(|(metric, _)| is_gated(metric)) {
                let (form, metric) = (form.id().to_owned(), metric.to_owned());
                found.push(Found { form, metric, outcome });
            }
        }
        Ok(Figures {
            dataset: info.name.clone(),
            pinned: info.pinned.is_some(),
            digest: info.digest.clone(),
            census: info.census,
            files: Some(self.files.clone()),
            guest: None,
            forms: made,
            found,
        })
    }

    /// Builds the tree without those headers that changed most, in the forms that don't pass: the
    /// cheapest first, so that each header has a figure early.
    fn explain(&self, judgement: &mut Judgement, most: usize, progress: &Progress) -> Result<()> {
        let suspects: Vec<TreePath> = judgement
            .changes
            .iter()
            .filter(|change| change.kind != Kind::Removed)
            .take(most)
            .map(|change| TreePath::new(change.path.as_str()))
            .collect::<Result<_, _>>()?;
        let concerned =
            |id: &str| judgement.breached().chain(judgement.unchecked()).any(|row| row.form == id);
        let mut jobs = Vec::new();
        for (form, built) in self.forms.iter().zip(&self.built) {
            let Ok(built) = built else { continue };
            if !concerned(form.id()) {
                continue;
            }
            let content = self.prepared.info.census.bytes;
            let whole = axis::size::bytes(*form, &built.artifact, content)?;
            jobs.extend(suspects.iter().map(|path| (built.took, *form, whole, path)));
        }
        jobs.sort_by_key(|(took, ..)| *took);
        let start = Instant::now();
        let tree: &Tree = &self.prepared.tree;
        let done = bulk::each(&jobs, &|(_, form, whole, path)| {
            if start.elapsed() > EXPLAINING {
                return Ok(None);
            }
            progress.say(&format!("building {} without {path}", form.id()));
            let bytes = bulk::marginal(*form, tree, path, *whole, &self.folder)?;
            let (form, path) = (form.id().to_owned(), path.to_string());
            anyhow::Ok(Some(Marginal { form, path, bytes }))
        });
        let done = done.into_iter().collect::<Result<Vec<_>>>()?;
        let left = done.iter().filter(|done| done.is_none()).count();
        if left > 0 {
            judgement.notes.push(format!(
                "{left} costs of single headers were left out after {} s; fewer --forms or a \
                 smaller --explain has them all",
                EXPLAINING.as_secs()
            ));
        }
        judgement.explained(done.into_iter().flatten().collect());
        Ok(())
    }
}

/// The forms to build: those asked for, else the baseline's, else all.
fn forms(
    args: &Args,
    baseline: Option<&mut Baseline>,
    progress: &Progress,
) -> Result<Vec<&'static dyn Form>> {
    let Some(baseline) = baseline.filter(|_| args.forms.is_empty()) else {
        return super::run::forms(&args.forms);
    };
    if args.accept.accept {
        // What this program no longer knows can't be accepted again.
        baseline.figures.retain(|figure| {
            let known = form::by_id(&figure.form).is_ok();
            if !known {
                progress.warn(&format!("{}: no such form any more, dropped", figure.form));
            }
            known
        });
    }
    let mut forms: Vec<&'static dyn Form> = Vec::new();
    // One that is unknown is missing in the judgement.
    for form in baseline.figures.iter().filter_map(|figure| form::by_id(&figure.form).ok()) {
        if !forms.iter().any(|known| known.id() == form.id()) {
            forms.push(form);
        }
    }
    Ok(forms)
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
            write(path, &baseline.text())?;
            let count = baseline.figures.len();
            stdout::print(format!("{}: {count} figures accepted\n", path.display()))
        }
        Err(holes) => Err(Unavailable {
            what: format!("not accepted, as a baseline has no holes:\n{}", holes.join("\n")),
            remedy: "see that each of them can be had".into(),
        }
        .into()),
    }
}

fn lock_in(args: &Args, old: &Baseline, now: &Figures, path: &Path) -> Result<()> {
    match old.lower(now, acceptance(args)) {
        Some((baseline, count)) => {
            write(path, &baseline.text())?;
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

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    whole::write(path, |out| Ok(out.write_all(text.as_bytes())?))
}

/// Writes everything that was asked for, and only then prints.
fn tell(judgement: &Judgement, outputs: &Outputs) -> Result<()> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = &outputs.markdown {
        write(path, &report::markdown(judgement))?;
    }
    if let Some(path) = &outputs.junit {
        write(path, &report::junit(judgement)?)?;
    }
    if let Some(path) = &outputs.json {
        write(path, &report::json(judgement))?;
    }
    if let Some(path) = set("GITHUB_STEP_SUMMARY").map(PathBuf::from) {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(report::markdown(judgement).as_bytes()))
            .with_context(|| path.display().to_string())?;
    }
    stdout::print(report::text(judgement))?;
    if set("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        stdout::print(report::annotations(judgement))?;
    }
    Ok(())
}
