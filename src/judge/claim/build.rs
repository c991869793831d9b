//! Claims about build time.

use super::evidence::{ELSEWHERE, about, counted, held_against, stated};
use super::finding::{Evidence, Finding, Mark, Place, Run};
use crate::record::figure::{Absent, Estimate, Order};
use crate::record::{ARCHIVE, PREPARE, Unit, id};

const WALL: &str = id::BUILD_WALL;

/// Compressing per file takes too long.
pub(crate) fn per_file(run: Run) -> Result<Finding, Absent> {
    let archive = run.figure(ARCHIVE, WALL)?;
    held_against(run, &archive, &run.forms("files."), WALL, Order::Above, "on the codec")
}

/// The archive is quick to build, next to what was proposed in its place.
pub(crate) fn archive_is_fast(run: Run) -> Result<Finding, Absent> {
    let archive = run.figure(ARCHIVE, WALL)?;
    let mut others = run.forms("files.");
    others.extend(run.forms("squashfs."));
    held_against(run, &archive, &others, WALL, Order::Above, "on the form it is compared with")
}

/// The kernel's script that collects the headers and makes the archive, as a record names it.
const SCRIPT: (&str, &str) = ("collect@gen_kheaders", id::BUILD_COMMAND_WALL);

/// The cost of regenerating the archive in a build that has nothing else to do. The script is what was
/// timed; a record without it uses this program's own collector.
pub(crate) fn regenerated(run: Run) -> Result<Finding, Absent> {
    const WITHOUT: f64 = 29.4e9;
    const WITH: f64 = 41.3e9;
    const STATED: f64 = WITH - WITHOUT;
    let scripted = run.figure(SCRIPT.0, SCRIPT.1).ok();
    let own = scripted.is_none();
    let spent = match scripted {
        Some(script) => run.exhibit(&script, Mark::Reference),
        None => collected(run)?,
    };
    let estimate = spent.estimate.unwrap_or(Estimate::exact(0.0));
    let exhibits = vec![
        stated("regenerated, 2019", Unit::Nanoseconds, STATED),
        stated("of the build, 2019", Unit::PartsPerMillion, STATED / WITH * 1e6),
        Evidence { mark: about(&estimate, STATED, ELSEWHERE), ..spent.clone() },
        Evidence {
            label: SHARE.to_owned(),
            what: "computed: this, of this and 29.4 s".to_owned(),
            unit: Unit::PartsPerMillion,
            estimate: Some(share(&estimate, WITHOUT).times(1e6)),
            mark: Mark::Beside,
            ..spent
        },
    ];
    let mut finding = counted(exhibits, Vec::new(), "")?;
    if own {
        let why = "with this program’s own collector, because the kernel’s script was not run";
        finding.why = match finding.why.as_str() {
            "" => why.to_owned(),
            other => format!("{other}; {why}"),
        };
    }
    Ok(finding)
}

/// The figures that are compared with the share of 2019.
const SHARE: &str = "of a build of 29.4 s";

/// Collecting by this program, and its archive.
fn collected(run: Run) -> Result<Evidence, Absent> {
    let (prepare, build) = (run.figure(PREPARE, WALL)?, run.figure(ARCHIVE, WALL)?);
    let place = |observation| Place { record: run.number, observation };
    Ok(Evidence {
        label: format!("prepare and {ARCHIVE}"),
        what: format!("sum of {WALL}, by this program’s own collector"),
        estimate: Some(prepare.estimate.plus(&build.estimate)),
        places: vec![place(prepare.observation), place(build.observation)],
        ..run.exhibit(&build, Mark::Reference)
    })
}

/// The share of `spent` in `spent` and `rest` together.
fn share(spent: &Estimate, rest: f64) -> Estimate {
    let of = |spent: f64| spent / (spent + rest);
    Estimate { value: of(spent.value), range: spent.range.map(|(low, high)| (of(low), of(high))) }
}
