//! Limits of growth, and ceilings of single forms.

use serde::Deserialize;

use super::baseline::Accepted;
use super::figures::is_gated;
use super::judgement::Breach;
use crate::record::units::{Bytes, Share};
use crate::record::{Axis, id, metric};

/// The limits. A growth breaches only above both the share and the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// Growth against the baseline, as a share of it.
    pub max_growth: Share,
    pub max_growth_bytes: Bytes,
    /// Growth since the anchor, as a share of it. The bytes of `max_growth_bytes` hold here too.
    pub max_drift: Share,
    /// Growth of pinned kernel memory. One slab of inodes is 32 KiB, and whether the base has one
    /// with room changes with every allocation before it.
    pub max_growth_pinned: Bytes,
    /// Growth of an instruction count, as a share of it.
    pub max_growth_instructions: Share,
    /// Growth of the ratio to the raw tree, as a share of that ratio, where the dataset is another.
    pub max_ratio_growth: Share,
    pub ceiling: Vec<Ceiling>,
}

/// An absolute maximum of one figure, whatever was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceiling {
    pub form: String,
    #[serde(default = "size")]
    pub metric: String,
    /// The ceiling itself.
    pub max: Bytes,
    /// Where it comes from: a partition's size, a promise.
    pub why: String,
}

fn size() -> String {
    id::SIZE_BYTES.to_owned()
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_growth: Share(5_000),
            max_growth_bytes: Bytes(4 << 10),
            max_drift: Share(20_000),
            max_growth_pinned: Bytes(64 << 10),
            max_growth_instructions: Share(10_000),
            max_ratio_growth: Share(5_000),
            ceiling: Vec::new(),
        }
    }
}

impl Limits {
    /// Parses a limits file; missing values are the defaults.
    ///
    /// # Errors
    /// Malformed or unknown entries, or a ceiling without a reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let limits: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for ceiling in &limits.ceiling {
            if ceiling.why.trim().is_empty() {
                return Err(format!("the ceiling of {} has an empty `why`", ceiling.form));
            }
            if !is_gated(&ceiling.metric) {
                return Err(format!("{}: not a metric for a gate", ceiling.metric));
            }
        }
        Ok(limits)
    }

    /// The limits that `new` exceeds, compared with `old`.
    pub(crate) fn breaches(&self, old: &Accepted, new: u64) -> Vec<Breach> {
        let mut breaches = Vec::new();
        match metric(&old.metric).map(|row| row.axis) {
            Some(Axis::Memory) => {
                let Bytes(tolerance) = self.max_growth_pinned;
                if new.saturating_sub(old.bytes) > tolerance {
                    breaches.push(Breach::Growth { limit: format!("{tolerance} B") });
                }
                return breaches;
            }
            Some(Axis::Instructions) => {
                let share = self.max_growth_instructions;
                if Self::exceeded(old.bytes, new, share, Bytes(0)) {
                    breaches.push(Breach::Growth { limit: share.to_string() });
                }
                return breaches;
            }
            _ => {}
        }
        let bytes = self.max_growth_bytes;
        let words = |share| format!("{share} and {} B", bytes.0);
        if Self::exceeded(old.bytes, new, self.max_growth, bytes) {
            breaches.push(Breach::Growth { limit: words(self.max_growth) });
        }
        if Self::exceeded(old.anchor, new, self.max_drift, bytes) {
            breaches.push(Breach::Drift { anchor: old.anchor, limit: words(self.max_drift) });
        }
        breaches
    }

    /// Whether `new` is too much above `old`.
    pub(crate) fn exceeded(old: u64, new: u64, share: Share, bytes: Bytes) -> bool {
        let growth = u128::from(new.saturating_sub(old));
        growth > u128::from(bytes.0) && growth * 1_000_000 > u128::from(old) * u128::from(share.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits_must_be_exceeded() {
        let exceeded = |old, new| Limits::exceeded(old, new, Share(5_000), Bytes(4096));
        assert!(!exceeded(1_000_000, 1_005_000));
        assert!(exceeded(1_000_000, 1_006_000));
        assert!(!exceeded(1000, 5096));
        assert!(exceeded(1000, 5097));
        assert!(!exceeded(10_000_000, 10_049_000));
        assert!(!exceeded(1000, 1));
    }

    #[test]
    fn a_ceiling_has_a_reason() {
        let text = "max-growth = '1%'\n[[ceiling]]\nform = 'tar.xz-6'\nmax = '4MiB'\n";
        assert!(Limits::parse(text).unwrap_err().contains("why"));
        assert!(Limits::parse(&format!("{text}why = ' '\n")).is_err());
        let limits = Limits::parse(&format!("{text}why = 'the partition'\n")).unwrap();
        assert_eq!(limits.max_growth, Share(10_000));
        assert_eq!(limits.ceiling[0].max, Bytes(4 << 20));
        assert_eq!(limits.max_growth_bytes, Limits::default().max_growth_bytes);
        assert!(Limits::parse("max-grow = '1%'").is_err());
    }
}
