//! A new baseline from figures.

use super::baseline::{Acceptance, Accepted, Baseline, SCHEMA};
use super::figures::{Figures, Found, is_gated};
use super::files::FileTable;
use super::judgement::{Judgement, Row, State};
use super::limits::Limits;
use crate::record::Outcome;

impl Baseline {
    /// This baseline with what `judged`, which is of `now`, has as fine and smaller, and how many figures
    /// that is; `None` when nothing is, and where ratios were compared: those bytes are of another tree.
    pub fn lower(
        &self,
        judged: &Judgement,
        now: &Figures,
        how: Acceptance,
    ) -> Option<(Self, usize)> {
        if judged.by_ratio {
            return None;
        }
        let mut lower = self.clone();
        let mut count = 0;
        for figure in &mut lower.figures {
            let is_of = |row: &&Row| row.form == figure.form && row.metric == figure.metric;
            let fine = judged.rows.iter().find(is_of).filter(|row| row.state == State::Fine);
            let smaller = fine.and_then(|row| row.new).filter(|new| *new < figure.bytes);
            let found = now.get(&figure.form, &figure.metric);
            if let (Some(bytes), Some(found)) = (smaller, found) {
                *figure = accepted(now, found, bytes, figure.anchor.min(bytes));
                count += 1;
            }
        }
        if !now.pinned {
            lower.digest.clone_from(&now.digest);
            lower.census = now.census;
            lower.files = files(Some(self), now);
        }
        lower.accepted.push(Acceptance { anchor: false, ..how });
        (count > 0).then_some((lower, count))
    }

    /// The figures of now as the new baseline. An anchor stays as long as the steps from it were
    /// within the `limits`: those are the ones that add up unseen. A step that was red, and is
    /// accepted with its reason, is a new anchor; as is a figure that is new, or one of another set.
    ///
    /// # Errors
    /// The figures that are no numbers: a baseline has no holes.
    pub fn accept(
        old: Option<&Self>,
        now: &Figures,
        wanted: impl Fn(&str) -> bool,
        limits: &Limits,
        how: Acceptance,
    ) -> Result<Self, Vec<String>> {
        let same = old.filter(|old| old.dataset == now.dataset || !now.pinned);
        let kept = same.filter(|old| !how.anchor && (old.digest == now.digest || !now.pinned));
        let mut figures = Vec::new();
        let mut holes = Vec::new();
        let gated = |found: &&Found| is_gated(&found.metric) && wanted(&found.metric);
        for found in now.found.iter().filter(gated) {
            let before = kept.and_then(|old| old.get(&found.form, &found.metric));
            match found.value() {
                Ok(bytes) => {
                    let within = before.filter(|old| limits.breaches(old, bytes).is_empty());
                    let anchor = within.map_or(bytes, |old| old.anchor);
                    figures.push(accepted(now, found, bytes, anchor));
                }
                // A form that has no such figure by its nature had none before either.
                Err(_) if never_had(found, same) => {}
                Err(reason) => holes.push(format!("{} {}: {reason}", found.form, found.metric)),
            }
        }
        // What was not asked for stays as it was, as long as it is a figure of the same tree.
        for before in same.iter().flat_map(|old| &old.figures) {
            let again = |new: &Accepted| new.form == before.form && new.metric == before.metric;
            if figures.iter().any(again) {
                continue;
            }
            if old.is_some_and(|old| old.digest == now.digest) {
                figures.push(before.clone());
            } else {
                let Accepted { form, metric, .. } = before;
                holes.push(format!("{form} {metric}: not accepted again, for another tree"));
            }
        }
        holes.dedup_by_key(|hole| hole.split(':').next().map(str::to_owned));
        if !holes.is_empty() {
            return Err(holes);
        }
        figures.sort_by(|a, b| (&a.form, &a.metric).cmp(&(&b.form, &b.metric)));
        let mut history = same.map_or_else(Vec::new, |old| old.accepted.clone());
        history.push(Acceptance { anchor: kept.is_none(), ..how });
        Ok(Self {
            schema: SCHEMA,
            dataset: now.dataset.clone(),
            pinned: now.pinned,
            digest: now.digest.clone(),
            census: now.census,
            accepted: history,
            figures,
            files: files(old, now),
        })
    }
}

/// The files of the tree of now, which a record has not: those that `old` has, if they are of the same tree.
fn files(old: Option<&Baseline>, now: &Figures) -> FileTable {
    let known = || old.filter(|old| old.digest == now.digest).map(|old| old.files.clone());
    now.files.clone().or_else(known).unwrap_or_default()
}

fn never_had(found: &Found, old: Option<&Baseline>) -> bool {
    matches!(found.outcome, Outcome::Skipped { .. })
        && old.is_none_or(|old| old.get(&found.form, &found.metric).is_none())
}

fn accepted(now: &Figures, found: &Found, bytes: u64, anchor: u64) -> Accepted {
    let made = now.forms.get(&found.form).cloned().unwrap_or_default();
    Accepted {
        form: found.form.clone(),
        metric: found.metric.clone(),
        bytes,
        anchor,
        settings: made.settings,
        tool: now.tool_of(&found.form, &found.metric),
    }
}
