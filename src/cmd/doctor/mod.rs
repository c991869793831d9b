//! `doctor`: what this machine can measure, and a fix for what it cannot.

mod finding;
mod test_vm;

use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::statvfs;

use super::common::GuestArgs;
use crate::dataset;
use crate::dataset::{Cache, manifest};
use crate::debian::apt;
use crate::form::{self, Layout};
use crate::kbuild::arch;
use crate::kbuild::compiler::Compiler;
use crate::measure::machine;
use crate::measure::probe;
use crate::measure::reference::REFERENCES;
use crate::sys::error::Unavailable;
use crate::sys::page_cache::Dropped;
use crate::sys::progress::Progress;
use crate::sys::scratch::Scratch;
use crate::sys::stdout;
use finding::Finding;

/// Check what this machine can measure, and print a fix for what it cannot
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kheaders-bench doctor
  kheaders-bench doctor --guest-accelerator kvm")]
pub struct Args {
    #[command(flatten)]
    guest: GuestArgs,
}

/// Space on tmpfs for the default set, extracted twice, bytes.
const ROOM: u64 = 128 << 20;

/// Disk space for packages, the test VM and the artifacts of a run, bytes.
const DISK: u64 = 1 << 30;

/// Prints a line for each finding, with a fix if something is missing.
///
/// # Errors
/// The cache folder can't be used.
pub fn run(args: &Args) -> Result<()> {
    let progress = Progress::new();
    let cache = Cache::of_user()?;
    let scratch = Scratch::new(&cache.work(), ROOM)?;
    let mut findings = Vec::new();
    findings.extend(headers(&cache, &progress)?);
    findings.extend(reading(&cache, &scratch)?);
    findings.extend(quiet());
    progress.say("mounting images");
    findings.extend(mounts(&scratch)?);
    findings.extend(test_vm::findings(&cache, &args.guest, &progress)?);
    findings.extend(references());
    drop(progress);
    stdout::print(format_findings(&findings))
}

/// A line for each finding. Adjacent findings with the same fix share one `fix:` line.
fn format_findings(findings: &[Finding]) -> String {
    let mut text = String::new();
    for (at, Finding { purpose, state, remedy }) in findings.iter().enumerate() {
        match state {
            Ok(there) => text += &format!("yes  {purpose:30} {there}\n"),
            Err(reason) => {
                text += &format!("no   {purpose:30} {reason}\n");
                let again = |next: &Finding| next.state.is_err() && next.remedy == *remedy;
                if !findings.get(at + 1).is_some_and(again) {
                    text += &format!("{:36}fix: {remedy}\n", "");
                }
            }
        }
    }
    text
}

fn headers(cache: &Cache, progress: &Progress) -> Result<[Finding; 2]> {
    let cached = dataset::prepare_cached(manifest::DEFAULT)?.is_some();
    let reached = match apt::reach(cache, &|what| progress.say(what)) {
        Ok(()) => Ok("reachable with apt-get".to_owned()),
        Err(error) => match error.downcast::<Unavailable>() {
            Ok(missing) => Err(missing.what),
            Err(error) => return Err(error),
        },
    };
    Ok([
        Finding {
            purpose: "default header set",
            state: match cached {
                true => Ok(format!("{} is in the cache", manifest::DEFAULT)),
                false => Err(format!("{} is not in the cache", manifest::DEFAULT)),
            },
            remedy: "kheaders-bench dataset fetch".into(),
        },
        Finding {
            purpose: "Debian package sources",
            state: reached,
            remedy: "check the network and /etc/apt/sources.list*, or use --tree DIR or --archive \
                     FILE"
                .into(),
        },
    ])
}

fn reading(cache: &Cache, scratch: &Scratch) -> Result<[Finding; 5]> {
    let disk = statvfs(cache.work()).with_context(|| cache.work().display().to_string())?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let room = format!("{} MiB free in {}", free >> 20, cache.work().display());
    let cold = probe::cold(scratch)?;
    let proven = match &cold {
        Ok(Dropped::Proven) => Ok("fincore finds no cached page".to_owned()),
        Ok(Dropped::Unverified) => Err("fincore is missing".to_owned()),
        Err(_) => Err("the page cache can't be dropped".to_owned()),
    };
    Ok([
        Finding {
            purpose: "disk space",
            state: if free >= DISK { Ok(room) } else { Err(room) },
            remedy: "set KHEADERS_BENCH_CACHE to a directory with 1 GiB free".into(),
        },
        Finding {
            purpose: "tmpfs for extraction",
            state: scratch.tmpfs().and_then(|folder| {
                let room = statvfs(&folder).map_err(|error| error.to_string())?;
                let free = room.f_bavail.saturating_mul(room.f_frsize);
                let parent = folder.parent().unwrap_or(Path::new("/")).display();
                Ok(format!("{} MiB free in {parent}", free >> 20))
            }),
            remedy: "mount -t tmpfs -o size=1g tmpfs /dev/shm".into(),
        },
        Finding {
            purpose: "dropping the page cache",
            state: cold.map(|_| "works for artifacts".to_owned()),
            remedy: "set KHEADERS_BENCH_CACHE to a directory on a disk".into(),
        },
        Finding {
            purpose: "verifying a dropped cache",
            state: proven,
            remedy: "apt-get install util-linux-extra".into(),
        },
        Finding {
            purpose: "C compiler",
            state: Compiler::find(arch::host())
                .map(|compiler| compiler.version)
                .map_err(|error| format!("{error:#}")),
            remedy: "apt-get install gcc".into(),
        },
    ])
}

/// What makes times reproducible.
fn quiet() -> [Finding; 3] {
    let governor = machine::governor();
    let steady = ["performance", machine::UNREADABLE].contains(&governor.as_str());
    let host = machine::virtualization();
    let load = || machine::load().map_or_else(|| "unknown".to_owned(), |l| l.to_string());
    [
        Finding {
            purpose: "idle machine",
            state: machine::busy().map_or_else(|| Ok(format!("load {}", load())), Err),
            remedy: "stop other work".into(),
        },
        Finding {
            purpose: "CPU frequency governor",
            state: match steady {
                true => Ok(governor),
                false => Err(governor),
            },
            remedy: "echo performance | sudo tee \
                     /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
                .into(),
        },
        Finding {
            purpose: "bare metal",
            state: match host.as_str() {
                "none" => Ok("no virtualization".to_owned()),
                _ => Err(format!("{host}: the host adds noise and may cache dropped files")),
            },
            remedy: "run on bare metal, or compare only times of one run".into(),
        },
    ]
}

fn mounts(scratch: &Scratch) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for purpose in form::ids() {
        let form = form::by_id(purpose)?;
        if form.layout() != Layout::Image {
            continue;
        }
        // Without its tool there is no image to mount.
        if let Err(error) = form.tool() {
            let missing = error.downcast::<Unavailable>()?;
            let state = Err(missing.what.replace('\n', ": "));
            findings.push(Finding { purpose, state, remedy: missing.remedy.into() });
            continue;
        }
        findings.push(Finding {
            purpose,
            state: probe::mount(&*form, scratch)?.map(|()| "mountable by this kernel".to_owned()),
            remedy: "run as root, on a kernel with loop devices and this file system".into(),
        });
    }
    Ok(findings)
}

/// The reference tools.
fn references() -> impl Iterator<Item = Finding> {
    REFERENCES.iter().map(|reference| {
        let missing = reference.tool().err().unwrap_or_default();
        let (why, remedy) = missing.split_once("; fix: ").unwrap_or((&missing, ""));
        let state = reference.tool().map_err(|_| why.to_owned());
        Finding { purpose: reference.id, state, remedy: remedy.to_owned().into() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_with_the_same_fix_share_its_line() {
        let no = |remedy: &'static str| Finding {
            purpose: "x",
            state: Err("gone".to_owned()),
            remedy: remedy.into(),
        };
        let yes = Finding { purpose: "y", state: Ok("there".to_owned()), remedy: "unused".into() };
        let text = format_findings(&[no("one"), no("one"), yes, no("one"), no("two")]);
        let remedies: Vec<_> =
            text.lines().filter_map(|line| line.trim().strip_prefix("fix: ")).collect();
        assert_eq!(remedies, ["one", "one", "two"]);
        assert_eq!(text.lines().filter(|line| line.starts_with("no ")).count(), 4);
        assert!(text.contains("there") && !text.contains("unused"));
    }
}
