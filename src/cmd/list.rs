//! `list`: what there is to choose from.

use anyhow::Result;

use crate::cmd::dataset;
use crate::form::FORMS;
use crate::record::{Axis, METRICS};

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
}

/// Prints the table.
///
/// # Errors
/// A manifest of our own that is malformed.
pub fn run(args: &Args) -> Result<()> {
    match args.table {
        Table::Forms => {
            for form in FORMS {
                println!("{:22} {}", form.id(), form.about());
            }
        }
        Table::Axes => {
            for axis in Axis::ALL {
                println!("{axis}: {}", axis.about());
                for metric in METRICS.iter().filter(|metric| metric.axis == *axis) {
                    println!("  {:30} {}", metric.id, metric.title);
                }
            }
        }
        Table::Datasets => dataset::run(&dataset::Command::List)?,
    }
    Ok(())
}
