//! What the project publishes is what its committed records say.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::ops::Range;
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
    let expected = report::prose(&text(TEMPLATE), records(&files)).unwrap();
    assert_page("reports/FINDINGS.md", &page, &expected);
}

#[test]
fn findings_judge_every_claim() {
    let template = text(TEMPLATE);
    for claim in CLAIMS {
        assert!(template.contains(&format!("claim(\"{}\"", claim.id)), "{}", claim.id);
    }
}

/// What a page shows of committed results, between `<!-- splice HOW RESULT... -->` and `<!-- end -->`.
struct Splice {
    /// A template; or `terminal`, what a run prints; or `fronts`, what a sweep prints.
    how: String,
    /// The results, in the order in which a template counts them.
    results: Vec<PathBuf>,
    /// Where on the page.
    place: Range<usize>,
}

const START: &str = "<!-- splice ";
const END: &str = "<!-- end -->";

fn splices(page: &str) -> Vec<Splice> {
    let found = page.match_indices(START).map(|(at, _)| {
        let words = at + START.len();
        let start = words + page[words..].find(" -->").unwrap() + " -->".len();
        let end = start + page[start..].find(END).expect("the end of a splice");
        let mut words = page[words..start - " -->".len()].split_whitespace();
        let how = words.next().unwrap().to_owned();
        Splice { how, results: words.map(|file| root().join(file)).collect(), place: start..end }
    });
    found.collect()
}

/// What belongs between the marks.
fn spliced(splice: &Splice) -> String {
    let records = records(&splice.results);
    let fenced = |text: String| {
        let lines: Vec<_> = text.lines().map(str::trim_end).collect();
        format!("```text\n{}\n```", lines.join("\n").trim())
    };
    let text = match (splice.how.as_str(), records.as_slice()) {
        ("terminal", [record]) => fenced(report::terminal(record, report::WIDTH)),
        ("fronts", [record]) => fenced(report::fronts(record, report::WIDTH)),
        (template, _) => report::prose(&text(template), records).unwrap(),
    };
    format!("\n\n{}\n\n", text.trim())
}

/// Fails unless `page` is `expected`. `UPDATE_DOCS=1` writes what is expected instead.
fn assert_page(file: &str, page: &str, expected: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(file), expected).unwrap();
    } else {
        let same = page.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
        let line = |text: &str| text.lines().nth(same).unwrap_or("").to_owned();
        assert!(
            page == expected,
            "{file}, line {}: `UPDATE_DOCS=1 cargo test --test published` writes it again\n\
             is:        {}\nshould be: {}",
            same + 1,
            line(page),
            line(expected)
        );
    }
}

#[test]
fn pages_show_what_their_results_say() {
    for (file, count) in [
        ("README.md", 1),
        ("reports/METHODOLOGY.md", 1),
        ("reports/notes/named.md", 2),
        ("reports/notes/sweep.md", 1),
        ("reports/notes/tables.md", 1),
    ] {
        let page = text(file);
        let splices = splices(&page);
        assert_eq!(splices.len(), count, "{file}");
        let mut expected = page.clone();
        for splice in splices.iter().rev() {
            expected.replace_range(splice.place.clone(), &spliced(splice));
        }
        assert_page(file, &page, &expected);
    }
}

/// The number of a header set as documents write it: `29,036,708`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let from_the_end = digits.as_bytes().rchunks(3).rev();
    from_the_end.map(|group| std::str::from_utf8(group).unwrap()).collect::<Vec<_>>().join(",")
}

#[test]
fn the_readme_says_which_set_its_result_is_of() {
    let readme = text("README.md");
    let record = record::load(&linked(&readme, "")[0]).unwrap();
    let census = &record.dataset.census;
    let set = format!(
        "{} files and {} links, {} bytes stripped",
        grouped(census.files),
        grouped(census.links),
        grouped(census.bytes)
    );
    assert!(readme.split_whitespace().collect::<Vec<_>>().join(" ").contains(&set), "{set}");
}

/// Every page that people read.
fn pages() -> Vec<PathBuf> {
    let single = ["README.md", "CHANGELOG.md", "datasets/README.md", "reports/baselines/README.md"];
    let mut pages: Vec<_> = single.map(|file| root().join(file)).into();
    for folder in ["docs", "reports", "reports/notes"] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|file| file.extension().is_some_and(|end| end == "md")));
    }
    pages
}

/// The anchors of the headings of `page`, as forges derive them.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let text = line.trim_start_matches('#').trim().to_lowercase();
        text.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_of_pages_lead_somewhere() {
    for file in pages() {
        let page = fs::read_to_string(&file).unwrap();
        let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        // The links of a template are those of the page that it makes.
        for target in targets.filter(|target| !target.contains("://") && !target.contains("{{")) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let other =
                if path.is_empty() { file.clone() } else { file.parent().unwrap().join(path) };
            assert!(other.exists(), "{}: {target}", file.display());
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(&other).unwrap());
                assert!(there.iter().any(|one| one == anchor), "{}: {target}", file.display());
            }
        }
    }
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
