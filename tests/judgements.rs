//! The verbs that judge records, as their user meets them: words, exit codes, files.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::assert::OutputAssertExt as _;
use assert_cmd::cargo::cargo_bin;
use kheaders_bench::record;
use kheaders_bench::record::Record;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/record-v1.json");

fn said(args: &[&str], code: i32) -> String {
    let run = Command::new(cargo_bin("kheaders-bench")).args(args).assert().code(code);
    let output = run.get_output();
    let told = if code == 0 { &output.stdout } else { &output.stderr };
    String::from_utf8(told.clone()).unwrap()
}

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&said(args, 0)).unwrap()
}

fn changed(folder: &Path, name: &str, change: fn(&mut Record)) -> String {
    let mut record = record::load(Path::new(FIXTURE)).unwrap();
    change(&mut record);
    let file = folder.join(name);
    record::save(&record, &file).unwrap();
    file.display().to_string()
}

#[test]
fn claims_are_told_in_words_and_as_json() {
    let text = said(&["claims", FIXTURE], 0);
    assert!(text.contains("DOES NOT HOLD: Compressing each file separately"), "{text}");
    let tally = format!("Of {} claims", kheaders_bench::judge::claim::CLAIMS.len());
    assert!(text.contains(&tally), "{text}");
    let claims = json(&["claims", "--json", FIXTURE]);
    let slow = claims.as_array().unwrap().iter().find(|one| one["id"] == "per-file-too-slow");
    let slow = slow.unwrap();
    assert_eq!(slow["verdict"], "does-not-hold");
    let exhibit = &slow["findings"][0]["exhibits"][0];
    assert_eq!(exhibit["label"], "tar.xz-6");
    assert!(exhibit["value"].as_f64().unwrap() > 1e9);
    let record = record::load(Path::new(FIXTURE)).unwrap();
    let place = exhibit["places"][0]["observation"].as_u64().unwrap();
    assert_eq!(record.observations[usize::try_from(place).unwrap()].form, "tar.xz-6");
    assert!(said(&["claims", "absent.json"], 1).contains("absent.json"));
}

/// A run with memory, as published.
const RUN: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/reports/records/2026-11-24-debian-6.12-x86.json");

#[test]
fn between_is_of_the_two_forms() {
    let answer = json(&["choose", RUN, "--json", "--between", "tar.zst-19,squashfs.xz-128k"]);
    let pairs = answer["break_even"].as_array().unwrap();
    assert!(!pairs.is_empty());
    for pair in pairs {
        assert_eq!(pair["first"]["form"], "tar.zst-19");
        assert_eq!(pair["second"]["form"], "squashfs.xz-128k");
    }
}

#[test]
fn choose_takes_limits_with_units_and_tells_what_breaks_them() {
    let text = said(&["choose", FIXTURE, "--max-size", "5MiB", "--max-one-header", "10ms"], 0);
    assert!(text.contains("✗ tar.xz-6, read: one header"), "{text}");
    assert!(text.contains("limit 10.0 ms"), "{text}");
    let text = said(&["choose", FIXTURE, "--max-pinned", "5MiB"], 0);
    assert!(
        text.contains("Nothing satisfies") && text.contains("axis memory was not run"),
        "{text}"
    );
    assert!(said(&["choose", FIXTURE, "--max-size", "5"], 1).contains("such as 5MiB"));
    assert!(said(&["choose", FIXTURE, "--needs", "love"], 1).contains("known are random-access"));
    assert!(said(&["choose", FIXTURE, "--by", "love"], 1).contains("known are size"));
    assert!(
        said(&["choose", FIXTURE, "--between", "tar.xz-6,x"], 1)
            .contains("x: not in the result file")
    );
    let answer = json(&["choose", FIXTURE, "--json", "--between", "tar.xz-6,squashfs.xz-128k"]);
    let evens = answer["break_even"].as_array().unwrap();
    let overtakes = |even: &&serde_json::Value| {
        even["first"]["habit"] == "extract-once" && even["second"]["habit"] == "mount"
    };
    let even = evens.iter().find(overtakes).unwrap();
    assert_eq!(even["crossing"]["outcome"], "first-overtakes");
    assert!(even["crossing"]["uses"]["value"].as_f64().unwrap() > 1.0);
}

#[test]
fn compare_refuses_what_is_unlike_and_a_change_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    let grown = changed(home.path(), "grown.json", |record| {
        let seen = record.observations.iter_mut();
        let mut sizes = seen.filter(|seen| seen.metric == "size.bytes");
        let outcome = &mut sizes.next().unwrap().outcome;
        *outcome = record::Outcome::Measured { samples: vec![26_659_961] };
    });
    let text = said(&["compare", FIXTURE, &grown], 0);
    assert!(text.contains("+1 B") && text.contains("1 changed"), "{text}");
    let markdown = said(&["compare", FIXTURE, &grown, "--markdown"], 0);
    assert!(markdown.contains("| tree | size | 26,659,960 B | 26,659,961 B |"), "{markdown}");
    let rows = &json(&["compare", FIXTURE, &grown, "--json"])["rows"];
    assert!(rows.as_array().unwrap().iter().any(|row| row["change"] == "more"));
    let other = changed(home.path(), "other.json", |record| record.dataset.digest = "0".to_owned());
    assert!(said(&["compare", FIXTURE, &other], 1).contains("digests differ"));
    assert!(said(&["compare", FIXTURE, &other, "--across"], 0).starts_with("ACROSS"));
}

#[test]
fn history_is_of_a_folder_and_names_what_is_no_record() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("records");
    fs::create_dir(&folder).unwrap();
    let page = home.path().join("history.html").display().to_string();
    let folder_name = folder.display().to_string();
    let verb = ["report", "--history", &folder_name, "-o", &page];
    assert!(said(&verb, 1).contains("no result file (*.json)"));
    fs::copy(FIXTURE, folder.join("a.json")).unwrap();
    changed(&folder, "b.json", |record| record.started = "2026-02-01T00:00:00Z".to_owned());
    said(&verb, 0);
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("2026-02-01T00:00:00Z") && html.contains("4,047,084 B → 4,047,084 B"));
    fs::write(folder.join("c.json"), "{}").unwrap();
    assert!(said(&verb, 1).contains("c.json"));
}
