//! Merging of small records.

use super::*;
use crate::record::{Dataset, FormInfo, Layout, Machine, Nature, SCHEMA, Settings, Unit};
use crate::tree::TreeStats;

/// A record of one machine with so many bytes and nanoseconds for each form.
fn record(machine: &str, forms: &[(&str, u64, u64)]) -> Record {
    let info = |id: &str| FormInfo {
        id: id.to_owned(),
        about: String::new(),
        layout: Layout::Stream,
        tool: "a library".to_owned(),
        settings: String::new(),
        variant: true,
    };
    let seen = |id: &str, metric: &str, nature, sample| Observation {
        form: id.to_owned(),
        metric: metric.to_owned(),
        unit: if nature == Nature::Exact { Unit::Bytes } else { Unit::Nanoseconds },
        nature,
        outcome: Outcome::Measured { samples: vec![sample] },
    };
    let both = |(id, bytes, time): &(&str, u64, u64)| {
        [
            seen(id, "size.bytes", Nature::Exact, *bytes),
            seen(id, "build.wall", Nature::Noisy, *time),
        ]
    };
    Record {
        schema: SCHEMA,
        generator: "kheaders-bench 0".to_owned(),
        program: String::new(),
        command: vec!["kheaders-bench".to_owned()],
        started: "2026-01-01T00:00:00Z".to_owned(),
        finished: Some("2026-01-01T00:01:00Z".to_owned()),
        dataset: Dataset {
            name: "set".to_owned(),
            title: "a set".to_owned(),
            digest: "d1".to_owned(),
            census: TreeStats { files: 1, links: 0, dirs: 0, bytes: 1000 },
            pinned: None,
            notes: Vec::new(),
            sources: Vec::new(),
            closure: None,
        },
        machine: Machine {
            id: machine.to_owned(),
            cpu: "a processor".to_owned(),
            cores: 2,
            memory: 1 << 30,
            kernel: "Linux".to_owned(),
            os: String::new(),
            governor: "performance".to_owned(),
            load: String::new(),
            virtualization: String::new(),
            storage: String::new(),
            tools: Vec::new(),
        },
        settings: Settings { quick: false, samples: Some(1), axes: vec!["size".to_owned()] },
        forms: forms.iter().map(|(id, ..)| info(id)).collect(),
        references: Vec::new(),
        observations: forms.iter().flat_map(both).collect(),
        laboratory: None,
        part: None,
        joined: 0,
    }
}

fn shard(index: u64, mut record: Record) -> Piece {
    let forms = ["a", "b", "c"].map(str::to_owned).to_vec();
    record.part =
        Some(Part { shards: vec![index], of: 2, forms, datasets: vec!["set".to_owned()] });
    Piece { name: format!("{index}.json"), record }
}

fn refused(pieces: Vec<Piece>, why: &str) {
    let error = format!("{:#}", join(pieces, false).unwrap_err());
    assert!(error.contains(why), "{error}");
}

#[test]
fn shards_of_one_machine_make_the_whole_record() {
    let whole = record("m", &[("a", 1, 10), ("b", 2, 20), ("c", 3, 30)]);
    let (one, two) = (record("m", &[("a", 1, 10), ("c", 3, 30)]), record("m", &[("b", 2, 20)]));
    let joined = join(vec![shard(2, two), shard(1, one)], false).unwrap();
    assert_eq!(joined, Record { joined: 2, ..whole });
}

#[test]
fn sizes_of_unlike_machines_join_and_times_do_not() {
    let one = record("m", &[("a", 1, 10), ("c", 3, 30)]);
    let joined = join(vec![shard(1, one), shard(2, record("n", &[("b", 2, 20)]))], false).unwrap();
    assert_eq!(joined.machine.id, "m");
    assert_eq!(joined.get("b", "size.bytes").unwrap().outcome.samples(), [2]);
    let time = &joined.get("b", "build.wall").unwrap().outcome;
    assert_eq!(time.why().unwrap(), "measured, but the machines differ: n, the others have m");
    assert_eq!(joined.get("c", "build.wall").unwrap().outcome.samples(), [30]);
    assert!(joined.dataset.notes[0].contains("different machines"));
}

#[test]
fn times_of_one_machine_in_other_conditions_are_kept_apart() {
    for what in ["processors in use", "machine kernels", "frequency governors", "programs"] {
        let mut one = record("m", &[("a", 1, 10), ("c", 3, 30)]);
        one.program = "fedcba9876543210".to_owned();
        let mut other = record("m", &[("b", 2, 20)]);
        other.program.clone_from(&one.program);
        match what {
            "processors in use" => other.machine.cores = 1,
            "machine kernels" => other.machine.kernel = "Linux 7".to_owned(),
            "frequency governors" => other.machine.governor = "powersave".to_owned(),
            _ => other.program = "0123456789abcdef".to_owned(),
        }
        let joined = join(vec![shard(1, one), shard(2, other)], false).unwrap();
        let time = joined.get("b", "build.wall").unwrap().outcome.why().unwrap().to_owned();
        assert!(time.starts_with(&format!("measured, but the {what} differ")), "{time}");
        assert_eq!(joined.get("b", "size.bytes").unwrap().outcome.samples(), [2]);
        assert!(joined.dataset.notes[0].contains(&format!("different {what}: ")), "{what}");
    }
}

#[test]
fn a_reference_of_two_records_stands_once_and_that_is_told() {
    let with_reference = |form: &str, bytes| {
        let mut one = record("m", &[(form, bytes, 10), ("collect", 100 + bytes, 10)]);
        one.forms.truncate(1);
        Piece { name: format!("{form}.json"), record: one }
    };
    let joined = join(vec![with_reference("a", 1), with_reference("b", 2)], false).unwrap();
    let all = joined.observations.iter().filter(|seen| seen.form == "collect");
    assert_eq!(all.count(), 2);
    assert_eq!(joined.get("collect", "size.bytes").unwrap().outcome.samples(), [101]);
    assert!(
        joined.dataset.notes[0].ends_with("one of which is used: collect"),
        "{:?}",
        joined.dataset.notes
    );
}

#[test]
fn records_of_one_machine_at_one_time_are_told() {
    let at = |name: &str, machine, started: &str, finished: &str| {
        let mut record = record(machine, &[(name, 1, 1)]);
        record.started = format!("2026-01-01T{started}:00Z");
        record.finished = Some(format!("2026-01-01T{finished}:00Z"));
        Piece { name: name.to_owned(), record }
    };
    let pieces = [
        at("a", "m", "01:00", "02:00"),
        at("b", "m", "02:00", "03:00"),
        at("c", "n", "01:30", "02:30"),
        at("d", "m", "02:30", "04:00"),
    ];
    let notes = at_once(&pieces);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("b and d ran on one machine at the same time"));
}

#[test]
fn what_is_missing_is_named() {
    let one = || shard(1, record("m", &[("a", 1, 10), ("c", 3, 30)]));
    refused(vec![one()], "the result files lack forms of the sweep: b; missing: shard 2 of 2");
    let partial = join(vec![one()], true).unwrap();
    assert!(partial.dataset.notes[0].contains("lack forms of the sweep: b"));
    // What is joined in parts is joined in the end.
    let last = shard(2, record("m", &[("b", 2, 20)]));
    let whole =
        join(vec![Piece { name: "partial".to_owned(), record: partial }, last], false).unwrap();
    assert_eq!((whole.forms.len(), whole.part), (3, None));
    let mut elsewhere = one().record;
    elsewhere.part.as_mut().unwrap().datasets.push("other".to_owned());
    assert_eq!(missing_datasets(&[elsewhere]), ["other"]);
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    let piece = |name: &str, record| Piece { name: name.to_owned(), record };
    let a = || piece("x.json", record("m", &[("a", 1, 10)]));
    let changed = |change: &dyn Fn(&mut Record)| {
        let mut record = record("m", &[("b", 2, 20)]);
        change(&mut record);
        vec![a(), piece("y.json", record)]
    };
    refused(vec![a(), piece("y.json", a().record)], "a: in both x.json and y.json");
    refused(changed(&|r| r.schema = 2), "x.json and y.json: schemas differ: 1 and 2");
    refused(changed(&|r| r.generator = "other".to_owned()), "programs differ");
    refused(changed(&|r| r.dataset.digest = "d2".to_owned()), "digests differ: d1 and d2");
    refused(changed(&|r| r.settings.samples = Some(3)), "settings differ: 1 round and 3 rounds");
    refused(changed(&|r| r.settings.axes.clear()), "axes differ");
    refused(changed(&|r| r.finished = None), "y.json: of an interrupted run");
    let mut other = shard(2, record("m", &[("b", 2, 20)]));
    other.record.part.as_mut().unwrap().of = 3;
    let one = shard(1, record("m", &[("a", 1, 10)]));
    refused(vec![one, other], "parts of different sweeps");
}

#[test]
fn rounds_add_samples_and_what_is_exact_must_not_differ() {
    let round = |bytes, time| record("m", &[("a", bytes, time)]);
    let joined = rounds(round(1, 10), vec![round(1, 12), round(1, 11)]);
    assert_eq!(joined.get("a", "build.wall").unwrap().outcome.samples(), [10, 12, 11]);
    assert_eq!(joined.get("a", "size.bytes").unwrap().outcome.samples(), [1]);
    assert_eq!(joined.settings.samples, Some(3));
    let error = rounds(round(1, 10), vec![round(2, 12)]);
    assert!(
        error
            .get("a", "size.bytes")
            .unwrap()
            .outcome
            .why()
            .unwrap()
            .contains("two rounds of an exact metric differ")
    );
}

#[test]
fn rounds_in_one_guest_add_its_boots_and_another_guest_has_no_sample() {
    let round = |kernel: &str, held| {
        let mut round = record("m", &[("a", 1, 10)]);
        let guest = serde_json::json!({"kernel": kernel, "command_line": "", "config": {}, "cpus": 1,
            "memory": 1, "accelerator": "tcg", "emulator": "", "boots": 1, "repeated": 2, "checks": []});
        round.laboratory = Some(serde_json::from_value(guest).unwrap());
        round.observations.push(Observation {
            form: "a".to_owned(),
            metric: "memory.module.read.pinned".to_owned(),
            unit: Unit::Bytes,
            nature: Nature::Noisy,
            outcome: Outcome::Measured { samples: vec![held] },
        });
        round
    };
    let joined = rounds(round("6.1", 4096), vec![round("6.12", 9), round("6.1", 8192)]);
    let held = joined.get("a", "memory.module.read.pinned").unwrap();
    assert_eq!(held.outcome.samples(), [4096, 8192]);
    let guest = joined.laboratory.unwrap();
    assert_eq!(guest.boots, 2);
    assert_eq!(joined.settings.samples, Some(3));
}
