//! `man`: the help of every verb as man pages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap_mangen::Man;

use crate::sys::{atomic_file, stdout};

/// Write the man pages
///
/// Without DIR, print the page of the program itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench man ~/.local/share/man/man1
  kheaders-bench man | man -l -")]
pub struct Args {
    /// Directory for one page per verb, created if missing
    dir: Option<PathBuf>,
}

/// Prints the page of `program`, or writes it and those of its verbs.
///
/// # Errors
/// The folder or a page can't be written.
pub fn run(args: &Args, mut program: clap::Command) -> Result<()> {
    program.build();
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        Man::new(program).render(&mut page)?;
        return stdout::print(page);
    };
    fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    write(&program, dir)
}

/// Writes the page of `command`, and those of its subcommands, to `dir`.
fn write(command: &clap::Command, dir: &Path) -> Result<()> {
    let man = Man::new(command.clone());
    atomic_file::write(&dir.join(man.get_filename()), |file| Ok(man.render(file)?))?;
    let shown = |sub: &&clap::Command| !sub.is_hide_set() && sub.get_name() != "help";
    command.get_subcommands().filter(shown).try_for_each(|sub| write(sub, dir))
}
