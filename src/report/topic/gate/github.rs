//! Annotations of GitHub Actions: workflow commands on standard output.

use std::fmt::Write as _;

use super::row::{change, why};
use crate::judge::gate::{Judgement, Row};
use crate::report::render::terminal::clean;

/// An `::error` for each figure that does not pass.
pub fn annotations(judgement: &Judgement) -> String {
    let mut text = String::new();
    let mut say = |title: &str, row: &Row| {
        let body = format!(
            "{} {}: {}; {}",
            row.form,
            row.metric,
            change(row),
            why(row).unwrap_or_default()
        );
        let _ = writeln!(text, "::error title={}::{}", property(title), data(&body));
    };
    for row in judgement.breached() {
        say("size gate breached", row);
    }
    for row in judgement.unchecked() {
        say("size gate not checked", row);
    }
    text
}

/// The escapes of a workflow command's message, as GitHub's documentation of them has it.
fn data(text: &str) -> String {
    clean(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

/// A property has two more.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
