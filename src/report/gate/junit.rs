//! The gate's findings as JUnit XML: a test case for each figure.

use super::{change, why};
use crate::judge::gate::{Judgement, State};

/// The findings as JUnit XML: a breach is a failure, what could not be checked an error.
pub fn junit(judgement: &Judgement) -> String {
    let (mut cases, mut failures, mut errors) = (String::new(), 0, 0);
    for row in &judgement.rows {
        let element = match &row.state {
            State::Fine => None,
            State::Breached { .. } => {
                failures += 1;
                Some(r#"failure type="breached""#)
            }
            State::Unchecked { .. } => {
                errors += 1;
                Some(r#"error type="not checked""#)
            }
        };
        let form = escaped(&row.form);
        let case = format!(r#"        <testcase name="{form} {}" classname="{form}""#, row.metric);
        cases += &match element {
            None => format!("{case}/>\n"),
            Some(element) => {
                let said = format!("{}; {}", change(row), why(row).unwrap_or_default());
                let said = escaped(&said);
                format!(
                    "{case}>\n            <{element} message=\"{said}\"/>\n        </testcase>\n"
                )
            }
        };
    }
    let counts = format!(
        r#"tests="{}" skipped="0" failures="{failures}" errors="{errors}""#,
        judgement.rows.len()
    );
    let name = escaped(&judgement.dataset);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"kheaders-bench gate\" {counts}>\n    \
         <testsuite name=\"size gate of {name}\" {counts}>\n\
         {cases}    </testsuite>\n</testsuites>\n"
    )
}

/// `text` in an attribute: markup escaped, and no character that XML 1.0 excludes.
fn escaped(text: &str) -> String {
    let allowed = |c: &char| *c >= ' ' || matches!(c, '\t' | '\n');
    text.chars().filter(allowed).fold(String::new(), |mut text, c| {
        match c {
            '&' => text += "&amp;",
            '<' => text += "&lt;",
            '>' => text += "&gt;",
            '"' => text += "&quot;",
            '\n' => text += "&#10;",
            '\t' => text += "&#9;",
            other => text.push(other),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_an_attribute() {
        assert_eq!(escaped("a<b> \"&\"\n\u{1b}[0m"), "a&lt;b&gt; &quot;&amp;&quot;&#10;[0m");
    }
}
