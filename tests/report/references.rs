//! References in reports: a ratio where settings are equal, a reason where they are not.

use kheaders_bench::record::{Nature, Observation, Outcome, Record, Reference, Unit, Work};

use crate::{fixture, render};

/// The fixture's run with two references: one of equal settings, one of another level.
fn beside() -> Record {
    let mut record = fixture();
    for (of, tool, settings) in
        [("tar.gz-9", "gzip", "gzip level 9"), ("tar.zst-19", "zstd", "zstd level 3, <b>")]
    {
        record.references.push(Reference {
            id: format!("{of}@{tool}"),
            of: of.to_owned(),
            about: format!("GNU tar and {tool}"),
            tool: "tar 1.34 | \u{1b}[31m".to_owned(),
            settings: settings.to_owned(),
            of_settings: "gzip level 9".to_owned(),
            notes: vec!["two processes".to_owned()],
            works: vec![Work {
                work: "build".to_owned(),
                ours: "kheaders-bench build".to_owned(),
                reference: format!("tar -I '{tool} -9' <script>"),
            }],
        });
        for (row, samples) in
            [(of.to_owned(), [50, 61, 70]), (format!("{of}@{tool}"), [100, 120, 144])]
        {
            let samples = samples.map(|ms| ms * 1_000_000).into();
            record.observations.push(Observation {
                form: row,
                metric: "build.command.wall".to_owned(),
                unit: Unit::Nanoseconds,
                nature: Nature::Noisy,
                outcome: Outcome::Measured { samples },
            });
        }
    }
    record
}

#[test]
fn a_ratio_stands_where_settings_are_equal_and_a_reason_where_they_are_not() {
    let record = beside();
    let text = kheaders_bench::report::terminal(&record, 120);
    // Rounds say 0.5, 0.508 and 0.486.
    assert!(text.contains("0.50 (0.47–0.53)"), "{text}");
    assert!(text.contains("tar.zst-19@zstd: the settings differ: gzip level 9 / zstd"), "{text}");
    let markdown = render("md", std::slice::from_ref(&record));
    assert!(markdown.contains("| build | 61.0 ms | 120 ms | 0.50 (0.47 – 0.53) |"), "{markdown}");
    let html = render("html", &[record]);
    assert!(html.contains("<b>0.50</b>") && html.contains("the settings differ"));
    assert!(!html.contains("<script>\n") || !html.contains("-9' <script>"));
}

#[test]
fn commands_are_no_columns_and_references_no_forms() {
    let (with, without) = (beside(), fixture());
    let head = |record: &Record| {
        let markdown = render("md", std::slice::from_ref(record));
        markdown.split("## Ours / reference").next().unwrap_or_default().to_owned()
    };
    let sizes = |text: String| text.split("## Build").next().unwrap_or_default().to_owned();
    assert_eq!(sizes(head(&with)), sizes(head(&without)));
    assert!(!head(&with).contains("as a command"));
}
