//! criterion over the form table: build, extract everything, read one header, read a closure.
//!
//! The real set if it is in the cache, else the synthetic one; which of them is said first. A slow
//! form takes its time: name what you want, `cargo bench -- 'build/tar.zst'`.

#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use criterion::{
    BatchSize, BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, measurement::WallTime,
};
use kheaders_bench::dataset::{self, Prepared, Request};
use kheaders_bench::form::{FORMS, Form};
use kheaders_bench::tree::folder::{Links, Writer};
use kheaders_bench::tree::{Tree, TreePath};
use tempfile::TempDir;

const REAL: &str = "debian-6.12-x86";
const SYNTHETIC: &str = "synthetic";

struct Subject {
    tree: Tree,
    middle: TreePath,
    closure: Vec<TreePath>,
    scratch: TempDir,
}

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let subject = subject()?;
    let mut group = criterion.benchmark_group("build");
    group.sampling_mode(SamplingMode::Flat);
    for form in FORMS {
        group.bench_function(form.id(), |bencher| {
            bencher.iter_batched(
                || fresh(&subject),
                |(folder, artifact)| {
                    or_panic(*form, form.build(&subject.tree, &artifact));
                    folder
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();

    let artifacts: Vec<(&dyn Form, PathBuf)> =
        FORMS.iter().map(|form| (*form, subject.scratch.path().join(form.id()))).collect();
    let mut group = criterion.benchmark_group("extract");
    for (form, artifact) in &artifacts {
        read(&mut group, &subject, *form, artifact, |form, artifact| {
            let folder = tempfile::tempdir_in(memory())?;
            let mut writer = Writer::new(folder.path(), Links::Any);
            form.walk(artifact, &mut |entry| writer.put(entry))?;
            writer.finish()?;
            Ok(Some(folder))
        });
    }
    group.finish();
    let one = [subject.middle.clone()];
    for (name, paths) in [("one", one.as_slice()), ("closure", subject.closure.as_slice())] {
        let mut group = criterion.benchmark_group(name);
        for (form, artifact) in &artifacts {
            read(&mut group, &subject, *form, artifact, |form, artifact| {
                form.read(artifact, paths, &mut |_, data| {
                    std::hint::black_box(data);
                    Ok(())
                })?;
                Ok(None)
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

/// Benches `work` on the artifact of `form`, built when the first bench that is not filtered out
/// needs it.
fn read(
    group: &mut BenchmarkGroup<'_, WallTime>,
    subject: &Subject,
    form: &dyn Form,
    artifact: &Path,
    work: impl Fn(&dyn Form, &Path) -> Result<Option<TempDir>>,
) {
    group.bench_function(BenchmarkId::from_parameter(form.id()), |bencher| {
        if !artifact.exists() {
            or_panic(form, form.build(&subject.tree, artifact));
        }
        // What was extracted is removed outside the clock.
        bencher.iter_with_large_drop(|| or_panic(form, work(form, artifact)));
    });
}

fn or_panic<T>(form: &dyn Form, done: Result<T>) -> T {
    match done {
        Ok(value) => value,
        Err(error) => panic!("{}: {error:#}", form.id()),
    }
}

fn subject() -> Result<Subject> {
    let prepared = match dataset::prepare_cached(REAL)? {
        Some(prepared) => prepared,
        None => dataset::prepare(&Request::Named(SYNTHETIC.to_owned()), &|_| ())?,
    };
    let Prepared { tree, info, closure, .. } = prepared;
    eprintln!("benches run on {}: {}", info.name, info.title);
    let files: Vec<_> = tree.files().map(|(path, _)| path.clone()).collect();
    let middle = files[files.len() / 2].clone();
    let closure = closure.map_or_else(|| vec![middle.clone()], |(_, paths)| paths);
    Ok(Subject { tree, middle, closure, scratch: tempfile::tempdir()? })
}

fn fresh(subject: &Subject) -> (TempDir, PathBuf) {
    match tempfile::tempdir_in(subject.scratch.path()) {
        Ok(folder) => {
            let artifact = folder.path().join("artifact");
            (folder, artifact)
        }
        Err(error) => panic!("{error}"),
    }
}

/// Where extraction goes: memory, where there is a tmpfs at its usual place.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}
