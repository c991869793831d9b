//! What a template says of the model of kernel memory, in kB as the kernel's own tables have them.

use minijinja::Error;

use super::refused;
use crate::figure::{Figure, figure};
use crate::record::Record;
use crate::report::units;

/// What was measured and what the model says, kB; `None` where there is no model.
fn pair(record: &Record, figure: &Figure) -> Option<(i64, i64)> {
    let model = record.laboratory.as_ref()?.model(&figure.form, &figure.metric)?;
    Some((kb(figure.estimate.value), kb(model.bytes()? as f64)))
}

/// Four cells of a table: measured, modelled, the residual, and of how many boots.
pub(super) fn cells(record: &Record, figure: &Figure) -> Result<String, Error> {
    let Some((measured, modelled)) = pair(record, figure) else {
        return Err(refused(format!("{}, {}: no model", figure.form, figure.metric)));
    };
    let boots = record.observations.get(figure.observation);
    let boots = boots.map_or(0, |seen| seen.outcome.samples().len());
    let count = |kb: i64| units::count(kb.unsigned_abs());
    let residual = signed(measured - modelled);
    Ok(format!("{} | {} | {residual} | {boots}", count(measured), count(modelled)))
}

/// Two cells: how many figures are modelled whose metric starts with `prefix`, and the least and the
/// greatest residual.
pub(super) fn range(record: &Record, prefix: &str) -> Result<String, Error> {
    let seen = record.observations.iter().filter(|seen| seen.metric.starts_with(prefix));
    let residuals = seen.filter_map(|seen| {
        let (measured, modelled) = pair(record, &figure(record, &seen.form, &seen.metric).ok()?)?;
        Some(measured - modelled)
    });
    let residuals: Vec<i64> = residuals.collect();
    let (Some(least), Some(most)) = (residuals.iter().min(), residuals.iter().max()) else {
        return Err(refused(format!("{prefix}*: nothing is modelled")));
    };
    Ok(format!("{} | {} to {}", residuals.len(), signed(*least), signed(*most)))
}

fn kb(bytes: f64) -> i64 {
    (bytes / 1024.0).round() as i64
}

fn signed(kb: i64) -> String {
    let sign = match kb {
        0 => "",
        _ if kb < 0 => "−",
        _ => "+",
    };
    format!("{sign}{}", units::count(kb.unsigned_abs()))
}
