//! `list`: what there is to choose from.

use anyhow::Result;

use crate::cmd::dataset;
use crate::form::{FORMS, Form};
use crate::record::{Axis, METRICS};
use crate::stdout;
use crate::sweep::grid;

/// What to list.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Table {
    /// The forms, with what builds them.
    Forms,
    /// The axes, with their metrics.
    Axes,
    /// The datasets.
    Datasets,
}

/// Lists forms, axes or datasets.
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
            let row = |form: &&dyn Form| format!("{:22} {}\n", form.id(), form.about());
            let forms = if args.sweep { grid::forms(&[])? } else { FORMS.to_vec() };
            stdout::print(forms.iter().map(row).collect::<String>())?;
        }
        Table::Axes => {
            let mut text = String::new();
            for axis in Axis::ALL {
                text += &format!("{axis}: {}\n", axis.about());
                for metric in METRICS.iter().filter(|metric| metric.axis == *axis) {
                    text += &format!("  {:30} {}\n", metric.id, metric.title);
                }
            }
            stdout::print(text)?;
        }
        Table::Datasets => dataset::run(&dataset::Command::List)?,
    }
    Ok(())
}
