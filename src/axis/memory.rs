//! The memory axis: what a booted kernel holds, delivery by delivery and state by state. Noisy.

mod judge;
mod lacks;
mod model;
mod sitting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;

use crate::error::Unavailable;
use crate::form::{Form, Layout};
use crate::guest::deliver::{self, DELIVERIES, Delivery, Subject};
use crate::guest::{Laboratory, inside};
use crate::record::{self, METRICS, Outcome};
use crate::tree::TreePath;
use lacks::Lacks;
use sitting::Sitting;

/// What is to be held.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Forms and their artifacts.
    pub forms: &'a [(&'static dyn Form, PathBuf)],
    /// The tree, as a tar.
    pub tree: &'a Path,
    /// The tree's digest.
    pub digest: &'a str,
    /// A header to read alone.
    pub one: Option<&'a TreePath>,
    /// The headers of a program.
    pub closure: Option<&'a [TreePath]>,
    /// One boot instead of three.
    pub quick: bool,
    /// A folder for what goes into guests.
    pub scratch: &'a Path,
    /// Whether to give up.
    pub interrupted: &'a AtomicBool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Observed {
    /// Each form's outcomes.
    pub outcomes: Vec<(&'static str, Vec<(&'static str, Outcome)>)>,
    /// The guest, where there was one.
    pub laboratory: Option<record::Laboratory>,
}

/// How often each delivery is repeated, each time in a kernel booted anew.
const BOOTS: u64 = 3;

/// The options that decide what squashfs, modules and tmpfs hold.
const OPTIONS: [&str; 12] = [
    "CONFIG_SQUASHFS",
    "CONFIG_SQUASHFS_FILE_CACHE",
    "CONFIG_SQUASHFS_FILE_DIRECT",
    "CONFIG_SQUASHFS_DECOMP_SINGLE",
    "CONFIG_SQUASHFS_DECOMP_MULTI",
    "CONFIG_SQUASHFS_DECOMP_MULTI_PERCPU",
    "CONFIG_SQUASHFS_CHOICE_DECOMP_BY_MOUNT",
    "CONFIG_SQUASHFS_FRAGMENT_CACHE_SIZE",
    "CONFIG_IKHEADERS",
    "CONFIG_MODULE_SIG_FORCE",
    "CONFIG_SLUB_TINY",
    "CONFIG_TRANSPARENT_HUGEPAGE_ALWAYS",
];

/// A delivery of a form.
#[derive(Debug, Clone)]
struct Item {
    form: &'static str,
    delivery: &'static Delivery,
    subject: Subject,
}

/// Boots kernels, has each form delivered in each way that fits it, and tells what is held.
///
/// # Errors
/// The system fails the run itself. A laboratory that can't be had skips the axis, a guest that
/// fails its delivery.
pub fn observe(
    lab: Result<Laboratory>,
    request: &Request,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Observed> {
    let lab = match lab {
        Ok(lab) => lab,
        Err(error) => return Ok(without(request, &error)),
    };
    std::fs::create_dir_all(request.scratch)?;
    let lacks = Lacks::look(&lab);
    let reason =
        |item: &Item| lacks.reason(item.form, &deliver::group(item.delivery, &item.subject));
    let (impossible, items): (Vec<_>, Vec<_>) =
        items(request).into_iter().partition(|item| reason(item).is_some());
    let boots = if request.quick { 1 } else { BOOTS };
    let sitting = Sitting::prepare(&lab, request, boots)?;
    let results = sitting.hold(&items, say)?;
    let mut observed = Observed::default();
    for (form, _) in request.forms {
        let mut outcomes = unfit(*form);
        for item in items.iter().filter(|item| item.form == form.id()) {
            outcomes.extend(judge::outcomes(item.delivery.id, results.of(item)));
        }
        for item in impossible.iter().filter(|item| item.form == form.id()) {
            let reason = reason(item).unwrap_or_default();
            let skipped = |metric| (metric, Outcome::Skipped { reason: reason.clone() });
            outcomes.extend(judge::metrics(item.delivery.id).map(skipped));
        }
        observed.outcomes.push((form.id(), outcomes));
    }
    let mut laboratory = describe(&lab, &results, boots);
    laboratory.models = models(&lab, &laboratory, request, &items)?;
    observed.laboratory = Some(laboratory);
    Ok(observed)
}

/// What is modelled of each delivery.
fn models(
    lab: &Laboratory,
    described: &record::Laboratory,
    request: &Request,
    items: &[Item],
) -> Result<Vec<record::Model>> {
    let contents = model::Contents::of_tar(request.tree)?;
    let kernel = model::Kernel {
        release: &described.kernel,
        cpus: described.cpus,
        config: &described.config,
        modules: &lab.modules,
    };
    let artifact = |item: &Item| request.forms.iter().find(|(form, _)| form.id() == item.form);
    let of_item = |item| {
        let (_, artifact) = artifact(item)?;
        Some(model::models(&kernel, &contents, item.form, item.delivery.id, artifact))
    };
    Ok(items.iter().filter_map(of_item).flatten().collect())
}

fn items(request: &Request) -> Vec<Item> {
    let mut items = Vec::new();
    for delivery in DELIVERIES {
        for (form, _) in request.forms.iter().filter(|(form, _)| (delivery.fits)(*form)) {
            let inside = Path::new(inside::HOME).join("files").join(file_name(*form));
            let subject = Subject {
                form: form.id().to_owned(),
                artifact: inside.display().to_string(),
                one: request.one.map(ToString::to_string),
                closure: request.closure.map(|_| sitting::CLOSURE.to_owned()),
                all: true,
                digest: Some(request.digest.to_owned()),
            };
            items.push(Item { form: form.id(), delivery, subject });
        }
    }
    items
}

/// What an artifact is called in a guest. A folder comes as a tar.
fn file_name(form: &dyn Form) -> &'static str {
    if form.layout() == Layout::Folder { "tree.tar" } else { form.id() }
}

/// Why deliveries that don't fit a form have no figure.
fn unfit(form: &dyn Form) -> Vec<(&'static str, Outcome)> {
    let mut outcomes = Vec::new();
    for delivery in DELIVERIES.iter().filter(|delivery| !(delivery.fits)(form)) {
        let reason = format!("{} takes {}", delivery.id, delivery.takes);
        for metric in judge::metrics(delivery.id) {
            outcomes.push((metric, Outcome::Skipped { reason: reason.clone() }));
        }
    }
    outcomes
}

/// No laboratory: what can't be had is skipped, what is broken has failed.
fn without(request: &Request, error: &anyhow::Error) -> Observed {
    let said = format!("{error:#}");
    let outcome = if error.is::<Unavailable>() {
        Outcome::Skipped { reason: said }
    } else {
        Outcome::Failed { error: said }
    };
    let of_form = |(form, _): &(&'static dyn Form, PathBuf)| {
        let metrics = METRICS.iter().filter(|metric| metric.axis == record::Axis::Memory);
        (form.id(), metrics.map(|metric| (metric.id, outcome.clone())).collect())
    };
    Observed { outcomes: request.forms.iter().map(of_form).collect(), laboratory: None }
}

fn describe(lab: &Laboratory, results: &sitting::Results, boots: u64) -> record::Laboratory {
    let missing = if lab.kit.config.is_some() { "n" } else { "unknown" };
    let option = |name: &str| lab.kit.option(name).unwrap_or_else(|| missing.to_owned());
    let config: BTreeMap<_, _> =
        OPTIONS.iter().map(|name| ((*name).to_owned(), option(name))).collect();
    record::Laboratory {
        kernel: results.kernel.clone(),
        command_line: lab.command_line().to_owned(),
        config,
        cpus: results.cpus,
        memory: results.memory,
        accelerator: lab.accelerator.id().to_owned(),
        emulator: lab.kit.emulator.version.clone(),
        boots,
        sources: lab.kit.sources.clone(),
        checks: results.checks(),
        models: Vec::new(),
    }
}
