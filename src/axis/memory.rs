//! The memory axis: what a booted kernel holds, delivery by delivery and state by state. Noisy.

mod item;
mod judge;
mod lacks;
mod model;
mod results;
mod sitting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

use super::Plan;
use crate::error::Unavailable;
use crate::form::Form;
use crate::guest::Laboratory;
use crate::guest::deliver::{self, DELIVERIES};
use crate::guest::kit::Accelerator;
use crate::record::{self, METRICS, Outcome};
use crate::tree::TreePath;
use item::Item;
use lacks::Lacks;
use results::Results;
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

/// Boots kernels, has each form delivered in each way that fits it, and tells what is held.
///
/// # Errors
/// The system fails the run itself. A laboratory that can't be had skips the axis, a guest that
/// dies fails its delivery, and what an interrupt left no time for is skipped.
pub fn observe(
    lab: Result<Laboratory>,
    request: &Request,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Observed> {
    let lab = match lab {
        Ok(lab) => lab,
        Err(error) => return Ok(without(request, &error)),
    };
    std::fs::create_dir_all(request.scratch)
        .with_context(|| request.scratch.display().to_string())?;
    let lacks = Lacks::look(&lab);
    let reason =
        |item: &Item| lacks.reason(item.form.id(), &deliver::group(item.delivery, &item.subject));
    let items = item::items(request, lab.accelerator == Accelerator::Tcg)?;
    let (impossible, items): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| reason(item).is_some());
    let boots = if request.quick { 1 } else { BOOTS };
    let sitting = Sitting::prepare(&lab, request, boots, say)?;
    let results = sitting.hold(&items)?;
    let interrupted = request.interrupted.load(Ordering::Relaxed);
    let mut observed = Observed::default();
    for (form, _) in request.forms {
        let mut outcomes = unfit(*form);
        for item in items.iter().filter(|item| item.form.id() == form.id()) {
            outcomes.extend(judge::outcomes(item, results.of(item), interrupted));
        }
        for item in impossible.iter().filter(|item| item.form.id() == form.id()) {
            let reason = reason(item).unwrap_or_default();
            let skipped = |metric| (metric, Outcome::Skipped { reason: reason.clone() });
            outcomes.extend(judge::metrics(item.delivery.id).map(skipped));
        }
        observed.outcomes.push((form.id(), outcomes));
    }
    if !results.kernel.is_empty() {
        let mut laboratory = describe(&lab, &results, results.checks(&items), boots);
        laboratory.models = models(&lab, &laboratory, request, &items)?;
        observed.laboratory = Some(laboratory);
    }
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
    let of_item = |item: &Item| {
        let contents = item.contents(&contents)?;
        Ok(model::models(&kernel, &contents, item.form.id(), item.delivery.id, &item.source))
    };
    let models: Vec<_> = items.iter().map(of_item).collect::<Result<_>>()?;
    Ok(models.concat())
}

/// What the model says `artifact`, built by `form` from the tree in the tar `tree`, would pin in the
/// delivery that suits it, where no kernel is booted to tell.
pub fn unbooted(form: &dyn Form, artifact: &Path, tree: &Path) -> Plan {
    let (metric, terms) = model::unbooted(form.layout(), artifact, tree);
    let outcome = match terms {
        Ok(terms) => Outcome::Modelled {
            samples: vec![terms.iter().map(|term| term.bytes).sum()],
            model: model::UNBOOTED.to_owned(),
        },
        Err(error) => Outcome::Skipped { reason: format!("no model of it: {error:#}") },
    };
    Plan { tasks: Vec::new(), settled: vec![(metric, outcome)] }
}

/// Why deliveries that don't fit a form have no figure.
fn unfit(form: &dyn Form) -> Vec<(&'static str, Outcome)> {
    let mut outcomes = Vec::new();
    for delivery in DELIVERIES.iter().filter(|delivery| !delivery.takes(form)) {
        let reason = delivery.refusal();
        for metric in judge::metrics(delivery.id) {
            outcomes.push((metric, Outcome::Skipped { reason: reason.clone() }));
        }
    }
    outcomes
}

/// No laboratory: what can't be had is skipped, what is broken has failed.
fn without(request: &Request, error: &anyhow::Error) -> Observed {
    let outcome = match Unavailable::reason(error) {
        Some(reason) => Outcome::Skipped { reason },
        None => Outcome::Failed { error: format!("{error:#}") },
    };
    let of_form = |(form, _): &(&'static dyn Form, PathBuf)| {
        let metrics = METRICS.iter().filter(|metric| metric.axis == record::Axis::Memory);
        (form.id(), metrics.map(|metric| (metric.id, outcome.clone())).collect())
    };
    Observed { outcomes: request.forms.iter().map(of_form).collect(), laboratory: None }
}

fn describe(
    lab: &Laboratory,
    results: &Results,
    checks: Vec<record::Check>,
    boots: u64,
) -> record::Laboratory {
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
        repeated: results.repeated,
        anew: results.anew.clone(),
        seconds: None,
        sources: lab.kit.sources.clone(),
        checks,
        models: Vec::new(),
    }
}
