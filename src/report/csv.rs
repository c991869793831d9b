//! Every sample as a row, for spreadsheets and statistics programs.

use anyhow::Result;

use crate::record::{Outcome, Record, Unit};

use super::table::State;

/// The columns, in order. The last four tell runs apart when several are put together.
const HEAD: &[&str] = &[
    "form", "metric", "unit", "nature", "state", "sample", "value", "note", "dataset", "digest",
    "machine", "started",
];

/// One row for each sample of `records`; a figure that is absent has one row that says why.
///
/// # Errors
/// What the writer says.
pub(super) fn csv(records: &[Record]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEAD)?;
    for record in records {
        rows(record, &mut writer)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn rows(record: &Record, writer: &mut csv::Writer<Vec<u8>>) -> Result<()> {
    let run =
        [record.dataset.name.as_str(), &record.dataset.digest, &record.machine.id, &record.started];
    for seen in &record.observations {
        let (state, note) = match &seen.outcome {
            Outcome::Measured { .. } => (State::Measured, ""),
            Outcome::Modelled { model, .. } => (State::Modelled, model.as_str()),
            Outcome::Skipped { reason } => (State::Skipped, reason.as_str()),
            Outcome::Failed { error } => (State::Failed, error.as_str()),
        };
        let unit = match seen.unit {
            Unit::Bytes => "B",
            Unit::Nanoseconds => "ns",
            Unit::PartsPerMillion => "ppm",
        };
        let nature = match seen.nature {
            crate::record::Nature::Exact => "exact",
            crate::record::Nature::Noisy => "noisy",
        };
        let head = [seen.form.as_str(), &seen.metric, unit, nature, state.name()];
        let samples = seen.outcome.samples().iter().enumerate();
        let mut samples: Vec<_> =
            samples.map(|(index, value)| (index.to_string(), value.to_string())).collect();
        if samples.is_empty() {
            samples.push(Default::default());
        }
        for (index, value) in &samples {
            writer.write_record(head.iter().chain(&[index.as_str(), value, note]).chain(&run))?;
        }
    }
    Ok(())
}
