//! Claims about extraction.

use super::evidence::{ELSEWHERE, Evidences, about, counted, mark, none, stated};
use super::finding::{Evidence, Finding, Mark, Place, Run, Verdict};
use crate::record::figure::{Absent, Estimate, Order, ratio};
use crate::record::{ARCHIVE, Absence, Nature, Unit, id};

const ALL: &str = id::EXTRACT_ALL_WARM_WALL;
const FIRST_COMPILE: &str = id::EXTRACT_FIRST_COMPILE;

/// Extraction adds about 400 ms to the start of a tool.
pub(crate) fn at_start(run: Run) -> Result<Finding, Absent> {
    const STATED: f64 = 400e6;
    let said = stated("at a tool’s start", Unit::Nanoseconds, STATED);
    let mut figures = Evidences::of(run, [said]);
    for metric in [ALL, id::EXTRACT_ALL_COLD_WALL] {
        figures.look_up(ARCHIVE, metric, |all| about(all, STATED, ELSEWHERE));
    }
    figures.counted("on whether the archive is in the page cache")
}

/// Copying and extracting is the most awkward step: most of what a tool's first compile waits for.
pub(crate) fn most_of_the_wait(run: Run) -> Result<Finding, Absent> {
    let (all, whole) = (run.figure(ARCHIVE, ALL)?, run.figure(ARCHIVE, FIRST_COMPILE)?);
    let half = Estimate::exact(0.5);
    let share = ratio(run.record, &all, &whole).ok_or_else(|| none("a compile that took 0"))?;
    let place = |observation| Place { record: run.number, observation };
    let exhibits = vec![
        run.exhibit(&whole, Mark::Reference),
        run.exhibit(&all, Mark::Reference),
        Evidence {
            label: "share of the wait".to_owned(),
            what: format!("{ALL} / {FIRST_COMPILE}, round by round"),
            unit: Unit::PartsPerMillion,
            nature: Nature::Noisy,
            estimate: Some(share.times(1e6)),
            mark: mark(share.order(&half), Order::Above),
            places: vec![place(all.observation), place(whole.observation)],
        },
    ];
    counted(exhibits, Vec::new(), "")
}

/// An image is mounted and read with no extraction step.
pub(crate) fn mountable(run: Run) -> Result<Finding, Absent> {
    let mut figures = Evidences::of(run, []);
    for form in run.forms("squashfs.") {
        for metric in [id::EXTRACT_MOUNT_ATTACH, id::EXTRACT_MOUNT_ONE] {
            match run.figure(form, metric) {
                Err(why) if matches!(why.why, Absence::Failed(_)) => {
                    figures.exhibits.push(run.failed(&why));
                }
                _ => figures.look_up(form, metric, |_| Mark::For),
            }
        }
    }
    figures.counted("on the image: not all could be mounted and read")
}

/// Whether a mount is simpler is no figure: a record counts no steps. What is waited for with the step
/// and without it is compared with.
pub(crate) fn simpler(run: Run) -> Result<Finding, Absent> {
    let archive = [ALL, FIRST_COMPILE].map(|metric| (ARCHIVE, metric));
    let mounted = [id::EXTRACT_MOUNT_ATTACH, id::EXTRACT_MOUNT_FIRST_COMPILE];
    let images = run.forms("squashfs.");
    let images = images.iter().flat_map(|form| mounted.map(|metric| (*form, metric)));
    let mut figures = Evidences::of(run, []);
    for (form, metric) in archive.into_iter().chain(images) {
        figures.look_up(form, metric, |_| Mark::Beside);
    }
    let Evidences { exhibits, absent, .. } = figures;
    let why =
        "steps are not measured; that a mount needs no extraction is the claim squashfs-mountable";
    Ok(Finding { verdict: Verdict::NotMeasured, why: why.to_owned(), exhibits, absent })
}
