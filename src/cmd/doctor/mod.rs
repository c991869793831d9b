//! `doctor`: what this machine can and can't measure, and the one line that mends it.

mod test_vm;

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::statvfs;

use super::guest::GuestArgs;
use crate::dataset;
use crate::dataset::{Cache, manifest};
use crate::form::{self, Form, Layout};
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

/// Check what this machine can measure, and print how to fix what it can't
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    guest: GuestArgs,
}

/// One thing that a run may need.
struct Finding {
    /// What it is for.
    purpose: &'static str,
    /// What is there, or why it is not.
    state: Result<String, String>,
    /// The one line that mends it.
    remedy: Cow<'static, str>,
}

/// Room on tmpfs for the default set, extracted twice over, bytes.
const ROOM: u64 = 128 << 20;

/// Room on disk for packages, the test VM and the artifacts of a run, bytes.
const DISK: u64 = 1 << 30;

/// Prints a line for each capability, and how to get it where it is missing.
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
    progress.say("trying to mount");
    findings.extend(mounts(&scratch)?);
    findings.extend(test_vm::findings(&cache, &args.guest, &progress)?);
    findings.extend(references());
    drop(progress);
    stdout::print(told(&findings))
}

/// A line for each finding; a remedy once, below the last of those in a row that it mends.
fn told(findings: &[Finding]) -> String {
    let mut text = String::new();
    for (at, Finding { purpose, state, remedy }) in findings.iter().enumerate() {
        match state {
            Ok(there) => text += &format!("yes  {purpose:28} {there}\n"),
            Err(reason) => {
                text += &format!("no   {purpose:28} {reason}\n");
                let again = |next: &Finding| next.state.is_err() && next.remedy == *remedy;
                if !findings.get(at + 1).is_some_and(again) {
                    text += &format!("{:34}fix: {remedy}\n", "");
                }
            }
        }
    }
    text
}

fn headers(cache: &Cache, progress: &Progress) -> Result<[Finding; 2]> {
    let cached = dataset::prepare_cached(manifest::DEFAULT)?.is_some();
    let reached = match dataset::reach(cache, &|what| progress.say(what)) {
        Ok(()) => Ok("apt-get reaches every package source".to_owned()),
        Err(error) => match error.downcast::<Unavailable>() {
            Ok(missing) => Err(missing.what),
            Err(error) => return Err(error),
        },
    };
    Ok([
        Finding {
            purpose: "the default headers",
            state: match cached {
                true => Ok(format!("{} is in the cache", manifest::DEFAULT)),
                false => Err(format!("{} is not in the cache yet", manifest::DEFAULT)),
            },
            remedy: "kheaders-bench dataset fetch".into(),
        },
        Finding {
            purpose: "fetch Debian's headers",
            state: reached,
            remedy: "fix the network or /etc/apt/sources.list*; or run --tree DIR, or --archive \
                     FILE"
                .into(),
        },
    ])
}

fn reading(cache: &Cache, scratch: &Scratch) -> Result<[Finding; 5]> {
    let disk = statvfs(cache.work()).with_context(|| cache.work().display().to_string())?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let room = format!("{} MiB free at {}", free >> 20, cache.work().display());
    let cold = probe::cold(scratch)?;
    let proven = match &cold {
        Ok(Dropped::Proven) => Ok("fincore finds nothing left".to_owned()),
        Ok(Dropped::Unverified) => Err("fincore is not there, the drop is believed".to_owned()),
        Err(_) => Err("nothing is read cold".to_owned()),
    };
    Ok([
        Finding {
            purpose: "room on disk",
            state: if free >= DISK { Ok(room) } else { Err(room) },
            remedy: "set KHEADERS_BENCH_CACHE to a folder with 1 GiB free".into(),
        },
        Finding {
            purpose: "extract to memory",
            state: scratch.tmpfs().and_then(|folder| {
                let room = statvfs(&folder).map_err(|error| error.to_string())?;
                let free = room.f_bavail.saturating_mul(room.f_frsize);
                let parent = folder.parent().unwrap_or(Path::new("/")).display();
                Ok(format!("{} MiB free on the tmpfs at {parent}", free >> 20))
            }),
            remedy: "mount a tmpfs with 128 MiB free at /dev/shm".into(),
        },
        Finding {
            purpose: "read cold",
            state: cold.map(|_| "the page cache lets go of artifacts".to_owned()),
            remedy: "set KHEADERS_BENCH_CACHE to a folder on a disk".into(),
        },
        Finding {
            purpose: "prove a read cold",
            state: proven,
            remedy: "apt-get install util-linux-extra".into(),
        },
        Finding {
            purpose: "compile against the headers",
            state: Compiler::find(arch::host())
                .map(|compiler| compiler.version)
                .map_err(|error| format!("{error:#}")),
            remedy: "apt-get install gcc".into(),
        },
    ])
}

/// What makes times repeat.
fn quiet() -> [Finding; 3] {
    let governor = machine::governor();
    let steady = ["performance", machine::UNREADABLE].contains(&governor.as_str());
    let host = machine::virtualization();
    let load = || machine::load().map_or_else(|| "not readable".to_owned(), |l| l.to_string());
    [
        Finding {
            purpose: "a quiet machine",
            state: machine::busy().map_or_else(|| Ok(format!("a load of {}", load())), Err),
            remedy: "wait until other work is done".into(),
        },
        Finding {
            purpose: "a steady clock",
            state: match steady {
                true => Ok(format!("the frequency governor: {governor}")),
                false => Err(format!("the frequency governor: {governor}")),
            },
            remedy: "as root: echo performance | tee \
                     /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
                .into(),
        },
        Finding {
            purpose: "a machine of its own",
            state: match host.as_str() {
                "none" => Ok("no virtualization".to_owned()),
                _ => Err(format!("{host}: its host adds noise, and may keep cold files warm")),
            },
            remedy: "run on bare metal; here, compare within one run only".into(),
        },
    ]
}

fn mounts(scratch: &Scratch) -> Result<Vec<Finding>> {
    let images = form::all().filter(|form| form.layout() == Layout::Image);
    let finding = |form: &'static dyn Form| {
        // Without its tool there is nothing to mount, whatever this kernel can do.
        if let Err(error) = form.tool() {
            let missing = error.downcast::<Unavailable>()?;
            let state = Err(missing.what.replace('\n', ": "));
            return Ok(Finding { purpose: form.id(), state, remedy: missing.remedy.into() });
        }
        Ok(Finding {
            purpose: form.id(),
            state: probe::mount(form, scratch)?.map(|()| "this kernel mounts it".to_owned()),
            remedy: "run as root, on a kernel with loop devices and this file system".into(),
        })
    };
    images.map(finding).collect()
}

/// The tools that forms can be held against.
fn references() -> impl Iterator<Item = Finding> {
    REFERENCES.iter().map(|reference| Finding {
        purpose: reference.id,
        state: reference.tool(),
        remedy: "apt-get install cpio gzip perl squashfs-tools tar xz-utils zstd".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_is_told_once_for_those_it_mends() {
        let no = |remedy: &'static str| Finding {
            purpose: "x",
            state: Err("gone".to_owned()),
            remedy: remedy.into(),
        };
        let yes = Finding { purpose: "y", state: Ok("there".to_owned()), remedy: "unused".into() };
        let text = told(&[no("one"), no("one"), yes, no("one"), no("two")]);
        let remedies: Vec<_> =
            text.lines().filter_map(|line| line.trim().strip_prefix("fix: ")).collect();
        assert_eq!(remedies, ["one", "one", "two"]);
        assert_eq!(text.lines().filter(|line| line.starts_with("no ")).count(), 4);
        assert!(text.contains("there") && !text.contains("unused"));
    }
}
