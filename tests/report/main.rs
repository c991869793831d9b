//! Reports from records alone: the texts, the page, and records that went wrong.

mod fixture;

use kheaders_bench::record;
use kheaders_bench::report;
use std::path::Path;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/record-v1.json");

/// Schema 1 is kept for ever: run this by hand, and only while schema 1 is not yet released.
#[test]
#[ignore = "writes the fixture"]
fn write_the_fixture() {
    record::save(&fixture::record(), Path::new(FIXTURE)).unwrap();
}

#[test]
fn terminal_table() {
    let record = record::load(Path::new(FIXTURE)).unwrap();
    println!("{}", report::terminal(&record, 120));
    println!("{}", report::terminal(&record, 72));
}

#[test]
fn page() {
    let record = record::load(Path::new(FIXTURE)).unwrap();
    std::fs::create_dir_all("/tmp/lab-report").unwrap();
    let start = std::time::Instant::now();
    let html = report::html(&[record]).unwrap();
    println!("{:?} {}", start.elapsed(), html.len());
    std::fs::write("/tmp/lab-report/page.html", html).unwrap();
}
