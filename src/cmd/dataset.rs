//! `dataset`: what header sets there are, and how they are made.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};

use super::guest::GuestArgs;
use super::run::forms;
use crate::dataset::manifest::{self, Manifest};
use crate::dataset::{Cache, Recipe, Request, THREADS_MAX, collect, pin, prepare, timestamp};
use crate::guest::TestVm;
use crate::kbuild::arch;
use crate::measure::check::{Line, check};
use crate::sys::huge_pages;
use crate::sys::progress::Progress;
use crate::sys::scratch::Scratch;
use crate::sys::stdout;

/// Lists, shows, fetches and collects header sets.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Lists the header sets by name
    List,
    /// Prints the manifest of a header set: sources, versions, what to expect
    Show {
        /// The set's name
        #[arg(default_value = manifest::DEFAULT)]
        name: String,
    },
    /// Fetches a header set into the cache and checks it
    Fetch {
        /// The set's name
        #[arg(default_value = manifest::DEFAULT)]
        name: String,
    },
    /// Checks that a header set, extracted from each form, is good for what it is for: a program
    /// compiles, and a module builds and loads into a booted kernel where the set has what builds
    /// modules
    Check(Check),
    /// Prints the block for a manifest that pins a version that is served now
    Pin {
        /// The set's name
        name: String,
        /// The ABI, such as 6.12.117+deb12 [default: the newest of the series]
        #[arg(long)]
        abi: Option<String>,
    },
    /// Makes the archive that the kernel's gen_kheaders.sh makes, in one process
    Collect(Collect),
}

/// What is checked, and in which kernel.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The set's name
    #[arg(default_value = manifest::DEFAULT)]
    name: String,
    /// Only these forms: ids, or patterns, separated by commas
    #[arg(long, value_name = "GLOB,...", value_delimiter = ',', default_value = "tar*")]
    forms: Vec<String>,
    #[command(flatten)]
    guest: GuestArgs,
}

/// The folders, the architecture and the time that an archive is made of.
#[derive(Debug, clap::Args)]
pub struct Collect {
    /// The kernel source tree
    #[arg(long, value_name = "TREE")]
    source: PathBuf,
    /// The object tree, laid over the source tree
    #[arg(long, value_name = "TREE")]
    objects: Option<PathBuf>,
    /// The architecture, as the kernel or `uname -m` names it
    #[arg(long, default_value = arch::host())]
    arch: String,
    /// The time of every entry: seconds since 1970 or a date [default: $KBUILD_BUILD_TIMESTAMP,
    /// else now]
    #[arg(long, value_name = "TIME", value_parser = timestamp::parse)]
    timestamp: Option<u32>,
    /// Compress on this many threads: 2 cut the archive into blocks, which makes it slightly larger
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(THREADS_MAX)))]
    threads: u8,
    /// The archive to write
    #[arg(short, long, value_name = "FILE.tar.xz")]
    output: PathBuf,
}

/// Does what `command` says.
///
/// # Errors
/// No such set, one that can't be had, a tree without headers, or what the system says.
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
            let block = pin(name, abi.as_deref(), &|what| progress.say(what))?;
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
    let pinned = if info.pinned == Some(true) { "pinned" } else { "not the pinned set" };
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

/// Room on tmpfs for two sets with what builds modules, each extracted beside its artifact, bytes.
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
            (failed, _) => bail!("{failed} of {} forms failed", verdict.lines.len()),
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
            Ok(text) if !text.is_empty() => timestamp::parse(&text).context(VARIABLE),
            _ => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                now.map(|since| since.as_secs() as u32).context("the clock is before 1970")
            }
        }
    }
}
