//! `completions`: what a shell needs to complete this program's command line.

use anyhow::Result;
use clap_complete::Shell;

use crate::sys::stdout;

/// Print a shell completion script
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench completions bash > ~/.local/share/bash-completion/completions/kheaders-bench
  kheaders-bench completions fish > ~/.config/fish/completions/kheaders-bench.fish")]
pub struct Args {
    /// Shell that reads the script
    shell: Shell,
}

/// Prints the completion script of `program`.
///
/// # Errors
/// Standard output can't be written.
pub fn run(args: &Args, mut program: clap::Command) -> Result<()> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, name, &mut script);
    stdout::print(script)
}
