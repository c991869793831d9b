//! Every sample as a row, for spreadsheets and statistics programs.

use anyhow::Result;

use crate::record::{Nature, Outcome, Record, is_of_guest};

use crate::record::units;
use crate::report::guest::guest;
use crate::report::state::State;
use crate::report::topic::memory;

/// The columns, in order. The last five distinguish runs and kernels when several are joined.
const HEAD: &[&str] = &[
    "form",
    "metric",
    "unit",
    "nature",
    "state",
    "sample",
    "value",
    "note",
    "dataset",
    "digest",
    "machine",
    "started",
    "laboratory",
];

/// The end of the id of a counter that a figure can be checked against.
const CHECK: &str = ".check";

/// One row for each sample of `records`; a figure that is absent has one row that says why.
///
/// # Errors
/// What the writer reports.
pub(in crate::report) fn csv(records: &[Record]) -> Result<String> {
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
    let laboratory = guest(record).unwrap_or_default();
    for seen in &record.observations {
        let (state, note) = match &seen.outcome {
            Outcome::Measured { .. } => (State::Measured, ""),
            Outcome::Modelled { model, .. } => (State::Modelled, model.as_str()),
            Outcome::Skipped { reason } => (State::Skipped, reason.as_str()),
            Outcome::Failed { error } => (State::Failed, error.as_str()),
        };
        let unit = units::name(seen.unit);
        let nature = match seen.nature {
            Nature::Exact => "exact",
            Nature::Noisy => "noisy",
        };
        let head = [seen.form.as_str(), &seen.metric, unit, nature, state.name()];
        let samples = seen.outcome.samples().iter().enumerate();
        let mut samples: Vec<_> =
            samples.map(|(index, value)| (index.to_string(), value.to_string())).collect();
        if samples.is_empty() {
            samples.push(Default::default());
        }
        for (index, value) in &samples {
            let kernel = if is_of_guest(&seen.metric) { &laboratory } else { "" };
            let figure = [index.as_str(), value, note];
            writer.write_record(head.iter().chain(&figure).chain(&run).chain(&[kernel]))?;
        }
    }
    for check in record.laboratory.iter().flat_map(|guest| &guest.checks) {
        for counter in memory::COUNTERS {
            let metric = format!("{}.{}{CHECK}", memory::metric(check), counter.id);
            let value = (counter.of)(check).to_string();
            let state = State::Measured.name();
            let note = "against the base, in the first boot";
            let head = [check.form.as_str(), &metric, "B", "noisy", state, "0", &value, note];
            writer.write_record(head.iter().chain(&run).chain(&[laboratory.as_str()]))?;
        }
    }
    Ok(())
}
