//! The command line: one verb, one exit code.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use kheaders_bench::cmd::{
    artifact, choose, claims, compare, dataset, doctor, gate, guest as guest_cmd, list, merge,
    report, run, sweep,
};
use kheaders_bench::guest;
use kheaders_bench::measure::worker;
use kheaders_bench::sys::error::{Breached, Unavailable};
use kheaders_bench::sys::interrupt;
use kheaders_bench::sys::progress;

/// Measures how a kernel could carry its own headers: size, build, extraction, kernel memory.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Program {
    /// Neither a progress bar nor lines of progress; warnings and errors stay
    #[arg(long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
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
    /// Does one job for `run`, as a child process.
    #[command(hide = true)]
    Worker,
}

/// An error.
const ERROR: u8 = 1;
/// A limit was exceeded.
const BREACHED: u8 = 2;
/// Nothing could be checked.
const UNAVAILABLE: u8 = 3;

fn main() -> ExitCode {
    if let Some(code) = guest::hook() {
        return code;
    }
    let program = match Program::try_parse() {
        Ok(program) => program,
        Err(said) => {
            let _ = said.print();
            return if said.use_stderr() { ExitCode::from(ERROR) } else { ExitCode::SUCCESS };
        }
    };
    if program.quiet {
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
    // What prints one header takes no thread for it before it has something to remove.
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
        Command::Worker => worker::serve(),
    }
}
