//! What satisfies, what is on the front, and what changed: over records made for the purpose.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use kheaders_bench::judge::choose::{CRITERIA, Choice, Constraints, Limit, NEEDS, choose};
use kheaders_bench::judge::compare::{Change, Comparison, compare};
use kheaders_bench::record;
use kheaders_bench::record::{Nature, Observation, Outcome, Record, Unit};

const XZ: &str = "tar.xz-6";
const GZ: &str = "files.gz-9";
const SQ: &str = "squashfs.xz-128k";
const ONE: &str = "extract.one.middle.warm";
const MS: u64 = 1_000_000;
const MB: u64 = 1_000_000;

/// A figure that is known to a thousandth.
fn at(value: u64) -> Vec<u64> {
    let off = value / 1000;
    [value - off, value, value + off].repeat(3)
}

fn with(figures: &[(&str, &str, Vec<u64>)]) -> Record {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/record-v1.json");
    let mut record = record::load(&fixture).unwrap();
    record.forms.retain(|form| figures.iter().any(|(of, ..)| *of == form.id));
    record.settings.axes.push("memory".to_owned());
    record.observations = figures.iter().map(observed).collect();
    record
}

fn observed((form, metric, samples): &(&str, &str, Vec<u64>)) -> Observation {
    let known = record::metric(metric);
    Observation {
        form: (*form).to_owned(),
        metric: (*metric).to_owned(),
        unit: known.map_or(Unit::Bytes, |metric| metric.unit),
        nature: known.map_or(Nature::Exact, |metric| metric.nature),
        outcome: Outcome::Measured { samples: samples.clone() },
    }
}

/// Small and slow, large and fast, and one that is worse than both.
fn three() -> Record {
    with(&[
        (XZ, "size.bytes", vec![4 * MB]),
        (XZ, "build.wall", at(900 * MS)),
        (XZ, ONE, at(100 * MS)),
        (GZ, "size.bytes", vec![6 * MB]),
        (GZ, "build.wall", at(500 * MS)),
        (GZ, ONE, at(MS)),
        (SQ, "size.bytes", vec![7 * MB]),
        (SQ, "build.wall", at(600 * MS)),
        (SQ, ONE, at(10 * MS)),
    ])
}

fn limited(id: &str, most: f64) -> Constraints {
    let criterion = CRITERIA.iter().find(|criterion| criterion.id == id).unwrap();
    Constraints { limits: vec![Limit { criterion, most }], ..Constraints::default() }
}

fn read(choice: &Choice) -> Vec<(&str, bool, bool)> {
    let plain = choice.candidates.iter().filter(|one| one.way.id() == "read");
    plain.map(|one| (one.form.as_str(), one.breaks.is_empty(), one.front)).collect()
}

#[test]
fn the_front_is_what_none_beats() {
    let choice = choose(&three(), &Constraints::default());
    assert_eq!(read(&choice), [(XZ, true, true), (GZ, true, true), (SQ, true, false)]);
    let beaten = choice.candidates.iter().find(|one| one.form == SQ).unwrap();
    assert_eq!(beaten.beaten_by.as_deref(), Some("files.gz-9, read"));
}

#[test]
fn what_breaks_a_limit_is_told_with_its_figure_and_beats_none() {
    let choice = choose(&three(), &limited("size", 5.0 * MB as f64));
    assert_eq!(read(&choice), [(XZ, true, true), (GZ, false, false), (SQ, false, false)]);
    let broken = choice.candidates.iter().find(|one| one.form == GZ).unwrap();
    assert_eq!(broken.breaks[0].wish, "size");
    assert_eq!(broken.breaks[0].figure, Some(6.0 * MB as f64));
}

#[test]
fn noise_makes_no_one_better_and_is_told_at_a_limit() {
    let mut record = three();
    for seen in record.observations.iter_mut().filter(|seen| seen.form == SQ) {
        let noisy = [MS / 2, 10 * MS, 20 * MS].repeat(3);
        if seen.metric == ONE {
            seen.outcome = Outcome::Measured { samples: noisy };
        } else if seen.metric == "size.bytes" {
            seen.outcome = Outcome::Measured { samples: vec![5 * MB] };
        }
    }
    let choice = choose(&record, &limited("one-header", 5.0 * MS as f64));
    let one = choice.candidates.iter().find(|one| one.form == SQ).unwrap();
    assert!(one.breaks[0].within_noise);
    let by = CRITERIA.iter().filter(|criterion| ["size", "one-header"].contains(&criterion.id));
    let wishes = Constraints { by: by.collect(), ..Constraints::default() };
    let choice = choose(&record, &wishes);
    // Smaller than files.gz-9, and perhaps as fast: that does not beat it.
    assert_eq!(read(&choice), [(XZ, true, true), (GZ, true, true), (SQ, true, true)]);
}

#[test]
fn a_wide_interval_is_no_merit() {
    let noisy = [MS, 22_000 * MS, 60_000 * MS].repeat(3);
    let record = with(&[
        (XZ, "size.bytes", vec![4 * MB]),
        (XZ, "build.wall", noisy),
        (GZ, "size.bytes", vec![5 * MB]),
        (GZ, "build.wall", at(1150 * MS)),
    ]);
    let by = CRITERIA.iter().filter(|criterion| ["size", "build"].contains(&criterion.id));
    let choice = choose(&record, &Constraints { by: by.collect(), ..Constraints::default() });
    assert_eq!(read(&choice), [(XZ, true, true), (GZ, true, true)]);
}

/// An archive that is better by every figure than what hands out files.
fn better_archive() -> Record {
    with(&[
        (XZ, "size.bytes", vec![4 * MB]),
        (XZ, "build.wall", at(500 * MS)),
        (XZ, ONE, at(MS)),
        (XZ, "memory.module.read.pinned", at(4 * MB)),
        (SQ, "size.bytes", vec![7 * MB]),
        (SQ, "build.wall", at(600 * MS)),
        (SQ, ONE, at(2 * MS)),
        (SQ, "extract.mount.one", at(2 * MS)),
        (SQ, "memory.module.read.pinned", at(7 * MB)),
        (SQ, "memory.loop-module.all.pinned", at(8 * MB)),
        (SQ, "memory.loop-tmpfs.all.pinned", at(9 * MB)),
    ])
}

#[test]
fn what_gives_files_is_beaten_only_by_what_gives_files() {
    let choice = choose(&better_archive(), &Constraints::default());
    let told = |form: &str, way: &str| {
        let sought =
            choice.candidates.iter().find(|one| (one.form.as_str(), one.way.id()) == (form, way));
        let one = sought.unwrap();
        (one.front, one.beaten_by.clone())
    };
    assert_eq!(told(XZ, "module"), (true, None));
    // Random access, which the archive has not.
    assert_eq!(told(SQ, "module"), (true, None));
    assert_eq!(told(SQ, "loop-module"), (true, None));
    let lighter = Some("squashfs.xz-128k, loop-module".to_owned());
    assert_eq!(told(SQ, "loop-tmpfs"), (false, lighter));
}

#[test]
fn memory_is_told_apart_by_what_boots_are_and_by_its_state() {
    let record = |archive: u64, loop_state: &'static str, held: u64| {
        let metric: &'static str = match loop_state {
            "all" => "memory.loop-tmpfs.all.pinned",
            _ => "memory.loop-tmpfs.mounted.pinned",
        };
        with(&[
            (XZ, "size.bytes", vec![4 * MB]),
            (XZ, "memory.module.read.pinned", vec![archive; 3]),
            ("tar.zst-19", "size.bytes", vec![5 * MB]),
            ("tar.zst-19", "memory.module.read.pinned", vec![4 * MB; 3]),
            (SQ, "size.bytes", vec![7 * MB]),
            (SQ, "memory.blockdev.all.pinned", vec![8 * MB; 3]),
            (SQ, metric, vec![held; 3]),
        ])
    };
    let by = ["size", "pinned"];
    let front = |record: &Record, form: &str, way: &str| {
        let by = CRITERIA.iter().filter(|criterion| by.contains(&criterion.id));
        let choice = choose(record, &Constraints { by: by.collect(), ..Constraints::default() });
        let mut sought = choice.candidates.into_iter();
        let one = sought.find(|one| one.form == form && one.way.id() == way).unwrap();
        (one.front, one.costs.into_iter().find(|cell| cell.criterion == "pinned").unwrap().state)
    };
    // 4 KiB less is what boots of one thing differ by: no merit. 40 KiB are one.
    assert!(!front(&record(4 * MB + 4096, "all", 9 * MB), "tar.zst-19", "module").0);
    assert!(front(&record(4 * MB + 40_960, "all", 9 * MB), "tar.zst-19", "module").0);
    // Once all was read the block device is heavier; before that nobody knows.
    let (read, mounted) = (record(4 * MB, "all", 7 * MB), record(4 * MB, "mounted", 7 * MB));
    assert!(!front(&read, SQ, "blockdev").0);
    assert_eq!(front(&mounted, SQ, "blockdev"), (true, None));
    assert_eq!(front(&mounted, SQ, "loop-tmpfs").1, Some("once mounted"));
}

#[test]
fn the_first_compile_of_what_was_never_timed_is_absent_with_the_reason() {
    let record = with(&[
        (GZ, "extract.first_compile", at(90 * MS)),
        (GZ, "memory.pseudofs.all.pinned", at(7 * MB)),
    ]);
    let choice = choose(&record, &Constraints::default());
    let compile = |way: &str| {
        let one =
            choice.candidates.iter().find(|one| one.form == GZ && one.way.id() == way).unwrap();
        one.costs.iter().find(|cell| cell.criterion == "first-compile").unwrap().clone()
    };
    assert_eq!(compile("module").figure.unwrap().estimate.value, 90.0 * MS as f64);
    let absent = compile("pseudofs");
    assert!(absent.figure.is_none());
    assert!(absent.absent.unwrap().why.to_string().contains("guests alone"));
}

#[test]
fn what_was_not_measured_does_not_satisfy() {
    let choice = choose(&three(), &limited("pinned", 9e9));
    assert!(choice.candidates.iter().all(|one| !one.breaks.is_empty() && !one.front));
    assert!(choice.candidates[0].breaks[0].unknown.contains("says nothing"));
}

#[test]
fn needs_follow_from_layout_and_delivery() {
    let need = |id: &str| NEEDS.iter().copied().find(|need| need.id == id).unwrap();
    let kept = |record: &Record, id: &str| -> Vec<String> {
        let wishes = Constraints { needs: vec![need(id)], ..Constraints::default() };
        let choice = choose(record, &wishes);
        let kept = choice.candidates.into_iter().filter(|one| one.breaks.is_empty());
        kept.map(|one| format!("{} {}", one.form, one.way)).collect()
    };
    let record = three();
    assert_eq!(kept(&record, "no-extra-tools"), ["tar.xz-6 read"]);
    let random = ["files.gz-9 read", "squashfs.xz-128k read", "squashfs.xz-128k mount"];
    assert_eq!(kept(&record, "random-access"), random);
    assert_eq!(kept(&record, "files"), ["squashfs.xz-128k mount"]);
    let mut delivered = three();
    let held = (GZ, "memory.pseudofs.all.pinned", at(7 * MB));
    delivered.observations.push(observed(&held));
    let old = kept(&delivered, "no-new-kernel-code");
    assert!(old.contains(&"squashfs.xz-128k loop-module".to_owned()), "{old:?}");
    assert!(!old.iter().any(|one| one.contains("pseudofs") || one.contains("blockdev")), "{old:?}");
}

fn changed(comparison: &Comparison, form: &str, metric: &str) -> Change {
    let mut rows = comparison.rows.iter();
    rows.find(|row| row.form == form && row.metric == metric).unwrap().change
}

#[test]
fn exact_figures_change_by_a_byte_and_noisy_ones_beyond_noise_and_a_hundredth() {
    let base = three();
    let against = |figures: &[(&str, &str, Vec<u64>)]| {
        let mut new = three();
        for (form, metric, samples) in figures {
            let sought = |seen: &&mut Observation| seen.form == *form && seen.metric == *metric;
            let seen = new.observations.iter_mut().find(sought).unwrap();
            seen.outcome = Outcome::Measured { samples: samples.clone() };
        }
        compare(&base, &new, false).unwrap()
    };
    let same = against(&[]);
    assert_eq!(changed(&same, XZ, "size.bytes"), Change::Same);
    assert_eq!(changed(&same, XZ, ONE), Change::WithinNoise);
    let byte = against(&[(XZ, "size.bytes", vec![4 * MB + 1])]);
    assert_eq!(changed(&byte, XZ, "size.bytes"), Change::More);
    // Beyond noise, but below a hundredth.
    let little = against(&[(XZ, ONE, at(100 * MS + 800_000))]);
    assert_eq!(changed(&little, XZ, ONE), Change::WithinNoise);
    let faster = against(&[(XZ, ONE, at(90 * MS))]);
    assert_eq!(changed(&faster, XZ, ONE), Change::Less);
    let noisy = against(&[(XZ, ONE, [50 * MS, 90 * MS, 200 * MS].repeat(3))]);
    assert_eq!(changed(&noisy, XZ, ONE), Change::WithinNoise);
    let one = against(&[(XZ, ONE, vec![90 * MS])]);
    assert_eq!(changed(&one, XZ, ONE), Change::NotCompared);
}

#[test]
fn unlike_runs_are_refused_or_labelled_and_machines_are_not_mixed() {
    let base = three();
    let mut machine = three();
    machine.machine.id = "another".to_owned();
    let comparison = compare(&base, &machine, false).unwrap();
    assert_eq!(changed(&comparison, XZ, ONE), Change::NotCompared);
    assert_eq!(changed(&comparison, XZ, "size.bytes"), Change::Same);

    let mut set = three();
    set.dataset.digest = "another".to_owned();
    let refused = compare(&base, &set, false).unwrap_err().to_string();
    assert!(refused.contains("digests differ") && refused.contains("--across"), "{refused}");
    let across = compare(&base, &set, true).unwrap();
    let text = kheaders_bench::report::comparison::terminal(&across);
    assert!(text.starts_with("ACROSS: digests differ"), "{text}");

    let mut quick = three();
    quick.settings.quick = true;
    assert!(compare(&base, &quick, false).unwrap_err().to_string().contains("settings differ"));
}

#[test]
fn what_only_one_run_has_is_told_with_the_reason() {
    let base = three();
    let mut new = three();
    let sought = |seen: &&mut Observation| seen.form == XZ && seen.metric == ONE;
    let seen = new.observations.iter_mut().find(sought).unwrap();
    seen.outcome = Outcome::Failed { error: "no space left".to_owned() };
    let comparison = compare(&base, &new, false).unwrap();
    assert_eq!(changed(&comparison, XZ, ONE), Change::Gone);
    let text = kheaders_bench::report::comparison::terminal(&comparison);
    assert!(text.contains("gone: failed: no space left"), "{text}");
    assert_eq!(changed(&compare(&new, &base, false).unwrap(), XZ, ONE), Change::Come);
}
