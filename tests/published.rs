//! What the project publishes is what its committed records say.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use kheaders_bench::judge::claim::CLAIMS;
use kheaders_bench::record;
use kheaders_bench::record::Record;
use kheaders_bench::report;

const TEMPLATE: &str = "reports/findings.template.md";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// The records that a page links to, in the order in which it first does.
fn linked(page: &str, folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let file = root().join(folder).join(link);
        if link.ends_with(".json") && !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

fn records(files: &[PathBuf]) -> Vec<Record> {
    files.iter().map(|file| record::load(file).unwrap()).collect()
}

#[test]
fn findings_are_what_the_records_make_of_the_template() {
    let page = text("reports/FINDINGS.md");
    let files = linked(&page, "reports");
    assert_eq!(files.len(), 4, "{files:?}");
    assert_eq!(report::prose(&text(TEMPLATE), records(&files)).unwrap(), page);
}

#[test]
fn findings_judge_every_claim() {
    let template = text(TEMPLATE);
    for claim in CLAIMS {
        assert!(template.contains(&format!("claim(\"{}\"", claim.id)), "{}", claim.id);
    }
}

#[test]
fn the_readme_shows_the_tables_of_its_record() {
    let readme = text("README.md");
    let files = linked(&readme, "");
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let told = report::terminal(&record::load(file).unwrap(), report::WIDTH);
    let told = told.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let shown: Vec<_> =
        readme.split("```text\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    assert!(!shown.is_empty());
    for block in shown {
        assert!(told.contains(block), "{told}");
    }
}

/// `text` in one line, without what Markdown puts before its own signs.
fn plain(text: &str) -> String {
    text.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_readme_says_what_its_record_answers() {
    let readme = text("README.md");
    let record = record::load(&linked(&readme, "")[0]).unwrap();
    let markdown = report::format("md").unwrap();
    let page = plain(&(markdown.render)(std::slice::from_ref(&record)).unwrap());
    let told = readme.split("## What came out").nth(1).unwrap().split("```text").next().unwrap();
    let paragraphs: Vec<_> = told.trim().split("\n\n").map(plain).collect();
    let (first, answers) = paragraphs.split_first().unwrap();
    let census = &record.dataset.census;
    let bytes = census.bytes.to_string();
    let (low, rest) = bytes.split_at(bytes.len() % 3);
    let groups = rest.as_bytes().chunks(3).map(|group| std::str::from_utf8(group).unwrap());
    let bytes = [low].into_iter().chain(groups).filter(|group| !group.is_empty());
    let bytes = bytes.collect::<Vec<_>>().join(",");
    let set =
        format!("({} files and {} links, {bytes} bytes stripped)", census.files, census.links);
    assert!(first.contains(&set), "{set}");
    assert!(!answers.is_empty());
    for answer in answers {
        assert!(page.contains(answer), "the record does not say: {answer}");
    }
}

#[test]
fn the_tables_of_forms_that_are_named_are_what_their_records_have() {
    let page = text("reports/notes/named.md");
    for template in ["named", "mounted"] {
        // Its record is linked between its name and its table.
        let template = format!("{template}.template.md");
        let (_, after) = page.split_once(&template).expect(&template);
        let before = after.split("\n| ").next().unwrap();
        let template = text(&format!("reports/{template}"));
        let table = report::prose(&template, records(&linked(before, "reports/notes"))).unwrap();
        assert!(after.contains(table.trim()), "{table}");
    }
}

#[test]
fn the_methodology_shows_instructions_beside_times_of_its_record() {
    let page = text("reports/METHODOLOGY.md");
    let (before, after) = page.split_once("native.template.md").unwrap();
    let record = linked(before, "reports").pop().unwrap();
    let table = report::prose(&text("reports/native.template.md"), records(&[record])).unwrap();
    assert!(after.contains(table.trim()), "{table}");
}

/// `text` as it stands on a page.
fn without_blanks_at_ends(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[test]
fn the_fronts_of_the_notes_are_those_of_the_sweeps_record() {
    let page = text("reports/notes/sweep.md");
    let [record] = &records(&linked(&page, "reports/notes"))[..] else { panic!("one record") };
    let (_, told) = page.split_once("```text\n").unwrap();
    let (told, _) = told.split_once("\n```").unwrap();
    assert_eq!(told.trim_end(), without_blanks_at_ends(&report::fronts(record, report::WIDTH)));
}

#[test]
fn words_that_figures_belie_do_not_render() {
    let fixture = root().join("tests/fixtures/record-v1.json");
    let fixture = records(&[fixture]);
    let refused = |template: &str| {
        let error = report::prose(template, fixture.clone()).unwrap_err();
        format!("{error:#}")
    };
    for (template, why) in [
        ("\n{{ figure('tar.xz-6', 'size.bites') }}", "line 2: tar.xz-6, size.bites"),
        ("{{ ratio('tar.xz-6', 'tree', 'size.bytes') }}", "the other way round"),
        ("{{ ratio('tree', 'tree', 'size.bytes') }}", "noise"),
        ("{{ verdict('squashfs-larger', 'does not hold') }}", "the records say “holds”"),
        ("{{ figure('tree', 'size.bytes', run=2) }}", "there is no record 2"),
        ("{{ front('size', prefix='files.') }}", "no form files.* is on the front"),
        ("{{ front('size', needs='love') }}", "love: choose does not know it"),
        ("{{ even('tar.xz-6, eaten', 'tree, mounted', 'tool starts') }}", "no such plan"),
        ("{{ even('tar.xz-6', 'tree', 'days') }}", "header reads and tool starts"),
        ("{{ exhibit('no-op-rebuild', 'love') }}", "no figure “love”"),
        ("{{ tree }}", "undefined"),
        ("{{ figure('tree' }}", "line 1"),
    ] {
        assert!(refused(template).contains(why), "{template}: {}", refused(template));
    }
    let said = |template: &str| report::prose(template, fixture.clone()).unwrap();
    // The image is larger, and gives what the archive does not: a header without all before it.
    assert_eq!(said("{{ front('size') }}"), "tar.xz-9e (read) and squashfs.xz-1m (read, mount)");
    assert_eq!(said("{{ front('size', prefix='tar.') }}"), "tar.xz-9e (read)");
    assert_eq!(said("{{ verdict('squashfs-larger') }}"), "holds");
    let template = "{{ ratio('tree', 'tar.xz-6', 'size.bytes') }}";
    assert!(report::prose(template, fixture.clone()).unwrap().parse::<f64>().unwrap() > 5.0);
}
