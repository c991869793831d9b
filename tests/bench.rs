//! What `cargo bench` measures is what a run measures.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "../benches/measured/mod.rs"]
mod measured;

use assert_cmd::assert::OutputAssertExt as _;
use common::program;
use kheaders_bench::dataset;
use kheaders_bench::dataset::Request;
use kheaders_bench::form;
use kheaders_bench::record;
use kheaders_bench::record::Axis;
use kheaders_bench::record::stats::summary;
use measured::{Measured, measure};

/// Metrics that both measure. The build of `tree` is the one that they once disagreed about, by a factor
/// of ten: ext4 passes over freed inodes. An extraction has a thread for each processor and is too noisy on a
/// busy machine.
const BOTH: [(&str, &str); 3] =
    [("tree", "build.wall"), ("tar.gz-9", "build.wall"), ("tar.gz-9", "extract.one.middle.warm")];

/// The most rounds; each is a run and a sample of each bench.
const ROUNDS: usize = 12;

/// Round by round, until the medians of both sides are close: what other programs do on this machine
/// meanwhile hits both.
#[test]
fn a_bench_and_a_run_are_within_a_fifth_of_each_other() {
    let home = tempfile::tempdir().unwrap();
    let prepared = dataset::prepare(&Request::Named("synthetic".to_owned()), &|_| ()).unwrap();
    let bench =
        Measured::open(prepared, vec![Axis::Build, Axis::Extract], home.path().join("work"))
            .unwrap();
    let tasks =
        BOTH.map(|(id, metric)| bench.task(&*form::by_id(id).unwrap(), metric).unwrap().unwrap());
    let mut samples = [const { [const { Vec::new() }; 2] }; BOTH.len()];
    let mut medians = [[0.0; 2]; BOTH.len()];
    let run =
        "run --axes build,extract --dataset synthetic --forms tree,tar.gz-9 --samples 2 --out out";
    for round in 1..=ROUNDS {
        program(home.path()).args(run.split(' ')).assert().success();
        let record = record::load(&home.path().join("out/record.json")).unwrap();
        for ((samples, task), (id, metric)) in samples.iter_mut().zip(&tasks).zip(BOTH) {
            for _ in 0..2 {
                samples[0].push(measure(task, 1).unwrap().as_nanos() as u64);
            }
            samples[1].extend(record.get(id, metric).unwrap().outcome.samples());
        }
        medians = samples
            .each_ref()
            .map(|sides| sides.each_ref().map(|side: &Vec<u64>| summary(side).unwrap().median));
        let close = |[bench, run]: &[f64; 2]| (bench - run).abs() <= 0.2 * bench.max(*run);
        if round > 2 && medians.iter().all(close) {
            return;
        }
    }
    panic!("medians, ns, of a bench and of a run: {BOTH:?} {medians:?}");
}
