//! One figure of a gate in words.

use crate::judge::gate::{Breach, Row, State};
use crate::record::Unit;
use crate::record::units;

/// One word for a state.
pub(super) fn verdict(row: &Row) -> &'static str {
    match &row.state {
        State::Breached { .. } => "BREACHED",
        State::Unchecked { .. } => "NOT CHECKED",
        State::Fine if row.old.is_none() => "new",
        State::Fine => match row.growth() {
            Some(growth) if growth < 0 => "smaller",
            Some(0) => "same",
            _ => "within limits",
        },
    }
}

pub(super) fn bytes(value: Option<u64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| units::exact(Unit::Bytes, value as f64))
}

/// Growth in bytes and in percent of what was accepted.
pub(super) fn change(row: &Row) -> String {
    let Some(growth) = row.growth() else { return "–".to_owned() };
    match row.old {
        Some(old) if old > 0 && growth != 0 => {
            format!("{growth:+} ({:+.3} %)", growth as f64 * 100.0 / old as f64)
        }
        _ => format!("{growth:+}"),
    }
}

/// What a row needs in words: limits, reasons and causes.
pub(super) fn why(row: &Row) -> Option<String> {
    let mut said = Vec::new();
    match &row.state {
        State::Fine => {}
        State::Unchecked { reason } => said.push(reason.clone()),
        State::Breached { breaches } => said.extend(breaches.iter().map(breach)),
    }
    if let Some(cause) = &row.cause {
        said.push(format!("cause: {}", cause.words()));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

fn breach(breach: &Breach) -> String {
    match breach {
        Breach::Growth { limit } => format!("grew by more than {limit}"),
        Breach::Drift { anchor, limit } => format!(
            "drifted by more than {limit} from {} at the anchor",
            units::exact(Unit::Bytes, *anchor as f64)
        ),
        Breach::Ceiling { max, why } => {
            format!("above its ceiling of {} ({why})", units::exact(Unit::Bytes, *max as f64))
        }
        Breach::Ratio { limit } => {
            format!("its ratio to the raw tree grew by more than {limit}")
        }
    }
}
