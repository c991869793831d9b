//! `list`: what there is to choose from.

use std::sync::Arc;

use anyhow::Result;

use crate::cmd::dataset;
use crate::form::{self, FORMS, Form};
use crate::measure::reference::{REFERENCES, Reference};
use crate::measure::sweep::grid;
use crate::record::{Axis, METRICS};
use crate::sys::stdout;

/// What to list.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Table {
    /// The forms, with what builds them.
    Forms,
    /// The reference tools that forms can be held against, with what they are.
    References,
    /// The axes, with their metrics.
    Axes,
    /// The datasets.
    Datasets,
}

/// Lists forms, reference tools, axes or datasets.
#[derive(Debug, clap::Args)]
pub struct Args {
    table: Table,
    /// With forms: those of a sweep.
    #[arg(long)]
    sweep: bool,
}

/// Prints the table.
///
/// # Errors
/// A manifest of our own that is malformed.
pub fn run(args: &Args) -> Result<()> {
    match args.table {
        Table::Forms => {
            let usual = FORMS.len();
            let row = |(at, form): (usize, Arc<dyn Form>)| {
                let mark = if at < usual || args.sweep { "" } else { " (when named)" };
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
        Table::Datasets => dataset::run(&dataset::Command::List)?,
    }
    Ok(())
}
