//! `build`, `extract` and `cat`: forms used on their own.

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

/// Builds one artifact of a header set.
#[derive(Debug, clap::Args)]
pub struct Build {
    /// The form's id, as `list forms` shows it.
    #[arg(long, value_name = "ID")]
    form: String,
    /// Do not read the artifact back and hold it against the set.
    #[arg(long)]
    no_verify: bool,
    /// The artifact to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    dataset: DatasetArgs,
}

/// Extracts an artifact of any form.
#[derive(Debug, clap::Args)]
pub struct Extract {
    /// The artifact; its form is told by its first bytes.
    artifact: PathBuf,
    /// The folder to fill: absent, or empty.
    #[arg(short = 'C', long = "directory", value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

/// Prints one header of an artifact, reading no more of it than its form makes necessary.
#[derive(Debug, clap::Args)]
pub struct Cat {
    /// The artifact; its form is told by its first bytes.
    artifact: PathBuf,
    /// The header's path inside.
    path: PathBuf,
}

/// Builds, verifies unless told not to, and only then gives the artifact its name.
///
/// # Errors
/// No such form, no such set, or what went wrong in building or verifying.
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

/// Extracts, whole or not at all.
///
/// # Errors
/// Not an artifact, one that is damaged or hostile, or a folder that holds something.
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
/// Not an artifact, one that is damaged, or no such file in it.
pub fn cat(args: &Cat) -> Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    let form = form::of_artifact(&args.artifact)?;
    let path = TreePath::from_archive(args.path.as_os_str().as_bytes())?;
    let Some(path) = path else { bail!("{}: a directory", args.path.display()) };
    let mut content = Vec::new();
    form.read(&args.artifact, &[path], &mut |_, data| {
        content = data;
        Ok(())
    })?;
    stdout::print(&content)
}
