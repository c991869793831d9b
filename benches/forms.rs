//! criterion over the form table. Every sample is taken as a run takes it: in a process of its own, with the
//! clock around the work alone.
//!
//! The groups are `build`, `build-part`, `extract` (all headers to tmpfs), `one` (the middle header) and
//! `closure`. A form that takes longer than a second to build is in `build-part`: it is built of every 20th
//! header, as ten builds of the whole set would take a quarter of an hour. For its whole build use
//! `kheaders-bench run --axes build` and `kheaders-bench compare`.
//!
//! The set is Debian's if it is in the cache, else the synthetic one; the first line says which. All benches
//! take at most six minutes on two idle cores. criterion compares each with its last run.

#![allow(missing_docs)]

mod measured;

use std::time::Duration;

use anyhow::{Result, bail};
use criterion::{Criterion, SamplingMode};
use kheaders_bench::dataset;
use kheaders_bench::dataset::{Cache, Prepared, Request};
use kheaders_bench::form::{self, FORMS};
use kheaders_bench::record::Axis;
use kheaders_bench::tree::{Node, Tree};
use measured::{Measured, measure};

const REAL: &str = "debian-6.12-x86";
const SYNTHETIC: &str = "synthetic";

/// The forms that are built of the whole set.
const FAST: [&str; 6] = ["tree", "tar", "tar.gz-9", "tar.zst-10", "files.gz-9", "squashfs.gz-128k"];

const READS: [(&str, &str); 3] = [
    ("extract", "extract.all.warm.wall"),
    ("one", "extract.one.middle.warm"),
    ("closure", "extract.closure.warm"),
];

fn main() -> Result<()> {
    // One iteration at least is a warm-up. Resampling and plots would take as long as the measurements.
    let mut criterion = Criterion::default()
        .sample_size(10)
        .nresamples(10_000)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(800))
        .without_plots()
        .configure_from_args();
    let prepared = match dataset::prepare_cached(REAL)? {
        Some(prepared) => prepared,
        None => dataset::prepare(&Request::Named(SYNTHETIC.to_owned()), &|_| ())?,
    };
    eprintln!("benches run on {}: {}", prepared.info.name, prepared.info.title);
    let (fast, slow): (Vec<_>, Vec<_>) = FORMS.iter().partition(|id| FAST.contains(id));
    let work = Cache::of_user()?.work();
    let part = Measured::open(part(&prepared)?, vec![Axis::Build], work.clone())?;
    let whole = Measured::open(prepared, vec![Axis::Build, Axis::Extract], work)?;
    bench(&mut criterion, "build", "build.wall", &whole, &fast)?;
    bench(&mut criterion, "build-part", "build.wall", &part, &slow)?;
    for (name, metric) in READS {
        bench(&mut criterion, name, metric, &whole, FORMS)?;
    }
    criterion.final_summary();
    Ok(())
}

/// Benches `metric` of `forms`. An artifact is built when the first bench that is not filtered out reads it.
fn bench(
    criterion: &mut Criterion,
    name: &str,
    metric: &str,
    measured: &Measured,
    ids: &[&str],
) -> Result<()> {
    let mut group = criterion.benchmark_group(name);
    // Criterion needs a count of iterations that does not grow: a build takes seconds.
    group.sampling_mode(SamplingMode::Flat);
    let mut failed = Ok(());
    for form in form::rows(ids) {
        group.bench_function(form.id(), |bencher| {
            let done = measured.task(&*form, metric).and_then(|task| {
                let Some(task) = task else { bail!("{}: not measured here", form.id()) };
                bencher.iter_custom(|times| match measure(&task, times) {
                    Ok(took) => took,
                    Err(error) => panic!("{error:#}"),
                });
                Ok(())
            });
            if let Err(error) = done {
                failed = Err(error);
            }
        });
    }
    group.finish();
    failed
}

/// Every 20th header of `prepared`.
fn part(prepared: &Prepared) -> Result<Prepared> {
    let mut files = 0;
    let mut entries = prepared.tree.entries().to_vec();
    entries.retain(|entry| {
        let is_file = matches!(entry.node, Node::File { .. });
        files += usize::from(is_file);
        !is_file || files % 20 == 1
    });
    let tree = Tree::new(entries, prepared.tree.mtime())?;
    let info = kheaders_bench::record::Dataset {
        digest: tree.digest(),
        census: tree.census(),
        ..prepared.info.clone()
    };
    Ok(Prepared { tree, info, ..prepared.clone() })
}
