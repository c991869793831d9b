//! The findings of a gate as JUnit XML: a test case for each figure.

use anyhow::Result;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::row::{change, why};
use crate::judge::gate::{Judgement, State};

/// The findings as JUnit XML: a breach is a failure, an unchecked figure an error.
///
/// # Errors
/// What can't be written as XML.
pub fn junit(judgement: &Judgement) -> Result<String> {
    let mut suite = TestSuite::new(format!("size gate of {}", judgement.dataset));
    for row in &judgement.rows {
        let kind = match &row.state {
            State::Fine => None,
            State::Breached { .. } => Some((NonSuccessKind::Failure, "breached")),
            State::Unchecked { .. } => Some((NonSuccessKind::Error, "not checked")),
        };
        let status = match kind {
            None => TestCaseStatus::success(),
            Some((kind, type_)) => {
                let mut status = TestCaseStatus::non_success(kind);
                let said = format!("{}; {}", change(row), why(row).unwrap_or_default());
                status.set_type(type_).set_message(said);
                status
            }
        };
        let mut case = TestCase::new(format!("{} {}", row.form, row.metric), status);
        case.set_classname(&row.form);
        suite.add_test_case(case);
    }
    let mut report = Report::new("kheaders-bench gate");
    report.add_test_suite(suite);
    Ok(report.to_string()?)
}
