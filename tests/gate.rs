//! The gate: every kind of breach is induced, and gives its exit code and its words.

#![allow(clippy::unwrap_used)]

mod sample;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use sample::Random;
use serde_json::{Value, json};

/// A folder of headers that compress badly, so that each byte more is seen, with its baseline.
struct Bench {
    home: tempfile::TempDir,
}

fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut random = Random(seed + 1);
    (0..bytes).map(|_| (random.below(1 << 30) >> 11) as u8).collect()
}

const FORMS: &str = "tar.gz-9,files.gz-9";

impl Bench {
    /// Twenty headers of 10 kB, accepted.
    fn new() -> Self {
        let bench = Self { home: tempfile::tempdir().unwrap() };
        for number in 0..20 {
            bench.write(&format!("include/h{number}.h"), number, 10_000);
        }
        bench.gate(&["--forms", FORMS, "--accept", "--why", "first"], 0);
        bench
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, seed: u64, bytes: usize) {
        let path = self.path("tree").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, noise(seed, bytes)).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin("kheaders-bench"));
        command
            .env("KHEADERS_BENCH_CACHE", self.path("cache"))
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITHUB_STEP_SUMMARY")
            .current_dir(self.home.path())
            .arg("gate")
            .args(args);
        command
    }

    /// Runs the gate on the tree, expects the exit `code`, and returns all that was said.
    fn gate(&self, args: &[&str], code: i32) -> String {
        let mut all = vec!["--tree", "tree", "--everything", "--baseline", "base.json"];
        all.extend(args);
        said(&mut self.command(&all), code)
    }

    fn edit(&self, change: impl Fn(&mut Value)) {
        let path = self.path("base.json");
        let mut baseline: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut baseline);
        fs::write(&path, baseline.to_string()).unwrap();
    }
}

fn said(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

#[test]
fn an_added_header_is_red_and_named_first_and_accepting_it_is_green() {
    let bench = Bench::new();
    assert!(bench.gate(&[], 0).contains("passed"));
    bench.write("include/fat.h", 100, 9_000);
    bench.write("include/small.h", 101, 50);
    let text = bench.gate(&[], 2);
    assert!(text.contains("add/remove: 2/0"), "{text}");
    let table: Vec<_> = text.lines().skip_while(|line| !line.starts_with("header")).collect();
    assert!(table[0].contains("in tar.gz-9") && table[0].contains("in files.gz-9"), "{text}");
    let words: Vec<_> = table[1].split_whitespace().collect();
    assert_eq!(&words[..4], ["include/fat.h", "-", "9000", "+9000"], "{text}");
    let cost: i64 = words[4].parse().unwrap();
    assert!((8_900..10_000).contains(&cost), "what it costs in the form: {cost}");

    assert!(bench.gate(&["--accept"], 1).contains("--why"));
    bench.gate(&["--accept", "--why", "fat.h is needed"], 0);
    bench.gate(&[], 0);
    let text = fs::read_to_string(bench.path("base.json")).unwrap();
    assert!(text.contains("fat.h is needed") && text.contains("\"include/fat.h\": \"9000 "));
}

#[test]
fn a_name_that_is_no_text_is_explained_as_any_other() {
    let bench = Bench::new();
    let name = OsStr::from_bytes(b"tree/include/f\xfft.h");
    fs::write(bench.home.path().join(name), noise(100, 9_000)).unwrap();
    let text = bench.gate(&[], 2);
    let row = text.lines().find(|line| line.starts_with("include/f\\xfft.h")).unwrap();
    assert_eq!(row.split_whitespace().count(), 6, "its costs in two forms: {row}");
}

#[test]
fn a_growth_must_exceed_both_limits() {
    let bench = Bench::new();
    bench.write("include/more.h", 7, 1_200);
    assert!(
        bench.gate(&["--metrics", "size.bytes"], 0).contains("within limits"),
        "0.6 %, but under 4 KiB"
    );
    let text = bench.gate(&["--max-growth-bytes", "1KiB"], 2);
    assert!(text.contains("grew by more than 0.5 %"), "{text}");
    bench.gate(&["--max-growth-bytes", "1KiB", "--max-growth", "2%"], 0);
    assert!(bench.gate(&["--max-growth", "0.7"], 1).contains("%"));
}

#[test]
fn one_byte_over_a_ceiling_is_red() {
    let bench = Bench::new();
    let baseline: Value =
        serde_json::from_slice(&fs::read(bench.path("base.json")).unwrap()).unwrap();
    let figures = baseline["figures"].as_array().unwrap();
    let figure = figures.iter().find(|f| f["form"] == "tar.gz-9").unwrap();
    let bytes = figure["bytes"].as_u64().unwrap();
    let ceiling = |max: u64| {
        let text =
            format!("[[ceiling]]\nform = 'tar.gz-9'\nmax = '{max} B'\nwhy = 'the partition'\n");
        fs::write(bench.path("base.toml"), text).unwrap();
    };
    ceiling(bytes);
    bench.gate(&[], 0);
    ceiling(bytes - 1);
    let text = bench.gate(&[], 2);
    assert!(text.contains("above its ceiling") && text.contains("the partition"), "{text}");
    fs::write(bench.path("base.toml"), "[[ceiling]]\nform = 'tar.gz-9'\nmax = '1 B'\n").unwrap();
    assert!(bench.gate(&[], 1).contains("why"));
    fs::write(bench.path("other.toml"), "[[ceiling]]\nform = 'x'\nmax = '1 B'\nwhy = 'y'\n")
        .unwrap();
    bench.gate(&["--limits", "other.toml"], 3);
}

#[test]
fn ten_small_steps_are_caught_as_drift() {
    let bench = Bench::new();
    let step = |number: u64| bench.write(&format!("include/step{number}.h"), 50 + number, 700);
    let limits = ["--max-growth-bytes", "100B", "--metrics", "size.bytes"];
    let accept = |why| bench.gate(&[&limits[..2], &["--accept", "--why", why]].concat(), 0);
    for number in 1..=5 {
        step(number); // 0.35 %
        assert!(bench.gate(&limits, 0).contains("within limits"));
        accept("a step");
    }
    step(6);
    let text = bench.gate(&limits, 2);
    assert!(text.contains("drifted by more than 2 %"), "{text}");
    // Accepting what was red is a new anchor.
    accept("we mean it");
    for number in 7..=10 {
        step(number);
        bench.gate(&limits, 0);
        accept("a step");
    }
}

#[test]
fn a_missing_number_never_passes() {
    let bench = Bench::new();
    bench.edit(|baseline| baseline["figures"][0]["form"] = "files.lzo-1".into());
    let text = bench.gate(&[], 3);
    assert!(text.contains("files.lzo-1") && text.contains("NOT CHECKED"), "{text}");
    let text = bench.gate(&["--forms", "tar.xz-6"], 3);
    assert!(text.contains("no accepted figure"), "{text}");
    fs::remove_file(bench.path("base.json")).unwrap();
    assert!(bench.gate(&[], 3).contains("--accept"));
    fs::write(bench.path("base.json"), "{\"schema\": 1, ").unwrap();
    assert!(bench.gate(&[], 3).contains("not a baseline"));
    fs::write(bench.path("base.json"), "{\"schema\": 99}").unwrap();
    assert!(bench.gate(&[], 3).contains("schema 99"));
}

#[test]
fn a_changed_setting_and_a_changed_library_are_told_apart() {
    let bench = Bench::new();
    bench.edit(|baseline| {
        for figure in baseline["figures"].as_array_mut().unwrap() {
            figure["bytes"] = (figure["bytes"].as_u64().unwrap() * 97 / 100).into();
            match figure["form"].as_str().unwrap() {
                "tar.gz-9" => figure["settings"] = "gzip level 12".into(),
                _ => figure["tool"] = "an older library".into(),
            }
        }
    });
    let text = bench.gate(&[], 2);
    assert!(text.contains("settings: gzip level 12 → gzip level 9"), "{text}");
    assert!(text.contains("codec or tool: an older library → "), "{text}");
    bench.gate(&["--accept", "--anchor", "--why", "the new level"], 0);
    bench.gate(&[], 0);
}

#[test]
fn only_what_repeats_can_be_gated() {
    let bench = Bench::new();
    assert!(bench.gate(&["--metrics", "build.wall"], 1).contains("differs from run to run"));
    assert!(bench.gate(&["--metrics", "size.girth"], 1).contains("no such metric"));
    bench.gate(&["--metrics", "size.bytes"], 0);
}

#[test]
fn what_became_smaller_is_told_and_locked_in() {
    let bench = Bench::new();
    fs::remove_file(bench.path("tree/include/h7.h")).unwrap();
    let text = bench.gate(&[], 0);
    assert!(text.contains("smaller") && text.contains("--lock-in"), "{text}");
    assert!(text.contains("add/remove: 0/1"), "{text}");
    bench.gate(&["--lock-in", "--why", "h7.h went"], 0);
    bench.write("include/h7.h", 7, 10_000);
    assert!(bench.gate(&[], 2).contains("include/h7.h"));
}

#[test]
fn only_what_was_judged_is_locked_in_and_with_what_made_it() {
    let bench = Bench::new();
    bench.edit(|baseline| {
        for figure in baseline["figures"].as_array_mut().unwrap() {
            figure["bytes"] = (figure["bytes"].as_u64().unwrap() + 5_000).into();
            figure["tool"] = "an older library".into();
        }
    });
    bench.gate(&["--forms", "tar.gz-9", "--lock-in", "--why", "a newer library"], 0);
    bench.edit(|baseline| {
        for figure in baseline["figures"].as_array().unwrap() {
            let locked = figure["bytes"] == figure["anchor"];
            assert_eq!(figure["form"] == "tar.gz-9", locked, "{figure}");
            assert_eq!(figure["tool"] != "an older library", locked, "{figure}");
        }
    });
}

#[test]
fn without_a_table_of_files_nothing_is_said_to_be_added() {
    let bench = Bench::new();
    bench.edit(|baseline| baseline["files"] = json!({}));
    bench.write("include/fat.h", 100, 9_000);
    let text = bench.gate(&[], 2);
    assert!(text.contains("the changes of the tree are unknown"), "{text}");
    assert!(!text.contains("add/remove"), "{text}");
}

#[test]
fn another_version_of_a_pinned_set_is_not_compared_as_if_equal() {
    let bench = Bench::new();
    let named = |args: &[&str], code| {
        let mut all = vec!["--dataset", "synthetic", "--forms", "tar.gz-9", "--baseline", "s.json"];
        all.extend(args);
        said(&mut bench.command(&all), code)
    };
    named(&["--accept", "--why", "first"], 0);
    named(&[], 0);
    // The tree's baseline is another's.
    let text = said(&mut bench.command(&["--dataset", "synthetic", "--baseline", "base.json"]), 3);
    assert!(text.contains("the baseline is of"), "{text}");
    // As if an older version had been accepted.
    let path = bench.path("s.json");
    let change = |part: u64| {
        let mut baseline: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        baseline["digest"] = "0".repeat(64).into();
        let bytes = baseline["figures"][0]["bytes"].as_u64().unwrap();
        baseline["figures"][0]["bytes"] = (bytes * part / 100).into();
        fs::write(&path, baseline.to_string()).unwrap();
    };
    change(100);
    assert!(named(&[], 3).contains("the header set changed"));
    let text = named(&["--allow-dataset-change"], 0);
    assert!(text.contains("by size / raw tree"), "{text}");
    change(98);
    let text = named(&["--allow-dataset-change"], 2);
    assert!(text.contains("its ratio to the raw tree grew"), "{text}");
    named(&["--allow-dataset-change", "--max-ratio-growth", "3%"], 0);
    // The bytes of the one tree are no baseline of the other.
    change(110);
    assert!(!named(&["--allow-dataset-change"], 0).contains("--lock-in"));
    let text = named(&["--allow-dataset-change", "--lock-in", "--why", "smaller"], 1);
    assert!(text.contains("cannot be used with"), "{text}");
}

#[test]
fn the_whole_report_is_there_whatever_the_exit_code() {
    let bench = Bench::new();
    bench.write("include/fat.h", 100, 9_000);
    let mut command = bench.command(&[
        "--tree",
        "tree",
        "--everything",
        "--baseline",
        "base.json",
        "--markdown",
        "out/gate.md",
        "--junit",
        "gate.xml",
        "--json",
        "gate.json",
    ]);
    fs::write(bench.path("summary"), "before\n").unwrap();
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", bench.path("summary"));
    let text = said(&mut command, 2);
    assert!(text.contains("::error title=size gate breached::files.gz-9 size.bytes: +"), "{text}");
    let read = |name: &str| fs::read_to_string(bench.path(name)).unwrap();
    let markdown = read("out/gate.md");
    assert!(markdown.contains("| include/fat.h | - | 9000 |"), "{markdown}");
    assert_eq!(read("summary"), format!("before\n{markdown}"));
    let junit = read("gate.xml");
    assert!(junit.contains("failures=\"3\"") && junit.contains("tar.gz-9 size.bytes"), "{junit}");
    let json: Value = serde_json::from_str(&read("gate.json")).unwrap();
    assert_eq!(json["exit_code"], 2);
    assert_eq!(json["judgement"]["changes"][0]["path"], "include/fat.h");
    assert!(json["judgement"]["marginals"][0]["bytes"].as_i64().unwrap() > 8_900);
}

#[test]
fn a_record_is_gated_without_building() {
    let bench = Bench::new();
    let mut run = Command::new(cargo_bin("kheaders-bench"));
    run.env("KHEADERS_BENCH_CACHE", bench.path("cache")).current_dir(bench.home.path());
    run.args(["run", "--tree", "tree", "--everything", "--axes", "size", "--quick"]);
    run.args(["--forms", FORMS, "--out", "out"]);
    said(&mut run, 0);
    let gate = |baseline: &str, more: &[&str], code| {
        let args = ["--record", "out/record.json", "--baseline", baseline];
        said(&mut bench.command(&[&args[..], more].concat()), code)
    };
    gate("base.json", &[], 0);
    assert!(gate("base.json", &["--tree", "tree"], 1).contains("cannot be used with"));
    // Of the same tree a baseline keeps the files, which a record has not.
    gate("base.json", &["--accept", "--why", "of a run"], 0);
    assert!(fs::read_to_string(bench.path("base.json")).unwrap().contains("\"include/h7.h\""));

    let record = |change: &dyn Fn(&mut Value)| {
        let path = bench.path("out/record.json");
        let mut whole: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut whole);
        fs::write(&path, whole.to_string()).unwrap();
    };
    // As if memory had been read, and then less of it in another guest.
    let held = |bytes: u64| {
        json!({
            "form": "tar.gz-9", "metric": "memory.module.read.pinned", "unit": "B",
            "nature": "noisy", "state": "measured", "samples": [bytes],
        })
    };
    record(&|whole| {
        whole["laboratory"] = json!({
            "kernel": "6.12", "command_line": "", "config": { "CONFIG_SQUASHFS": "y" }, "cpus": 1,
            "memory": 1024, "accelerator": "kvm", "emulator": "QEMU", "boots": 1, "checks": [],
        });
        whole["observations"].as_array_mut().unwrap().push(held(900_000));
    });
    gate("guest.json", &["--accept", "--why", "first"], 0);
    gate("guest.json", &[], 0);
    // Instructions and exact memory are gated to the last one, where the limit is 0.
    let count = |instructions: u64| {
        json!({
            "form": "tar.gz-9", "metric": "instructions.module.all", "unit": "instructions",
            "nature": "exact", "state": "measured", "samples": [instructions],
        })
    };
    record(&|whole| whole["observations"].as_array_mut().unwrap().push(count(1_000_000)));
    gate("exact.json", &["--accept", "--why", "first"], 0);
    let zero = ["--max-growth-pinned", "0B", "--max-growth-instructions", "0%"];
    gate("exact.json", &zero, 0);
    for (place, figure, grown) in
        [(1, count(1_000_000), count(1_000_001)), (2, held(900_000), held(900_001))]
    {
        let put = |figure: &Value| {
            record(&|whole| {
                let seen = whole["observations"].as_array_mut().unwrap();
                let at = seen.len() - place;
                seen[at] = figure.clone();
            });
        };
        put(&grown);
        gate("exact.json", &[], 0);
        let told = gate("exact.json", &zero, 2);
        assert!(told.contains(figure["metric"].as_str().unwrap()), "{told}");
        put(&figure);
    }
    record(&|whole| drop(whole["observations"].as_array_mut().unwrap().pop()));
    record(&|whole| {
        whole["laboratory"]["config"]["CONFIG_SQUASHFS"] = "m".into();
        *whole["observations"].as_array_mut().unwrap().last_mut().unwrap() = held(800_000);
    });
    assert!(gate("guest.json", &[], 3).contains("another guest"));
    gate("guest.json", &["--metrics", "size.*", "--lock-in", "--why", "smaller"], 0);
    assert!(fs::read_to_string(bench.path("guest.json")).unwrap().contains("900000"));

    record(&|whole| {
        let seen = whole["observations"].as_array_mut().unwrap();
        let size = seen.iter_mut().find(|o| o["metric"] == "size.bytes").unwrap();
        *size = json!({
            "form": size["form"], "metric": "size.bytes", "unit": "B", "nature": "exact",
            "state": "failed", "error": "the disk caught fire",
        });
    });
    assert!(gate("base.json", &[], 3).contains("the disk caught fire"));
}
