//! The command line: one verb, one exit code.

use std::process::ExitCode;

use anyhow::Result;
use clap::{ArgAction, CommandFactory as _, Parser};
use kheaders_bench::cmd::{
    artifact, choose, claims, compare, completions, dataset, doctor, gate, guest as guest_cmd,
    list, man, merge, report, run, sweep,
};
use kheaders_bench::guest;
use kheaders_bench::measure::worker;
use kheaders_bench::sys::error::{Breached, Unavailable};
use kheaders_bench::sys::interrupt;
use kheaders_bench::sys::progress;

/// Measure how a Linux kernel could carry its own headers
///
/// Forms of a header set (tar, packed files, squashfs, EROFS) are compared by size, build time, time to
/// read a header, kernel memory and instructions.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
#[command(disable_help_flag = true, disable_version_flag = true)]
#[command(after_help = "\
Examples:
  kheaders-bench doctor
  kheaders-bench run --quick
  kheaders-bench claims reports/out/record.json

Exit codes:
  0  success
  1  error
  2  `gate`: a limit is exceeded
  3  a check was not possible: something it needs is missing")]
struct Program {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    general: General,
}

/// Options of every verb.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "General")]
struct General {
    /// Print no progress, only warnings and errors
    #[arg(long, global = true, display_order = 990)]
    quiet: bool,
    /// Print help; -h prints a summary
    #[arg(short, long, global = true, display_order = 991, action = ArgAction::Help)]
    help: Option<bool>,
    /// Print the version
    #[arg(short = 'V', long, display_order = 992, action = ArgAction::Version)]
    version: Option<bool>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Run(run::Args),
    Sweep(sweep::Args),
    Merge(merge::Args),
    Report(report::Args),
    Gate(gate::Args),
    Claims(claims::Args),
    Choose(choose::Args),
    Compare(compare::Args),
    Build(artifact::Build),
    Extract(artifact::Extract),
    Cat(artifact::Cat),
    List(list::Args),
    #[command(subcommand)]
    Dataset(dataset::Command),
    Doctor(doctor::Args),
    Guest(guest_cmd::Args),
    Completions(completions::Args),
    Man(man::Args),
    /// Do one job of `run` in a child process
    #[command(hide = true)]
    Worker,
}

// Exit codes; 0 is success.
const ERROR: u8 = 1;
const BREACHED: u8 = 2;
const UNAVAILABLE: u8 = 3;

fn main() -> ExitCode {
    if let Some(code) = guest::hook() {
        return code;
    }
    let program = match Program::try_parse() {
        Ok(program) => program,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(ERROR) } else { ExitCode::SUCCESS };
        }
    };
    if program.general.quiet {
        progress::be_quiet();
    }
    match obey(&program.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kheaders-bench: {error:#}");
            ExitCode::from(code(&error))
        }
    }
}

fn code(error: &anyhow::Error) -> u8 {
    if error.is::<Unavailable>() {
        UNAVAILABLE
    } else if error.is::<Breached>() {
        BREACHED
    } else {
        ERROR
    }
}

fn obey(command: &Command) -> Result<()> {
    // `cat` starts the signal thread only once there is something to remove: its time is measured.
    if !matches!(command, Command::Cat(_)) {
        interrupt::watch()?;
    }
    match command {
        Command::Run(args) => run::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Merge(args) => merge::run(args),
        Command::Report(args) => report::run(args),
        Command::Gate(args) => gate::run(args),
        Command::Claims(args) => claims::run(args),
        Command::Choose(args) => choose::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Build(args) => artifact::build(args),
        Command::Extract(args) => artifact::extract(args),
        Command::Cat(args) => artifact::cat(args),
        Command::List(args) => list::run(args),
        Command::Dataset(command) => dataset::run(command),
        Command::Doctor(args) => doctor::run(args),
        Command::Guest(args) => guest_cmd::run(args),
        Command::Completions(args) => completions::run(args, Program::command()),
        Command::Man(args) => man::run(args, Program::command()),
        Command::Worker => worker::serve(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `visit` with `command` and all its visible subcommands.
    fn each(command: &clap::Command, visit: &mut impl FnMut(&clap::Command)) {
        visit(command);
        command.get_subcommands().filter(|sub| !sub.is_hide_set()).for_each(|sub| each(sub, visit));
    }

    #[test]
    fn every_verb_has_examples_that_parse() {
        each(&Program::command(), &mut |verb| {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            let indented =
                |line: &str| line.is_empty() || line.starts_with("  ") || line.ends_with(':');
            assert!(help.lines().all(indented), "{help}");
            let help = help.replace("\\\n", "");
            let lines = help.lines().filter_map(|line| line.strip_prefix("  kheaders-bench"));
            let lines: Vec<_> = lines.collect();
            assert!(!lines.is_empty(), "{}", verb.get_name());
            for line in lines {
                let words = line.split(['>', '|']).next().unwrap_or_default().split_whitespace();
                let words = words.map(|word| word.trim_matches('\''));
                let parsed =
                    Program::try_parse_from(std::iter::once("kheaders-bench").chain(words));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
        });
    }

    #[test]
    fn help_has_no_full_stop_and_options_have_headings() {
        let ends_well = |text: &str, of: &str| {
            assert!(!text.is_empty() && !text.ends_with('.'), "{of}: {text}");
            assert!(
                text.starts_with(|c: char| c.is_uppercase() || !c.is_alphabetic()),
                "{of}: {text}"
            );
        };
        each(&Program::command(), &mut |verb| {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            ends_well(&about, verb.get_name());
            let imperative = about.split(' ').next().is_some_and(|word| !word.ends_with('s'));
            assert!(imperative, "{}: {about}", verb.get_name());
            for arg in verb.get_arguments() {
                let of = format!("{} {}", verb.get_name(), arg.get_id());
                ends_well(&arg.get_help().map(ToString::to_string).unwrap_or_default(), &of);
                assert!(arg.is_positional() || arg.get_help_heading().is_some(), "{of}");
            }
        });
    }
}
