//! The limits of a gate, from a file next to the baseline and from the command line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::judge::gate::Limits;
use crate::record::units::{Bytes, Share};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// File with limits and ceilings [default: size.toml for the baseline size.json, if it exists]
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
    /// Allowed growth of a size; a size fails if it exceeds this and --max-growth-bytes [default: 0.5%]
    #[arg(long, value_name = "PERCENT")]
    max_growth: Option<Share>,
    /// Allowed growth of a size in bytes; a size fails if it exceeds this and --max-growth [default: 4KiB]
    #[arg(long, value_name = "BYTES")]
    max_growth_bytes: Option<Bytes>,
    /// Allowed growth over several accepted baselines, since the anchor: the first one, the last with
    /// --anchor, or the last that was accepted beyond a limit [default: 2%]
    #[arg(long, value_name = "PERCENT")]
    max_drift: Option<Share>,
    /// Allowed growth of unreclaimable memory [default: 64KiB]
    #[arg(long, value_name = "BYTES")]
    max_growth_pinned: Option<Bytes>,
    /// Allowed growth of an instruction count [default: 1%]
    #[arg(long, value_name = "PERCENT")]
    max_growth_instructions: Option<Share>,
    /// Allow another version of the header set: compare size / raw tree instead of sizes
    #[arg(long)]
    pub(super) allow_dataset_change: bool,
    /// Allowed growth of that ratio (with --allow-dataset-change) [default: 0.5%]
    #[arg(long, value_name = "PERCENT", requires = "allow_dataset_change")]
    max_ratio_growth: Option<Share>,
}

impl LimitArgs {
    /// The limits for the baseline at `baseline`.
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
