//! `dataset`: the named header sets, and the archive of a kernel build.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};

use super::common::{GuestArgs, forms};
use crate::dataset::manifest::{self, Manifest};
use crate::dataset::{Cache, Recipe, Request, THREADS_MAX, collect, pin, prepare, timestamp};
use crate::guest::TestVm;
use crate::kbuild::arch;
use crate::measure::check::{Line, check};
use crate::sys::huge_pages;
use crate::sys::progress::Progress;
use crate::sys::scratch::Scratch;
use crate::sys::stdout;

/// List, show, download, check, pin or collect header sets
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  kheaders-bench dataset list
  kheaders-bench dataset fetch")]
pub enum Command {
    /// List the named header sets
    #[command(after_help = "\
Examples:
  kheaders-bench dataset list")]
    List,
    /// Print the manifest of a header set: sources, versions, expected contents
    #[command(after_help = "\
Examples:
  kheaders-bench dataset show debian-6.12-x86")]
    Show {
        /// Name of the header set
        #[arg(default_value = manifest::DEFAULT)]
        name: String,
    },
    /// Download a header set into the cache and verify it
    #[command(after_help = "\
Examples:
  kheaders-bench dataset fetch debian-6.1-arm64")]
    Fetch {
        /// Name of the header set
        #[arg(default_value = manifest::DEFAULT)]
        name: String,
    },
    /// Check that a header set works: compile a program, build and load a module
    ///
    /// The set is extracted from each form. A program is compiled against it. If the set has the files that
    /// build modules, a module is built and loaded in the test VM.
    Check(Check),
    /// Print the manifest entry that pins the version which Debian provides now
    #[command(after_help = "\
Examples:
  kheaders-bench dataset pin debian-6.12-x86")]
    Pin {
        /// Name of the header set
        name: String,
        /// ABI of the kernel packages, such as 6.12.117+deb12 [default: the newest of the series]
        #[arg(long, help_heading = "Input")]
        abi: Option<String>,
    },
    /// Build the archive of the kernel's gen_kheaders.sh, in one process
    Collect(Collect),
}

/// Options of `dataset check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench dataset check debian-6.12-x86-cloud-v5
  kheaders-bench dataset check debian-6.12-x86 --forms 'squashfs.*'")]
pub struct Check {
    /// Name of the header set
    #[arg(default_value = manifest::DEFAULT)]
    name: String,
    /// Forms to extract from: ids or glob patterns, separated by commas
    #[arg(
        long,
        help_heading = "Input",
        value_name = "GLOB,...",
        value_delimiter = ',',
        default_value = "tar*"
    )]
    forms: Vec<String>,
    #[command(flatten)]
    guest: GuestArgs,
}

/// Options of `dataset collect`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench dataset collect --source ~/linux --arch x86 -o kheaders.tar.xz
  kheaders-bench dataset collect --source ~/linux --objects ~/build --threads 2 -o kheaders.tar.xz")]
pub struct Collect {
    /// Kernel source tree
    #[arg(long, help_heading = "Input", value_name = "DIR")]
    source: PathBuf,
    /// Object tree (O= of the kernel build); its files replace those of the source tree
    #[arg(long, help_heading = "Input", value_name = "DIR")]
    objects: Option<PathBuf>,
    /// Architecture, as in arch/ or of `uname -m`
    #[arg(long, help_heading = "Input", default_value = arch::host())]
    arch: String,
    /// Modification time of every entry: seconds since 1970 or a date [default:
    /// $KBUILD_BUILD_TIMESTAMP, else now]
    #[arg(long, help_heading = "Output", value_name = "TIME", value_parser = timestamp::parse)]
    timestamp: Option<u32>,
    /// Number of compression threads; more than 1 makes the archive slightly larger
    #[arg(long, help_heading = "Output", value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(THREADS_MAX)))]
    threads: u8,
    /// Archive to write, .tar.xz
    #[arg(short, long, help_heading = "Output", value_name = "FILE")]
    output: PathBuf,
}

/// Runs `command`.
///
/// # Errors
/// The set is unknown or unavailable, a tree has no headers, or the system fails.
pub fn run(command: &Command) -> Result<()> {
    match command {
        Command::List => {
            let row = |name| -> Result<String> {
                Ok(format!("{name:22} {}\n", Manifest::named(name)?.title))
            };
            stdout::print(Manifest::names().map(row).collect::<Result<String>>()?)?;
        }
        Command::Show { name } => stdout::print(Manifest::text(name)?)?,
        Command::Fetch { name } => fetch(name)?,
        Command::Check(args) => args.run()?,
        Command::Pin { name, abi } => {
            let progress = Progress::new();
            let block = pin(name, abi.as_deref(), &Cache::of_user()?, &|what| progress.say(what))?;
            drop(progress);
            stdout::print(block)?;
        }
        Command::Collect(args) => {
            huge_pages::start_over();
            let recipe = Recipe {
                source: args.source.clone(),
                objects: args.objects.clone(),
                arch: arch::folder(&args.arch).to_owned(),
                strip: true,
                mtime: args.time()?,
                kit: None,
            };
            let progress = Progress::new();
            progress.say(&format!("collecting headers of {}", args.source.display()));
            let census = collect(&recipe, args.threads, &args.output)?;
            drop(progress);
            eprintln!(
                "{}: {} headers, {} links, {} bytes before compression",
                args.output.display(),
                census.files,
                census.links,
                census.bytes
            );
        }
    }
    Ok(())
}

fn fetch(name: &str) -> Result<()> {
    let progress = Progress::new();
    let info = prepare(&Request::Named(name.to_owned()), &|what| progress.say(what))?.info;
    drop(progress);
    let pinned = if info.pinned == Some(true) { "pinned" } else { "differs from the pinned set" };
    let census = info.census;
    let mut lines = vec![
        format!("{name}: {}", info.title),
        format!("digest {} ({pinned})", info.digest),
        format!(
            "{} files, {} links, {} directories, {} bytes",
            census.files, census.links, census.dirs, census.bytes
        ),
    ];
    lines.extend(
        info.sources.iter().map(|source| format!("from {} {}", source.name, source.version)),
    );
    lines.extend(info.notes.iter().map(|note| format!("note: {note}")));
    stdout::print(lines.join("\n") + "\n")
}

/// Space on tmpfs for two sets with module build files and their artifacts, bytes.
const ROOM: u64 = 256 << 20;

impl Check {
    fn run(&self) -> Result<()> {
        let forms = forms(&self.forms)?;
        let progress = Progress::new();
        let say = |what: &str| progress.say(what);
        let prepared = prepare(&Request::Named(self.name.clone()), &say)?;
        let cache = Cache::of_user()?;
        let scratch = Scratch::new(&cache.work(), ROOM)?;
        let (given, machine) = (self.guest.given(), self.guest.machine());
        let laboratory = || TestVm::open(&given, machine, &cache, &say);
        let verdict = check(&prepared, &forms, &scratch, &laboratory, &say)?;
        drop(progress);
        let mut failed = 0;
        for Line { form, done, error } in &verdict.lines {
            let mut words = done.clone();
            words.extend(error.iter().map(|error| format!("FAILED: {error}")));
            failed += usize::from(error.is_some());
            stdout::print(format!("{form:22} {}\n", words.join(", ")))?;
        }
        match (failed, verdict.unloaded) {
            (0, None) => Ok(()),
            (0, Some(unloaded)) => Err(unloaded).context("no module was loaded"),
            (failed, _) => bail!("{}: {failed} of {} forms failed", self.name, verdict.lines.len()),
        }
    }
}

impl Collect {
    fn time(&self) -> Result<u32> {
        const VARIABLE: &str = "KBUILD_BUILD_TIMESTAMP";
        if let Some(time) = self.timestamp {
            return Ok(time);
        }
        match std::env::var(VARIABLE) {
            Ok(text) if !text.is_empty() => {
                timestamp::parse(&text).with_context(|| format!("{VARIABLE}={text}"))
            }
            _ => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                now.map(|since| since.as_secs() as u32).context("the clock is before 1970")
            }
        }
    }
}
