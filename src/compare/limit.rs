//! Extraction held against the least there is to do.

use crate::record::{Outcome, Record};
use crate::stats::{self, Summary};

/// The form whose extraction creates the files and does nothing else.
pub const LIMIT: &str = "tar";

/// The figure `metric` of each form as a multiple of [`LIMIT`]'s, in parts per million, round by round.
/// Empty where there is no figure of that form, and in a record of several runs, whose rounds are no pairs.
pub fn multiples<'r>(record: &'r Record, metric: &str) -> Vec<(&'r str, Summary)> {
    let samples = |form: &str| match &record.get(form, metric)?.outcome {
        Outcome::Measured { samples } => Some(samples.as_slice()),
        _ => None,
    };
    let limit = samples(LIMIT).filter(|_| record.joined == 0);
    let Some(limit) = limit else { return Vec::new() };
    let forms = record.forms.iter().map(|form| form.id.as_str());
    let multiple = |form| Some((form, stats::ratio(samples(form)?, limit)?));
    forms.filter(|form| *form != LIMIT).filter_map(multiple).collect()
}
