//! The forms and metrics that a gate checks.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::cmd::common;
use crate::form::named::patterns;
use crate::form::{self, Form};
use crate::judge::gate::{Baseline, is_gated};
use crate::record::METRICS;
use crate::sys::progress::Progress;

/// The metrics that are checked; all that can be without patterns.
pub(super) struct Metrics(Option<GlobSet>);

impl Metrics {
    pub(super) fn new(globs: &[String]) -> Result<Self> {
        if globs.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for text in globs.iter().flat_map(|globs| patterns(globs)) {
            let glob = Glob::new(text).context("--metrics")?;
            let matcher = glob.compile_matcher();
            let mut named = METRICS.iter().filter(|metric| matcher.is_match(metric.id)).peekable();
            if named.peek().is_none() {
                bail!("{text}: no such metric\nfix: kheaders-bench list axes");
            }
            if !named.any(|metric| is_gated(metric.id)) {
                bail!(
                    "{text}: not a metric for a gate: it differs from run to run or is a ratio; use sizes, \
                     unreclaimable memory or instruction counts"
                );
            }
            set.add(glob);
        }
        Ok(Self(Some(set.build()?)))
    }

    pub(super) fn wanted(&self, metric: &str) -> bool {
        is_gated(metric) && self.0.as_ref().is_none_or(|set| set.is_match(metric))
    }
}

/// The forms to build: those of `globs`, else of the baseline, else the default ones.
pub(super) fn forms(
    globs: &[String],
    accepting: bool,
    baseline: Option<&mut Baseline>,
    progress: &Progress,
) -> Result<Vec<Arc<dyn Form>>> {
    let Some(baseline) = baseline.filter(|_| globs.is_empty()) else {
        return common::forms(globs);
    };
    if accepting {
        // A form that this version no longer has can't be accepted.
        baseline.figures.retain(|figure| {
            let known = form::by_id(&figure.form).is_ok();
            if !known {
                progress.warn(&format!(
                    "{}: this version has no such form: dropped from the baseline",
                    figure.form
                ));
            }
            known
        });
    }
    let mut forms: Vec<Arc<dyn Form>> = Vec::new();
    // A form that is unknown is reported by the judgement as missing.
    for form in baseline.figures.iter().filter_map(|figure| form::by_id(&figure.form).ok()) {
        if !forms.iter().any(|known| known.id() == form.id()) {
            forms.push(form);
        }
    }
    Ok(forms)
}
