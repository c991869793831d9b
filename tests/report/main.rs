//! Reports from records alone: the texts, the page, and records that went wrong.

mod fixture;
mod markup;
mod memory;
mod references;

use std::path::{Path, PathBuf};

use kheaders_bench::cmd;
use kheaders_bench::record;
use kheaders_bench::record::{Outcome, Record};
use kheaders_bench::report;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/record-v1.json");

fn fixture() -> Record {
    record::load(Path::new(FIXTURE)).expect("the fixture")
}

fn render(format: &str, records: &[Record]) -> String {
    let format = report::format(format).expect("a format");
    (format.render)(records).expect("a template that fits")
}

/// Schema 1 is kept for ever: run this by hand, and only while schema 1 is not yet released.
#[test]
#[ignore = "writes the fixture"]
fn write_the_fixture() {
    record::save(&fixture::record(), Path::new(FIXTURE)).unwrap();
}

#[test]
fn terminal_table_chooses_columns_by_width() {
    insta::assert_snapshot!("terminal-120", report::terminal(&fixture(), 120));
    insta::assert_snapshot!("terminal-64", report::terminal(&fixture(), 64));
    for width in 50..160 {
        let text = report::terminal(&fixture(), width);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{widest} columns on a terminal of {width}:\n{text}");
    }
}

/// The fixture with the first `count` samples of each figure.
fn sampled(count: usize) -> Record {
    let mut record = fixture();
    for seen in &mut record.observations {
        if let Outcome::Measured { samples } = &mut seen.outcome {
            samples.truncate(count);
        }
    }
    record
}

#[test]
fn few_samples_are_not_made_more_of() {
    let unordered = "the order is not established";
    assert!(render("md", &[sampled(1)]).contains(unordered));
    assert!(!render("md", &[fixture()]).contains(unordered));
    assert!(!report::terminal(&sampled(1), 120).contains("95 %"));
    assert!(report::terminal(&sampled(3), 200).contains("of times from the noise of all forms"));
    let of_two_runs = Record { joined: 2, ..sampled(3) };
    assert!(report::terminal(&of_two_runs, 200).contains("Student’s, of the geometric mean"));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(render("md", &[fixture()]));
}

#[test]
fn csv_has_a_row_for_each_sample_and_each_absence() {
    let record = fixture();
    let csv = render("csv", std::slice::from_ref(&record));
    let head: Vec<_> = csv.lines().take(6).collect();
    insta::assert_snapshot!(head.join("\n"));
    let rows: usize =
        record.observations.iter().map(|seen| seen.outcome.samples().len().max(1)).sum();
    assert_eq!(csv.lines().count(), rows + 1);
    assert!(csv.contains(fixture::ERROR));
}

#[test]
fn page_needs_nothing_but_itself() {
    let html = render("html", &[fixture()]);
    let html = markup::without_own_scripts(&html).replace("http://www.w3.org/2000/svg", "");
    for load in ["http:", "https:", "<link", "<script", "src=", "url(", "@import", "<iframe"] {
        assert!(!html.contains(load), "the page has {load}");
    }
}

#[test]
fn page_says_why_each_figure_is_absent() {
    let html = render("html", &[fixture()]).replace("&#x27;", "'");
    for why in [fixture::ERROR, fixture::NOT_AN_IMAGE, fixture::NOT_COLD] {
        assert!(html.contains(why), "the page does not say: {why}");
    }
}

/// The cells of the answer that begins so.
fn answer(record: &Record, title: &str) -> Vec<String> {
    let markdown = render("md", std::slice::from_ref(record));
    let rows = markdown.split("## The answer").nth(1).expect("an answer");
    let row = rows.lines().find(|line| line.starts_with(&format!("| {title} |")));
    row.map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect()).unwrap_or_default()
}

#[test]
fn page_answers_with_the_figures_of_the_record() {
    for (title, form, figure) in [
        ("merged, as used", "tar.xz-6", "4,047,084 B"),
        ("smallest", "tar.xz-9e", "3,982,716 B"),
        ("smallest mountable image", "squashfs.xz-1m", "4,218,880 B"),
        ("fastest header", "files.gz-9", "1.21 ms (1 more within noise)"),
        ("fastest first compile", "squashfs.zst15-128k", "214 ms"),
    ] {
        let cells = answer(&fixture(), title);
        assert!(cells.iter().any(|cell| cell == form), "{title}: {cells:?}");
        assert!(cells.iter().any(|cell| cell == figure), "{title}: {cells:?}");
    }
    assert!(answer(&fixture(), "least memory with files").is_empty(), "no memory was measured");
}

#[test]
fn figures_of_the_answer_lead_to_their_samples() {
    let html = render("html", &[fixture()]);
    let answer = html.split("<caption>The answer").nth(1).expect("an answer");
    let answer = answer.split("</table>").next().expect("its end");
    let record = fixture();
    for (form, metric) in [
        ("tar.xz-6", "size.bytes"),
        ("tar.xz-6", "extract.one.middle.warm"),
        ("squashfs.zst15-128k", "extract.mount.first_compile"),
    ] {
        let sought = |seen: &record::Observation| seen.form == form && seen.metric == metric;
        let at = record.observations.iter().position(sought).unwrap();
        assert!(answer.contains(&format!("href=\"#r1-o{at}\"")), "{form}, {metric}: {answer}");
    }
}

/// In a tie with the merged form no other form is the answer.
#[test]
fn what_noise_does_not_tell_from_what_was_merged_is_not_named_above_it() {
    let mut record = fixture();
    let seen = record.observations.iter_mut();
    for (at, seen) in seen.filter(|seen| seen.metric == "extract.one.middle.warm").enumerate() {
        // Each form is slow in another round: what all have in common would be no noise of a form.
        let mut samples = if seen.form == "files.gz-9" { [79, 99, 119] } else { [80, 100, 120] };
        samples.rotate_left(at % 3);
        seen.outcome = Outcome::Measured { samples: samples.repeat(3) };
    }
    assert_eq!(answer(&record, "fastest header")[2], "tar.xz-6");
    assert_eq!(answer(&fixture(), "fastest header")[2], "files.gz-9");
}

#[test]
fn page_has_its_parts_in_order() {
    let html = render("html", &[fixture()]);
    let at = |id: &str| html.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("{id}"));
    let parts = [
        "r1-overview",
        "claims",
        "r1-size",
        "r1-build",
        "r1-extract",
        "r1-against",
        "r1-even",
        "r1-choose",
        "r1-run",
        "r1-dataset",
        "r1-method",
        "r1-samples",
        "r1-again",
    ];
    for pair in parts.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{pair:?}");
    }
    for link in
        html.split("<nav").nth(1).unwrap().split("</nav>").next().unwrap().split("href=\"#").skip(1)
    {
        let (id, rest) = link.split_once("\">").unwrap();
        let title = rest.split("</a>").next().unwrap();
        assert!(html.contains(&format!(" id=\"{id}\">{title}</h")), "{id}: {title}");
    }
}

/// Records that are odd in one way each.
fn odd() -> Vec<(&'static str, Record)> {
    let with = |change: fn(&mut Record)| {
        let mut record = fixture();
        change(&mut record);
        record
    };
    let failed = || Outcome::Failed { error: "no space left".to_owned() };
    let mut only_failures = fixture();
    only_failures.observations.iter_mut().for_each(|seen| seen.outcome = failed());
    vec![
        ("whole", fixture()),
        (
            "one form",
            with(|record| {
                record.forms.retain(|form| form.id == "tar.xz-6");
                record.observations.retain(|seen| seen.form == "tar.xz-6");
            }),
        ),
        ("only failures", only_failures),
        ("no observation", with(|record| record.observations.clear())),
        (
            "no form",
            with(|record| {
                record.forms.clear();
                record.observations.clear();
            }),
        ),
        ("forms not listed", with(|record| record.forms.clear())),
        (
            "interrupted",
            with(|record| {
                record.finished = None;
                record.observations.truncate(40);
            }),
        ),
        (
            "quick",
            with(|record| {
                record.settings.quick = true;
                for seen in &mut record.observations {
                    if let Outcome::Measured { samples } = &mut seen.outcome {
                        samples.truncate(1);
                    }
                }
            }),
        ),
        (
            "zeros",
            with(|record| {
                for seen in &mut record.observations {
                    if let Outcome::Measured { samples } = &mut seen.outcome {
                        samples.fill(0);
                    }
                }
                record.dataset.census.bytes = 0;
            }),
        ),
        (
            "samples beyond all sense",
            with(|record| {
                for (index, seen) in record.observations.iter_mut().enumerate() {
                    let samples = if index % 3 == 0 { vec![] } else { vec![u64::MAX, 1, 0] };
                    seen.outcome = Outcome::Measured { samples };
                }
            }),
        ),
        (
            "an unknown metric, a model",
            with(|record| {
                let seen = &mut record.observations[0];
                seen.metric = "memory.pinned".to_owned();
                let model = "8 metadata blocks and one decompressor".to_owned();
                seen.outcome = Outcome::Modelled { samples: vec![9_216_000], model };
            }),
        ),
        ("hostile", hostile()),
    ]
}

/// A record whose every string is markup, in one syntax or another.
fn hostile() -> Record {
    const EVIL: &str = "\"'><script>alert(1)</script>&amp;|`*[x](y)\u{1b}[31m\n\u{0}{{ 7 }}";
    let evil = |text: &str| format!("{text}{EVIL}");
    let mut record = fixture();
    record.command.push(evil(""));
    record.generator = evil("");
    record.started = evil("");
    let dataset = &mut record.dataset;
    for text in [&mut dataset.name, &mut dataset.title, &mut dataset.digest] {
        *text = evil(text);
    }
    dataset.notes = vec![evil("")];
    for source in &mut dataset.sources {
        (source.name, source.version, source.sha256) = (evil(""), evil(""), evil(""));
    }
    let machine = &mut record.machine;
    for text in [&mut machine.cpu, &mut machine.kernel, &mut machine.os, &mut machine.storage] {
        *text = evil(text);
    }
    for tool in &mut machine.tools {
        (tool.name, tool.version) = (evil("t"), evil("v"));
    }
    for form in &mut record.forms {
        form.id = evil(&form.id);
        (form.about, form.tool) = (evil(""), evil(""));
    }
    for seen in &mut record.observations {
        seen.form = evil(&seen.form);
        match &mut seen.outcome {
            Outcome::Skipped { reason: text } | Outcome::Failed { error: text } => {
                *text = evil(text)
            }
            _ => {}
        }
    }
    record.observations[3].metric = evil("m");
    record
}

#[test]
fn odd_records_render_well_formed() {
    for (name, record) in odd() {
        let html = render("html", std::slice::from_ref(&record));
        markup::check_page(&html).unwrap_or_else(|why| panic!("{name}: {why}"));
        for seen in &record.observations {
            if let Some(why) = seen.outcome.why() {
                let why = markup::escaped(why);
                assert!(html.contains(&why), "{name}: the page does not say: {why}");
            }
        }
        let markdown = render("md", std::slice::from_ref(&record));
        assert!(!markdown.replace("\\<", "").contains('<'), "{name}: markup in Markdown");
        let terminal = report::terminal(&record, 100);
        assert!(!terminal.replace('\n', "").contains(char::is_control), "{name}: {terminal:?}");
        render("csv", &[record]);
    }
}

#[test]
fn several_records_stay_apart() {
    let mut other = fixture();
    other.machine.id = "another".to_owned();
    let html = render("html", &[fixture(), other]);
    markup::check_page(&html).unwrap();
    assert!(html.contains("Their machines differ"));
    let same = render("html", &[fixture(), fixture()]);
    assert!(same.contains("one dataset, one machine, one kernel and one program"));
    let mut quick = fixture();
    quick.settings.quick = true;
    assert!(render("html", &[fixture(), quick]).contains("Their settings differ"));
}

#[test]
fn several_records_stand_side_by_side() {
    let mut other = fixture();
    other.dataset.digest = "another".to_owned();
    other.dataset.name = "debian-0.1-x86".to_owned();
    let html = render("html", &[fixture(), other]);
    assert!(html.contains("Their datasets differ"));
    assert!(html.contains("run 1: debian-6.1-x86") && html.contains("run 2: debian-0.1-x86"));
    for (_, record) in odd() {
        markup::check_page(&render("html", &[fixture(), record])).unwrap();
    }
}

#[test]
fn every_claim_is_on_the_page_and_its_figures_lead_to_their_samples() {
    let html = render("html", &[fixture()]);
    for claim in kheaders_bench::judge::claim::CLAIMS {
        assert!(html.contains(&format!("id=\"claim-{}\"", claim.id)), "{}", claim.id);
    }
    let record = fixture();
    let sought =
        |seen: &record::Observation| seen.form == "files.gz-9" && seen.metric == "build.wall";
    let at = record.observations.iter().position(sought).unwrap();
    let claims = &html[html.find("id=\"claims\"").unwrap()..html.find("id=\"r1-size\"").unwrap()];
    assert!(claims.contains(&format!("href=\"#r1-o{at}\"")), "no link to observation {at}");
}

#[test]
fn a_history_keeps_kinds_of_runs_apart() {
    let later = |change: fn(&mut Record)| {
        let mut record = fixture();
        record.started = "2026-02-01T00:00:00Z".to_owned();
        change(&mut record);
        record
    };
    let page = |records: &[Record]| {
        let html = report::history(records).unwrap();
        markup::check_page(&html).unwrap();
        html
    };
    let grown = later(|record| {
        for seen in &mut record.observations {
            if let Outcome::Measured { samples } = &mut seen.outcome {
                samples.iter_mut().for_each(|sample| *sample += *sample / 2);
            }
        }
    });
    // Given in the wrong order, drawn in the right one.
    let html = page(&[grown, fixture()]);
    assert!(html.contains("+50.0 %") && !html.contains("−33.3 %"));
    assert!(!html.contains("The runs are of"));
    let html = page(&[fixture(), later(|record| record.machine.id = "another".to_owned())]);
    assert!(html.contains("The runs are of 2 kinds"));
    assert!(page(&[]).contains("No record"));
    for (_, record) in odd() {
        page(&[fixture(), record]);
    }
}

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    report: cmd::report::Args,
}

fn run(record: &str, output: &Path, format: &str) -> anyhow::Result<()> {
    let words = [
        "test".as_ref(),
        record.as_ref(),
        "-o".as_ref(),
        output.as_os_str(),
        "--format".as_ref(),
        format.as_ref(),
    ];
    let cli = <Cli as clap::Parser>::try_parse_from::<_, &std::ffi::OsStr>(words)?;
    cmd::report::run(&cli.report)
}

#[test]
fn verb_writes_the_whole_file_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    for format in ["html", "md", "csv"] {
        let file = at(format);
        run(FIXTURE, &file, format).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), render(format, &[fixture()]));
    }
    let error = run("/nowhere.json", &at("none"), "html").unwrap_err();
    assert!(format!("{error:#}").contains("/nowhere.json"));
    assert!(run(FIXTURE, &at("missing/none"), "html").is_err());
    assert!(run(FIXTURE, &at("none"), "pdf").is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "something was left behind");
}
