//! `list`: the forms, reference tools and axes.

use std::sync::Arc;

use anyhow::Result;

use crate::form::{self, FORMS, Form};
use crate::measure::reference::{REFERENCES, Reference};
use crate::measure::sweep::grid;
use crate::record::{Axis, METRICS};
use crate::sys::stdout;

/// A table to print.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Table {
    /// Forms, with how they are built
    Forms,
    /// Reference tools that forms are compared with
    References,
    /// Axes, with their metrics
    Axes,
}

/// List the forms, reference tools or axes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench list forms
  kheaders-bench list forms --sweep")]
pub struct Args {
    /// What to list
    table: Table,
    /// List the forms of a sweep (with forms)
    #[arg(long, help_heading = "Output")]
    sweep: bool,
}

/// Prints the table.
///
/// # Errors
/// A manifest of this program is malformed.
pub fn run(args: &Args) -> Result<()> {
    match args.table {
        Table::Forms => {
            let usual = FORMS.len();
            let row = |(at, form): (usize, Arc<dyn Form>)| {
                let mark = if at < usual || args.sweep { "" } else { " (only with --forms)" };
                format!("{:22} {}{mark}\n", form.id(), form::about(&*form))
            };
            let forms = if args.sweep { grid::forms(&[])? } else { form::all().collect() };
            stdout::print(forms.into_iter().enumerate().map(row).collect::<String>())?;
        }
        Table::References => {
            let row = |one: &Reference| format!("{:30} {}\n", one.id, one.about);
            stdout::print(REFERENCES.iter().map(row).collect::<String>())?;
        }
        Table::Axes => {
            let width = METRICS.iter().map(|metric| metric.id.len()).max().unwrap_or_default();
            let mut text = String::new();
            for axis in Axis::ALL {
                text += &format!("{axis}: {}\n", axis.about());
                for metric in METRICS.iter().filter(|metric| metric.axis == *axis) {
                    text += &format!("  {:width$} {}\n", metric.id, metric.title);
                }
            }
            stdout::print(text)?;
        }
    }
    Ok(())
}
