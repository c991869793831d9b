//! The build axis: time and memory to build an artifact from a tree in memory. Noisy.

use std::path::PathBuf;

use super::{Figure, PREPARE, Plan, Task};
use crate::dataset::Recipe;
use crate::form::Form;
use crate::measure::worker::Job;
use crate::record::id;

/// The metrics of a build.
pub const FEEDS: [(&str, Figure); 3] = [
    (id::BUILD_WALL, Figure::Wall(0)),
    (id::BUILD_CPU, Figure::Cpu(0)),
    (id::BUILD_PEAK_MEMORY, Figure::PeakMemory(0)),
];

/// The task of building `form` from the tree in the tar `tree`, to `artifact`.
pub fn task(form: &dyn Form, tree: PathBuf, artifact: PathBuf) -> Task {
    let job = Job::Build { form: form.id().to_owned(), tree, artifact };
    Task { form: form.id().to_owned(), job, feeds: FEEDS.to_vec(), folder: None }
}

/// The tasks that measure the collection of the header set itself.
pub fn plan_prepare(recipe: Option<&Recipe>) -> Plan {
    let mut plan = Plan::default();
    match recipe {
        Some(recipe) => {
            let job = Job::Prepare { recipe: recipe.clone() };
            plan.tasks.push(Task {
                form: PREPARE.to_owned(),
                job,
                feeds: FEEDS.to_vec(),
                folder: None,
            });
        }
        None => plan.skip(
            &FEEDS.map(|(metric, _)| metric),
            "the header set is not made from kernel directories",
        ),
    }
    plan
}
