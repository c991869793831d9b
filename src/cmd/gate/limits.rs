//! How much may grow: from a file beside the baseline and from the command line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::judge::gate::Limits;
use crate::record::quantity::{Bytes, Share};

/// How much may grow.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// Limits and ceilings [default: the baseline's name with .toml, if it is there]
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
    /// Growth that is too much, if it is also too many bytes [default: 0.5%]
    #[arg(long, value_name = "PERCENT")]
    max_growth: Option<Share>,
    /// Growth that is too much, if it is also too many percent [default: 4KiB]
    #[arg(long, value_name = "BYTES")]
    max_growth_bytes: Option<Bytes>,
    /// Growth since the anchor that is too much [default: 2%]
    #[arg(long, value_name = "PERCENT")]
    max_drift: Option<Share>,
    /// Growth of pinned kernel memory that is too much [default: 64KiB]
    #[arg(long, value_name = "BYTES")]
    max_growth_pinned: Option<Bytes>,
    /// Growth of an instruction count that is too much [default: 1%]
    #[arg(long, value_name = "PERCENT")]
    max_growth_instructions: Option<Share>,
    /// Compare another version of a pinned set, by the ratio to the raw tree
    #[arg(long)]
    pub(super) allow_dataset_change: bool,
    /// With --allow-dataset-change: growth of that ratio that is too much [default: 0.5%]
    #[arg(long, value_name = "PERCENT", requires = "allow_dataset_change")]
    max_ratio_growth: Option<Share>,
}

impl LimitArgs {
    /// The limits that hold for the baseline at `baseline`.
    pub(super) fn of(&self, baseline: &Path) -> Result<Limits> {
        let path = self.limits.clone().unwrap_or_else(|| baseline.with_extension("toml"));
        let mut limits = if self.limits.is_some() || path.is_file() {
            let text =
                std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let parsed = Limits::parse(&text);
            parsed.map_err(anyhow::Error::msg).with_context(|| path.display().to_string())?
        } else {
            Limits::default()
        };
        limits.max_growth = self.max_growth.unwrap_or(limits.max_growth);
        limits.max_growth_bytes = self.max_growth_bytes.unwrap_or(limits.max_growth_bytes);
        limits.max_drift = self.max_drift.unwrap_or(limits.max_drift);
        limits.max_growth_pinned = self.max_growth_pinned.unwrap_or(limits.max_growth_pinned);
        limits.max_growth_instructions =
            self.max_growth_instructions.unwrap_or(limits.max_growth_instructions);
        limits.max_ratio_growth = self.max_ratio_growth.unwrap_or(limits.max_ratio_growth);
        Ok(limits)
    }
}
