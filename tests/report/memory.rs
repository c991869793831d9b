//! The memory section, from a record with a laboratory.

use std::collections::BTreeMap;

use kheaders_bench::record::{Check, Guest, Observation, Outcome, Record, metric};
use kheaders_bench::report;

use super::{fixture, markup, render};

const REASON: &str = "blockdev takes file-system images";

/// Form, metric, bytes pinned or reclaimable: what Debian's 6.12 guest held. All was read in one
/// boot of three.
const HELD: &[(&str, &str, u64)] = &[
    ("tar.xz-6", "memory.module.read.pinned", 4316 << 10),
    ("tar.xz-6", "memory.extract-unload.unloaded.pinned", 54344 << 10),
    ("files.gz-9", "memory.pseudofs.all.pinned", 7032 << 10),
    ("files.gz-9", "memory.pseudofs.all.reclaimable", 53312 << 10),
    ("squashfs.xz-128k", "memory.blockdev.all.pinned", 5656 << 10),
    ("squashfs.xz-128k", "memory.blockdev.all.reclaimable", 100_464 << 10),
];

fn record() -> Record {
    let mut record = Record { laboratory: Some(laboratory()), ..fixture::empty() };
    record.forms.retain(|form| HELD.iter().any(|(id, ..)| *id == form.id));
    for form in &record.forms {
        for (holder, id, bytes) in HELD {
            let outcome = match *holder == form.id {
                true if id.contains(".all.") => Outcome::Measured { samples: vec![*bytes] },
                true => Outcome::Measured { samples: vec![*bytes - 8192, *bytes, *bytes + 8192] },
                false => Outcome::Skipped { reason: REASON.to_owned() },
            };
            let row = metric(id).expect("a metric");
            record.observations.push(Observation {
                form: form.id.clone(),
                metric: (*id).to_owned(),
                unit: row.unit,
                nature: row.nature,
                outcome,
            });
        }
    }
    record
}

fn laboratory() -> Guest {
    Guest {
        kernel: "6.12.117+deb12-cloud-amd64 #1 SMP".to_owned(),
        command_line: "console=ttyS0".to_owned(),
        config: BTreeMap::from([("CONFIG_SQUASHFS_FILE_DIRECT".to_owned(), "y".to_owned())]),
        cpus: 1,
        memory: 968 << 20,
        accelerator: "tcg".to_owned(),
        emulator: "QEMU 7.2".to_owned(),
        boots: 3,
        seconds: None,
        sources: Vec::new(),
        checks: vec![Check {
            form: "squashfs.xz-128k".to_owned(),
            delivery: "blockdev".to_owned(),
            state: "all".to_owned(),
            pinned: 5656 << 10,
            slab: 9044 << 10,
            vmalloc: 4900 << 10,
            modules: 4848 << 10,
            shmem: -(4 << 10),
            page_cache: 89_560 << 10,
        }],
    }
}

#[test]
fn what_stays_when_memory_is_tight_is_said_and_tabled() {
    let markdown = render("md", &[record()]);
    for text in [
        "| least memory with files | squashfs.xz-128k |",
        "by QEMU 7.2; 3 boots; squashfs",
        "### Unreclaimable memory after reading everything",
        "| squashfs.xz-128k | · | · | 5.52 MiB (1 boot) | 98.1 MiB (1 boot) |",
        "| tar.xz-6 | 4.21 MiB | 53.1 MiB | · | · |",
    ] {
        assert!(markdown.contains(text), "{text}\n{markdown}");
    }
}

#[test]
fn each_table_and_only_fitting_forms_under_their_kernel() {
    let html = render("html", &[record()]);
    let section =
        html.split("id=\"r1-memory\"").nth(1).and_then(|rest| rest.split("</section>").next());
    let section = section.expect("a memory section");
    let captions = section.matches("<caption>").count();
    assert!(captions >= 5, "{captions} tables");
    assert_eq!(section.matches("class=\"laboratory\">Linux 6.12.117").count(), captions);
    let rows = section.matches("<th scope=\"row\"").count();
    // Three in the end, one in each of four deliveries, one of counters.
    assert_eq!(rows, 3 + 4 + 1, "a form stands in the table of a delivery that does not fit it");
}

#[test]
fn figures_of_fewer_boots_than_the_heading_says_are_marked_and_no_others() {
    let marked = |record: &Record| {
        let html = render("html", std::slice::from_ref(record));
        let terminal = report::terminal(record, 100);
        let template = "{{ figure('squashfs.xz-128k', 'memory.blockdev.all.pinned') }} \
                        {{ figure('tar.xz-6', 'memory.module.read.pinned') }}";
        let prose = report::prose(template, vec![record.clone()]).expect("figures");
        (html.matches("1 boot<").count(), terminal.matches('¹').count(), prose)
    };
    let (html, terminal, prose) = marked(&record());
    // Two forms, pinned and reclaimable, in the table of the end and in that of the delivery.
    assert_eq!(html, 8);
    // Four figures, and the legend.
    assert_eq!(terminal, 5);
    assert_eq!(prose, "5.52 MiB (1 boot) 4.21 MiB");
    let mut quick = record();
    quick.laboratory.as_mut().expect("a laboratory").boots = 1;
    assert_eq!(marked(&quick), (0, 0, "5.52 MiB 4.21 MiB".to_owned()));
}

#[test]
fn the_cross_checks_stand_beside_what_they_check() {
    let html = render("html", &[record()]);
    let table = html.split_once("Cross-checks: Mounted from a module’s block device");
    let row = table.and_then(|(_, rest)| rest.split("<tbody>").nth(1)).expect("a table");
    let row = row.split("</tr>").next().unwrap_or_default();
    for cell in ["all read", "5,656 kB", "9,044 kB", "4,900 kB", "4,848 kB", "−4 kB", "89,560 kB"]
    {
        assert!(row.contains(&format!(">{cell}</td>")), "{cell}: {row}");
    }
    let csv = render("csv", &[record()]);
    let slab = "squashfs.xz-128k,memory.blockdev.all.slab.check,B,noisy,measured,0,9261056,";
    let shmem = "squashfs.xz-128k,memory.blockdev.all.shmem.check,B,noisy,measured,0,-4096,";
    assert!(csv.contains(slab) && csv.contains(shmem), "{csv}");
}

#[test]
fn a_figure_of_several_boots_has_their_range() {
    let html = render("html", &[record()]);
    let section = html.split("id=\"r1-memory\"").nth(1).expect("a memory section");
    let module = section.split("States: In a module").nth(1).expect("a delivery");
    let module = module.split("</table>").next().unwrap_or_default();
    assert!(module.contains("4.20 – 4.23"), "{module}");
    let device = section.split("States: Mounted from a module’s block device").nth(1);
    let device = device.and_then(|rest| rest.split("</table>").next()).expect("a delivery");
    assert!(device.contains("all read") && !device.contains(" – "), "{device}");
}

#[test]
fn the_terminal_has_it_at_any_width() {
    for width in 50..160 {
        let text = report::terminal(&record(), width);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= width.max(64), "{widest} columns on a terminal of {width}:\n{text}");
        assert!(text.contains("98.1 MiB"), "{text}");
    }
}

#[test]
fn without_a_laboratory_the_section_says_why() {
    let mut record = record();
    record.laboratory = None;
    for seen in &mut record.observations {
        seen.outcome = Outcome::Skipped { reason: "no emulator here".to_owned() };
    }
    let html = render("html", std::slice::from_ref(&record));
    markup::check_page(&html).expect("a page");
    assert!(html.contains("Kernel memory") && html.contains("no emulator here"));
    assert!(render("md", &[record]).contains("no emulator here"));
}

#[test]
fn hostile_words_of_a_laboratory_stay_words() {
    const EVIL: &str = "\"'><script>alert(1)</script>|`*\u{1b}[31m\n{{ 7 }}";
    let mut record = record();
    let lab = record.laboratory.as_mut().expect("a laboratory");
    for text in [&mut lab.kernel, &mut lab.emulator, &mut lab.accelerator, &mut lab.command_line] {
        *text = EVIL.to_owned();
    }
    lab.config.insert(format!("CONFIG_SQUASHFS_{EVIL}"), EVIL.to_owned());
    let html = render("html", std::slice::from_ref(&record));
    markup::check_page(&html).expect("a page");
    let markdown = render("md", std::slice::from_ref(&record));
    assert!(!markdown.replace("\\<", "").contains('<'), "{markdown}");
    let terminal = report::terminal(&record, 100);
    assert!(!terminal.replace('\n', "").contains(char::is_control), "{terminal:?}");
}

#[test]
fn a_history_draws_another_guest_on_lines_of_its_own() {
    let mut later = record();
    later.started = "2099-01-01T00:00:00Z".to_owned();
    let tables = |records: &[Record]| {
        let html = report::history(records).unwrap();
        let title = metric("memory.module.read.pinned").expect("a metric").title;
        html.matches(&format!("<caption>{title}")).count()
    };
    let one = tables(&[record(), later.clone()]);
    later.laboratory.as_mut().unwrap().kernel = "7.1 another".to_owned();
    assert_eq!((one, tables(&[record(), later])), (1, 2));
}

#[test]
fn size_is_drawn_against_memory_whether_or_not_latency_was_measured() {
    let mut without = record();
    let sizes = fixture::record().observations.into_iter();
    without.observations.extend(sizes.filter(|seen| seen.metric == "size.bytes"));
    let html = render("html", &[without]);
    assert!(html.contains("Size against costs</h2>"));
    assert!(html.contains("Size against unreclaimable memory</b>"));
}
