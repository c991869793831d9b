//! Claims about bytes stored.

use super::evidence::{
    ABOUT, Evidences, about, counted, held_against, mark, none, stated, tree_in_bytes,
};
use super::finding::{Finding, Mark, Run};
use crate::record::figure::{Absent, Order};
use crate::record::{ARCHIVE, TREE, Unit, id};

const SIZE: &str = id::SIZE_BYTES;

/// About 30 MB uncompressed: as content, in whole pages, and as a kernel holds them.
pub(crate) fn uncompressed(run: Run) -> Result<Finding, Absent> {
    const STATED: f64 = 30e6;
    let mut figures = Evidences::of(run, [stated("uncompressed", Unit::Bytes, STATED)]);
    for metric in tree_in_bytes() {
        figures.look_up(TREE, metric, |found| about(found, STATED, ABOUT));
    }
    let depends = "on what is counted: the content of the files, whole pages, or memory";
    figures.counted(depends)
}

/// Squashfs compresses worse than the archive.
pub(crate) fn squashfs(run: Run) -> Result<Finding, Absent> {
    let archive = run.figure(ARCHIVE, SIZE)?;
    let depends = "on the block size and the codec";
    held_against(run, &archive, &run.forms("squashfs."), SIZE, Order::Above, depends)
}

/// Headers alone compared with headers and module build files.
pub(crate) fn without_artifacts(runs: &[Run]) -> Result<Finding, Absent> {
    let mut exhibits = Vec::new();
    let mut absent = Vec::new();
    for with in runs {
        let Some(name) = with.record.dataset.name.strip_suffix("-v5") else { continue };
        for alone in runs.iter().filter(|run| run.record.dataset.name == name) {
            match (with.figure(ARCHIVE, SIZE), alone.figure(ARCHIVE, SIZE)) {
                (Ok(v5), Ok(v6)) => {
                    let mark = mark(v6.estimate.order(&v5.estimate), Order::Below);
                    let named = |run: &Run, figure, mark| {
                        let mut exhibit = run.exhibit(figure, mark);
                        exhibit.label = format!("{ARCHIVE} of {}", run.record.dataset.name);
                        exhibit
                    };
                    exhibits.push(named(with, &v5, Mark::Reference));
                    exhibits.push(named(alone, &v6, mark));
                }
                (v5, v6) => absent.extend(v5.err().into_iter().chain(v6.err())),
            }
        }
    }
    if exhibits.is_empty() && absent.is_empty() {
        return Err(none(
            "needs two results: one of a v5-like header set and one of the headers alone, such as \
             debian-6.12-x86-v5 and debian-6.12-x86",
        ));
    }
    counted(exhibits, absent, "on the header set")
}
