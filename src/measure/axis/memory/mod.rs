//! The memory axis: memory of a booted kernel, per delivery and state, and the instructions of work
//! there. Exact where the guest counts instructions, else noisy.

mod guests;
mod item;
mod judge;
mod missing;
mod request;
mod results;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};

use crate::form::Form;
use crate::guest::deliver;
use crate::guest::{self, TestVm};
use crate::record::{self, Delivery, METRICS, Metric, Nature, Outcome};
use crate::sys::error::Unavailable;
use crate::sys::progress::Progress;
use guests::Guests;
use item::Item;
use missing::MissingFeatures;
pub use request::Request;
use results::Results;

/// The outcomes of a memory axis, and the guest that they are of.
#[derive(Debug, Default)]
pub struct Observed {
    pub outcomes: Vec<(String, Vec<(&'static str, Outcome)>)>,
    pub nature: Option<Nature>,
    pub laboratory: Option<record::Guest>,
}

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

/// Every metric that a guest gives.
fn metrics() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().filter(|metric| metric.guest.is_some())
}

/// Boots kernels, measures every delivery of each form, and returns the outcomes.
///
/// # Errors
/// The system fails the run itself. A test VM that is unavailable skips the axis, a guest that
/// dies fails its delivery, and what an interrupt left no time for is skipped.
pub fn observe(lab: Result<TestVm>, request: &Request, progress: &Progress) -> Result<Observed> {
    let lab = match lab {
        Ok(lab) => lab,
        Err(error) => return Ok(without(request, &error)),
    };
    std::fs::create_dir_all(request.scratch)
        .with_context(|| request.scratch.display().to_string())?;
    let lacks = MissingFeatures::look(&lab);
    let reason =
        |item: &Item| lacks.reason(item.form.id(), &deliver::group(item.delivery, &item.subject));
    let (impossible, items): (Vec<_>, Vec<_>) =
        item::items(&lab, request)?.into_iter().partition(|item| reason(item).is_some());
    let results = Guests::prepare(&lab, request, progress)?.hold(&items)?;
    let interrupted = request.interrupted.load(Ordering::Relaxed);
    let exact = lab.accelerator.is_exact();
    let nature = Some(if exact { Nature::Exact } else { Nature::Noisy });
    let mut observed = Observed { nature, ..Observed::default() };
    for (form, _) in request.forms {
        let mut outcomes = unfit(form.as_ref());
        for item in items.iter().filter(|item| item.form.id() == form.id()) {
            outcomes.extend(judge::outcomes(
                item,
                &results.of(item),
                (exact, lab.machine.cpus),
                interrupted,
            ));
        }
        for item in impossible.iter().filter(|item| item.form.id() == form.id()) {
            let reason = reason(item).unwrap_or_default();
            let skipped = |metric| (metric, Outcome::Skipped { reason: reason.clone() });
            outcomes.extend(judge::metrics(item.delivery).map(|(id, _)| skipped(id)));
        }
        observed.outcomes.push((form.id().to_owned(), outcomes));
    }
    if !results.kernel.is_empty() {
        observed.laboratory =
            Some(describe(&lab, &results, results.checks(&items), request.orders));
    }
    Ok(observed)
}

/// Why deliveries that don't fit a form have no figure.
fn unfit(form: &dyn Form) -> Vec<(&'static str, Outcome)> {
    let mut outcomes = Vec::new();
    for delivery in Delivery::ALL.iter().filter(|delivery| !delivery.takes(form.layout())) {
        let reason = format!("{delivery} takes {}", delivery.row().takes);
        for (metric, _) in judge::metrics(*delivery) {
            outcomes.push((metric, Outcome::Skipped { reason: reason.clone() }));
        }
    }
    outcomes
}

/// The outcomes without a test VM: skipped if something is missing, failed if something is broken.
fn without(request: &Request, error: &anyhow::Error) -> Observed {
    let outcome = match Unavailable::reason(error) {
        Some(reason) => Outcome::Skipped { reason },
        None => Outcome::Failed { error: format!("{error:#}") },
    };
    let of_form = |(form, _): &(Arc<dyn Form>, PathBuf)| {
        (form.id().to_owned(), metrics().map(|metric| (metric.id, outcome.clone())).collect())
    };
    let outcomes = request.forms.iter().map(of_form).collect();
    Observed { outcomes, ..Observed::default() }
}

fn describe(
    lab: &TestVm,
    results: &Results,
    checks: Vec<record::Check>,
    orders: u64,
) -> record::Guest {
    let missing = if lab.image.config.is_some() { "n" } else { "unknown" };
    let option = |name: &str| lab.image.option(name).unwrap_or_else(|| missing.to_owned());
    let config: BTreeMap<_, _> =
        OPTIONS.iter().map(|name| ((*name).to_owned(), option(name))).collect();
    record::Guest {
        kernel: results.kernel.clone(),
        command_line: guest::boot::COMMAND_LINE.to_owned(),
        config,
        cpus: results.cpus,
        memory: results.memory,
        accelerator: lab.accelerator.id().to_owned(),
        emulator: lab.image.emulator.version.clone(),
        boots: orders,
        seconds: None,
        sources: lab.image.sources.clone(),
        checks,
    }
}
