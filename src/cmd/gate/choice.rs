//! Which forms and metrics are gated.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::cmd;
use crate::form::named::patterns;
use crate::form::{self, Form};
use crate::judge::gate::{Baseline, is_gated};
use crate::record::METRICS;
use crate::sys::progress::Progress;

/// Which metrics are gated.
pub(super) struct Metrics(Option<GlobSet>);

impl Metrics {
    pub(super) fn new(globs: &[String]) -> Result<Self> {
        if globs.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for text in globs.iter().flat_map(|globs| patterns(globs)) {
            let glob = Glob::new(text).with_context(|| text.to_owned())?;
            let matcher = glob.compile_matcher();
            let mut named = METRICS.iter().filter(|metric| matcher.is_match(metric.id)).peekable();
            if named.peek().is_none() {
                bail!("{text}: no such metric; `kheaders-bench list axes` has them");
            }
            if !named.any(|metric| is_gated(metric.id)) {
                bail!(
                    "{text}: can't be gated: it differs from run to run or is a ratio; sizes, pinned \
                     kernel memory and instructions can"
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

/// The forms to build: those asked for, else the baseline's, else all.
pub(super) fn forms(
    globs: &[String],
    accepting: bool,
    baseline: Option<&mut Baseline>,
    progress: &Progress,
) -> Result<Vec<Arc<dyn Form>>> {
    let Some(baseline) = baseline.filter(|_| globs.is_empty()) else {
        return cmd::run::forms(globs);
    };
    if accepting {
        // What this program no longer knows can't be accepted again.
        baseline.figures.retain(|figure| {
            let known = form::by_id(&figure.form).is_ok();
            if !known {
                progress.warn(&format!("{}: no such form any more, dropped", figure.form));
            }
            known
        });
    }
    let mut forms: Vec<Arc<dyn Form>> = Vec::new();
    // One that is unknown is missing in the judgement.
    for form in baseline.figures.iter().filter_map(|figure| form::by_id(&figure.form).ok()) {
        if !forms.iter().any(|known| known.id() == form.id()) {
            forms.push(form);
        }
    }
    Ok(forms)
}
