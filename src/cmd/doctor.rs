//! `doctor`: what this machine can and can't measure, and the one line that mends it.

use anyhow::Result;

/// Tells what this machine can and can't measure.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Prints one line a capability.
///
/// # Errors
/// None yet.
pub fn run(_args: &Args) -> Result<()> {
    Ok(())
}
