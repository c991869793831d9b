//! Claims about build time.

use super::evidence::{ARCHIVE, ELSEWHERE, about, counted, held_against, stated};
use super::{Exhibit, Finding, Mark, Place, Run};
use crate::figure::{Absent, Order};
use crate::record::Unit;

const WALL: &str = "build.wall";

/// Compressing per file takes too long.
pub(super) fn per_file(run: Run) -> Result<Finding, Absent> {
    let archive = run.figure(ARCHIVE, WALL)?;
    held_against(run, &archive, &run.forms("files."), WALL, Order::Above, "on the codec")
}

/// The archive is quick to build, next to what was proposed in its place.
pub(super) fn archive_is_fast(run: Run) -> Result<Finding, Absent> {
    let archive = run.figure(ARCHIVE, WALL)?;
    let mut others = run.forms("files.");
    others.extend(run.forms("squashfs."));
    held_against(run, &archive, &others, WALL, Order::Above, "on what it is held against")
}

/// What regenerating the archive adds to a build that has nothing else to do.
pub(super) fn regenerated(run: Run) -> Result<Finding, Absent> {
    // 41.3 s with the archive made again, 29.4 s without.
    const STATED: f64 = (41.3 - 29.4) * 1e9;
    let (prepare, build) = (run.figure("prepare", WALL)?, run.figure(ARCHIVE, WALL)?);
    let sum = prepare.estimate.plus(&build.estimate);
    let place = |observation| Place { record: run.number, observation };
    let exhibits = vec![
        stated("regenerated, 2019", Unit::Nanoseconds, STATED),
        run.exhibit(&prepare, Mark::Reference),
        run.exhibit(&build, Mark::Reference),
        Exhibit {
            label: format!("prepare and {ARCHIVE}"),
            what: format!("sum of {WALL}"),
            unit: build.unit,
            nature: build.nature,
            estimate: Some(sum),
            mark: about(&sum, STATED, ELSEWHERE),
            places: vec![place(prepare.observation), place(build.observation)],
        },
    ];
    counted(exhibits, Vec::new(), "")
}
