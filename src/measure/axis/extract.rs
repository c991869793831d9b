//! The extract axis: time to read all headers, one, or those of a program. Noisy.

use std::path::{Path, PathBuf};

use super::{Figure, Plan, Task};
use crate::form::Form;
use crate::kbuild::compiler::Compiler;
use crate::measure::worker::{Cache, Job, What};
use crate::record::id;
use crate::tree::TreePath;

/// The requirements of this axis, or why each is missing.
#[derive(Debug)]
pub struct Needs {
    pub tmpfs: Result<PathBuf, String>,
    /// The first, the middle and the last header of the set.
    pub ends: Result<[TreePath; 3], String>,
    pub closure: Result<Vec<TreePath>, String>,
    /// A compiler for the headers, and the program.
    pub compile: Result<(Compiler, PathBuf), String>,
}

const MOUNTED: [&str; 7] = [
    id::EXTRACT_MOUNT_ATTACH,
    id::EXTRACT_MOUNT_ONE,
    id::EXTRACT_MOUNT_ONE_COLD,
    id::EXTRACT_MOUNT_CLOSURE,
    id::EXTRACT_MOUNT_CLOSURE_COLD,
    id::EXTRACT_MOUNT_ALL,
    id::EXTRACT_MOUNT_FIRST_COMPILE,
];

/// The tasks for `artifact`. `can_mount` is the reason if this kernel can't mount it.
pub fn plan(
    form: &dyn Form,
    artifact: &Path,
    needs: &Needs,
    can_mount: &Result<(), String>,
) -> Plan {
    let mut plan = Plan::default();
    all(form, artifact, needs, &mut plan);
    one(form, artifact, needs, &mut plan);
    closure(form, artifact, needs, &mut plan);
    first_compile(form, artifact, needs, &mut plan);
    match (form.filesystem(), can_mount) {
        (Some(filesystem), Ok(())) => mounted(form, filesystem, artifact, needs, &mut plan),
        (Some(_), Err(reason)) => plan.skip(&MOUNTED, reason),
        (None, _) => plan.skip(&MOUNTED, "not a file system image"),
    }
    plan
}

fn job(form: &dyn Form, artifact: &Path, cache: Cache, what: What) -> Job {
    Job::Extract { form: form.id().to_owned(), artifact: artifact.to_path_buf(), cache, what }
}

fn all(form: &dyn Form, artifact: &Path, needs: &Needs, plan: &mut Plan) {
    let rows = [
        (
            Cache::Warm,
            vec![
                (id::EXTRACT_ALL_WARM_WALL, Figure::Wall(0)),
                (id::EXTRACT_ALL_WARM_CPU, Figure::Cpu(0)),
                (id::EXTRACT_ALL_WARM_PEAK_MEMORY, Figure::PeakMemory(0)),
            ],
        ),
        (Cache::Cold, vec![(id::EXTRACT_ALL_COLD_WALL, Figure::Wall(0))]),
    ];
    for (cache, feeds) in rows {
        match &needs.tmpfs {
            Ok(tmpfs) => {
                let into = tmpfs.join("all");
                let job = job(form, artifact, cache, What::All(into.clone()));
                plan.tasks.push(Task {
                    form: form.id().to_owned(),
                    job,
                    feeds,
                    folder: Some(into),
                });
            }
            Err(reason) => {
                let metrics: Vec<_> = feeds.iter().map(|(metric, _)| *metric).collect();
                plan.skip(&metrics, reason);
            }
        }
    }
}

fn one(form: &dyn Form, artifact: &Path, needs: &Needs, plan: &mut Plan) {
    const ROWS: [(usize, Cache, &str); 6] = [
        (0, Cache::Warm, id::EXTRACT_ONE_FIRST_WARM),
        (0, Cache::Cold, id::EXTRACT_ONE_FIRST_COLD),
        (1, Cache::Warm, id::EXTRACT_ONE_MIDDLE_WARM),
        (1, Cache::Cold, id::EXTRACT_ONE_MIDDLE_COLD),
        (2, Cache::Warm, id::EXTRACT_ONE_LAST_WARM),
        (2, Cache::Cold, id::EXTRACT_ONE_LAST_COLD),
    ];
    for (end, cache, metric) in ROWS {
        match &needs.ends {
            Ok(ends) => {
                let what = What::Files(vec![ends[end].clone()]);
                read(form, artifact, cache, what, metric, plan);
            }
            Err(reason) => plan.skip(&[metric], reason),
        }
    }
}

fn closure(form: &dyn Form, artifact: &Path, needs: &Needs, plan: &mut Plan) {
    let rows = [(Cache::Warm, id::EXTRACT_CLOSURE_WARM), (Cache::Cold, id::EXTRACT_CLOSURE_COLD)];
    for (cache, metric) in rows {
        match &needs.closure {
            Ok(paths) => read(form, artifact, cache, What::Files(paths.clone()), metric, plan),
            Err(reason) => plan.skip(&[metric], reason),
        }
    }
}

fn read(
    form: &dyn Form,
    artifact: &Path,
    cache: Cache,
    what: What,
    metric: &'static str,
    plan: &mut Plan,
) {
    if let Some(reason) = form.all_or_nothing() {
        return plan.skip(&[metric], reason);
    }
    let job = job(form, artifact, cache, what);
    plan.tasks.push(Task {
        form: form.id().to_owned(),
        job,
        feeds: vec![(metric, Figure::Wall(0))],
        folder: None,
    });
}

fn first_compile(form: &dyn Form, artifact: &Path, needs: &Needs, plan: &mut Plan) {
    const METRIC: &str = id::EXTRACT_FIRST_COMPILE;
    match (&needs.tmpfs, &needs.compile) {
        (Ok(tmpfs), Ok((compiler, program))) => {
            let into = tmpfs.join("compile");
            let what = What::Compile(into.clone(), compiler.clone(), program.clone());
            let job = job(form, artifact, Cache::Warm, what);
            let feeds = vec![(METRIC, Figure::Wall(0))];
            plan.tasks.push(Task { form: form.id().to_owned(), job, feeds, folder: Some(into) });
        }
        (Err(reason), _) | (_, Err(reason)) => plan.skip(&[METRIC], reason),
    }
}

fn mounted(form: &dyn Form, filesystem: &str, artifact: &Path, needs: &Needs, plan: &mut Plan) {
    let Ok(tmpfs) = &needs.tmpfs else {
        return plan.skip(&MOUNTED, "no folder to mount at");
    };
    let at = tmpfs.join("mount");
    let mut push = |cache, what: Vec<What>, feeds: Vec<(&'static str, Figure)>| {
        let job = Job::Mount {
            filesystem: filesystem.to_owned(),
            artifact: artifact.to_path_buf(),
            cache,
            at: at.clone(),
            what,
        };
        plan.tasks.push(Task { form: form.id().to_owned(), job, feeds, folder: Some(at.clone()) });
    };
    let [attach, one, one_cold, closure, closure_cold, all, first_compile] = MOUNTED;
    push(Cache::Warm, Vec::new(), vec![(attach, Figure::Wall(0))]);
    // A fresh mount for each, so that no read finds cached data of another. The middle header stands
    // for one: a mount reads its tables for any of them.
    let middle = || needs.ends.as_ref().map(|[_, middle, _]| What::Files(vec![middle.clone()]));
    let program = || needs.closure.as_ref().map(|paths| What::Files(paths.clone()));
    let parts = [
        (one, Cache::Warm, middle()),
        (one_cold, Cache::Cold, middle()),
        (closure, Cache::Warm, program()),
        (closure_cold, Cache::Cold, program()),
        (all, Cache::Warm, Ok(What::All(at.clone()))),
    ];
    let mut missing = Vec::new();
    for (metric, cache, part) in parts {
        match part {
            Ok(part) => push(cache, vec![part], vec![(metric, Figure::Wall(1))]),
            Err(reason) => missing.push((metric, reason)),
        }
    }
    match &needs.compile {
        // From the artifact to the compiler's end: the mount is part of the wait.
        Ok((compiler, program)) => {
            let what = What::Compile(at.clone(), compiler.clone(), program.clone());
            push(Cache::Warm, vec![what], vec![(first_compile, Figure::WallOfAll)]);
        }
        Err(reason) => missing.push((first_compile, reason)),
    }
    for (metric, reason) in missing {
        plan.skip(&[metric], reason);
    }
}
