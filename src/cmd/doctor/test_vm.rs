//! The test VM as a run would use it. It is set up if nothing has to be downloaded for it.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::finding::Finding;
use crate::cmd::common::GuestArgs;
use crate::dataset::Cache;
use crate::guest::TestVm;
use crate::guest::image::Accelerator;
use crate::kbuild::Kbuild;
use crate::sys::progress::Progress;

/// The emulator of the test VM.
const EMULATOR: &str = "qemu-system-x86_64";

const FETCH: &str = "kheaders-bench run --axes memory (downloads it)";

/// The findings for a run with the options `args`.
///
/// # Errors
/// The cache can't be read.
pub(super) fn findings(
    cache: &Cache,
    args: &GuestArgs,
    progress: &Progress,
) -> Result<Vec<Finding>> {
    let parts = parts(cache, args)?;
    if parts.iter().any(|part| part.state.is_err()) {
        return Ok(parts.into_iter().chain([made()]).collect());
    }
    progress.say("setting up the test VM");
    Ok(match TestVm::open(&args.given(), args.machine(), cache, &|what| progress.say(what)) {
        Ok(lab) => opened(&lab, args),
        Err(error) => vec![Finding {
            purpose: "memory: test VM",
            state: Err(format!("{error:#}").replace('\n', ": ")),
            remedy: "kheaders-bench run --axes size,build,extract (needs no VM)".into(),
        }],
    })
}

/// The emulator and the kernel, without downloading anything.
fn parts(cache: &Cache, args: &GuestArgs) -> Result<Vec<Finding>> {
    let unpacked = cache.unpacked();
    let names = fs::read_dir(&unpacked).with_context(|| unpacked.display().to_string())?;
    let names: Vec<_> =
        names.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    // The cache keeps the downloads of the test VM under these names.
    let kept = |prefix: &str| match names.iter().find(|name| name.starts_with(prefix)) {
        Some(name) => Ok(format!("{name} is in the cache")),
        None => Err("not in the cache".to_owned()),
    };
    let kernel = match &args.guest_kernel {
        Some(kernel) => Ok(kernel.display().to_string()),
        None => kept("guest-linux-image-"),
    };
    let kernel = Finding { purpose: "memory: guest kernel", state: kernel, remedy: FETCH.into() };
    let emulator = match works(EMULATOR) {
        Ok(()) => Ok(format!("{EMULATOR} is installed")),
        Err(why) => kept("emulator-qemu-system-x86_").map_err(|not| format!("{why}; {not}")),
    };
    Ok(vec![Finding { purpose: "memory: emulator", state: emulator, remedy: FETCH.into() }, kernel])
}

fn opened(lab: &TestVm, args: &GuestArgs) -> Vec<Finding> {
    let given = if args.guest_kernel.is_some() { ", by --guest-kernel" } else { "" };
    let mut findings = vec![
        Finding {
            purpose: "memory: emulator",
            state: Ok(lab.image.emulator.version.clone()),
            remedy: FETCH.into(),
        },
        Finding {
            purpose: "memory: guest kernel",
            state: Ok(format!("Linux {}{given}", lab.image.release)),
            remedy: FETCH.into(),
        },
    ];
    if args.guest_accelerator == Accelerator::Kvm {
        let offered = File::options().read(true).write(true).open("/dev/kvm");
        findings.push(Finding {
            purpose: "memory: KVM",
            state: offered
                .map(|_| "/dev/kvm is usable".to_owned())
                .map_err(|error| format!("/dev/kvm: {error}")),
            remedy: "load kvm_intel or kvm_amd and join the group kvm, or omit --guest-accelerator"
                .into(),
        });
    }
    let built: Vec<_> = lab.modules.iter().map(|(name, _)| name.as_str()).collect();
    if !built.is_empty() {
        findings.push(modules(Ok(format!("{} compile", built.join(", ")))));
    }
    for (name, why) in &lab.unbuilt {
        findings.push(modules(Err(format!("{name}: {why}"))));
    }
    findings
}

/// The compiler for kernel modules, before the guest's kernel is known.
fn made() -> Finding {
    let found = Kbuild::find("").map(|kbuild| kbuild.compiler);
    modules(found.map_err(|error| format!("{error:#}").lines().next().unwrap_or("").to_owned()))
}

fn modules(state: Result<String, String>) -> Finding {
    Finding {
        purpose: "memory: kernel modules",
        state,
        remedy: "apt-get install gcc make libelf1".into(),
    }
}

/// Whether `program --version` succeeds.
fn works(program: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} --version: {status}")),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_does_not_count_as_there() {
        assert_eq!(works("true"), Ok(()));
        assert!(works("false").unwrap_err().contains("exit status: 1"));
        assert!(works("/nowhere/qemu").unwrap_err().contains("No such file"));
    }
}
