//! `build`, `extract` and `cat`: one artifact written or read.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::dataset::{self, DatasetArgs};
use crate::form::{self, Layout};
use crate::measure::axis::size;
use crate::sys::atomic_file;
use crate::sys::huge_pages;
use crate::sys::progress::Progress;
use crate::sys::stdout;
use crate::tree::TreePath;
use crate::tree::folder::{Links, create_whole};

/// Build one artifact of a header set
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench build --form squashfs.zst15-128k -o headers.squashfs
  kheaders-bench build --form tar.xz-6 --tree src -o src.tar.xz")]
pub struct Build {
    /// Form to build: an id of `list forms`, also with other settings, as in squashfs.zst19-64k
    #[arg(long, help_heading = "Output", value_name = "ID")]
    form: String,
    /// Do not read the artifact back to verify it
    #[arg(long, help_heading = "Output")]
    no_verify: bool,
    /// Artifact to write
    #[arg(short, long, help_heading = "Output", value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    dataset: DatasetArgs,
}

/// Extract all headers of an artifact
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench build --form squashfs.zst15-128k -o headers.squashfs
  kheaders-bench extract headers.squashfs -C headers")]
pub struct Extract {
    /// Artifact of any form, detected from its first bytes
    artifact: PathBuf,
    /// Directory to fill, missing or empty
    #[arg(
        short = 'C',
        long = "directory",
        help_heading = "Output",
        value_name = "DIR",
        default_value = "."
    )]
    directory: PathBuf,
}

/// Print one header of an artifact
///
/// The program reads no more of the artifact than its form requires.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench build --form squashfs.zst15-128k -o headers.squashfs
  kheaders-bench cat headers.squashfs include/linux/sched.h")]
pub struct Cat {
    /// Artifact of any form, detected from its first bytes
    artifact: PathBuf,
    /// Path of the header in the artifact
    path: PathBuf,
}

/// Builds and verifies the artifact under a temporary name, then renames it.
///
/// # Errors
/// The form or set is unknown, or building or verifying fails.
pub fn build(args: &Build) -> Result<()> {
    huge_pages::start_over();
    let form = form::by_id(&args.form)?;
    if form.layout() != Layout::Folder {
        atomic_file::check(&args.output)?;
    }
    let progress = Progress::new();
    let prepare = if args.no_verify { dataset::unidentified } else { dataset::prepare };
    let prepared = prepare(&args.dataset.request(), &|what| progress.say(what))?;
    for note in &prepared.info.notes {
        progress.warn(note);
    }
    atomic_file::make(&args.output, |partial| {
        progress.say(&format!("building {}", form.id()));
        form.build(&prepared.tree, partial)?;
        if args.no_verify {
            return Ok(());
        }
        progress.say(&format!("verifying {}", form.id()));
        form::verify(&*form, partial, &prepared.info.digest)
    })?;
    drop(progress);
    let census = prepared.tree.census();
    eprintln!(
        "{}: {} headers, {} links in {} bytes, {}",
        args.output.display(),
        census.files,
        census.links,
        size::bytes(&*form, &args.output, census.bytes)?,
        if args.no_verify { "not verified" } else { "verified" }
    );
    Ok(())
}

/// Extracts all or nothing.
///
/// # Errors
/// The artifact is of no known form, damaged or hostile; the directory is not empty.
pub fn extract(args: &Extract) -> Result<()> {
    let form = form::of_artifact(&args.artifact)?;
    let progress = Progress::new();
    progress.say(&format!("extracting {}", args.artifact.display()));
    create_whole(&args.directory, Links::Inside, |writer| {
        form.walk(&args.artifact, &mut |entry| writer.put(entry))
    })
}

/// Prints one file.
///
/// # Errors
/// The artifact is of no known form or damaged, or has no such file.
pub fn cat(args: &Cat) -> Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    let form = form::of_artifact(&args.artifact)?;
    let path = TreePath::from_archive(args.path.as_os_str().as_bytes())?;
    let Some(path) = path else { bail!("{}: is a directory", args.path.display()) };
    let mut content = Vec::new();
    form.read(&args.artifact, &[path], &mut |_, data| {
        content = data;
        Ok(())
    })?;
    stdout::print(&content)
}
