//! One boot of a guest: starts the emulator, reads its console, always ends it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver as Channel, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::fs::{MemfdFlags, memfd_create};
use sha2::{Digest as _, Sha256};

use super::inside::place::{HOME, MODULES, SCRIPT, TOKEN};
use super::protocol;
use super::protocol::{Receiver, Report};
use super::test_vm::{Machine, TestVm};
use super::{initramfs, launch};

/// What goes into a guest.
#[derive(Debug, Default)]
pub struct Load {
    /// The steps, as [`super::script`] has them.
    pub script: String,
    pub modules: Vec<(String, Vec<u8>)>,
    pub files: Vec<(PathBuf, PathBuf)>,
}

/// The kernel command line. Quiet, but with errors. Without `nokaslr` the layout, and so
/// the figures, vary. Mitigations cost a third of the time under emulation, clearing each page that is
/// allocated a twentieth, and neither holds anything. The check of the timer panics where a busy host is
/// late with an interrupt. To calibrate the APIC's timer is to wait for a tenth of a second in a loop,
/// which is half of a boot where instructions are counted; the crypto code's tests of itself are a tenth of
/// the rest.
pub const COMMAND_LINE: &str = "console=ttyS0 quiet nokaslr mitigations=off init_on_alloc=0 no_timer_check nolapic_timer cryptomgr.notests panic=-1 panic_on_oops=1";
/// Number of last console lines in the error of a guest.
const LAST: usize = 8;
/// Messages of a kernel that crashes.
const FATAL: [&str; 6] =
    ["Kernel panic", "BUG:", "kernel BUG at", "Oops:", "Out of memory", "sysrq: Trigger a crash"];
/// Poll interval.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Time limit for the shutdown of a guest.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

impl TestVm {
    /// Boots a guest with `load`, and shows `each` every report, in order. `stop` is asked now and then
    /// whether to give up.
    ///
    /// # Errors
    /// The guest did not come, fell silent, died or garbled a report: with the last lines of its
    /// console. Also I/O errors and those of `each`.
    pub fn boot(
        &self,
        load: &Load,
        stop: &dyn Fn() -> Result<()>,
        each: &mut dyn FnMut(Report) -> Result<()>,
    ) -> Result<()> {
        let token = token(&load.script);
        let archive = pack(&self.program, load, &token).context("the guest's first file system")?;
        let mut guest = Guest::start(self, &archive)?;
        let heard = guest.listen(&token, self.machine, stop, each);
        heard.with_context(|| guest.last())
    }
}

/// Sixteen hex digits that no kernel message has: of the script, so that the same script makes the
/// same guest.
fn token(script: &str) -> String {
    crate::tree::hex(&Sha256::digest(script)[..8])
}

/// Packs in memory: nothing is left on disk, however this process ends.
fn pack(program: &Path, load: &Load, token: &str) -> Result<File> {
    let file = File::from(memfd_create("kheaders-guest", MemfdFlags::CLOEXEC)?);
    let mut out = initramfs::Archive::new(program, BufWriter::new(&file))?;
    let home = Path::new(HOME).strip_prefix("/").unwrap_or(Path::new(HOME));
    out.file(&home.join(TOKEN), token.as_bytes())?;
    out.file(&home.join(SCRIPT), load.script.as_bytes())?;
    for (name, module) in &load.modules {
        out.file(&home.join(MODULES).join(format!("{name}.ko")), module)?;
    }
    for (inside, path) in &load.files {
        let content = std::fs::read(path).with_context(|| path.display().to_string())?;
        out.file(inside.strip_prefix("/").unwrap_or(inside), &content)?;
    }
    out.finish()?;
    Ok(file)
}

/// An emulator at work; dropping it kills it.
struct Guest {
    child: Child,
    console: Channel<String>,
    last: VecDeque<String>,
    /// The first line of a crash; registers and addresses follow it.
    end: Option<String>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Guest {
    fn start(lab: &TestVm, archive: &File) -> Result<Self> {
        let TestVm { image, machine, .. } = lab;
        let archive = format!("/proc/{}/fd/{}", std::process::id(), archive.as_raw_fd());
        let mut command = launch::command(&lab.program, &image.emulator.program);
        if !image.emulator.libraries.is_empty() {
            command.env("LD_LIBRARY_PATH", std::env::join_paths(&image.emulator.libraries)?);
        }
        if let Some(parts) = &image.emulator.parts {
            command.env("QEMU_MODULE_DIR", parts);
        }
        for folder in &image.emulator.firmware {
            command.arg("-L").arg(folder);
        }
        command.args(lab.accelerator.options());
        command.args(["-M", "pc", "-nodefaults", "-display", "none", "-no-reboot"]);
        command.args(["-monitor", "none", "-serial", "stdio"]);
        command.arg("-m").arg(machine.memory.to_string());
        command.arg("-smp").arg(machine.cpus.to_string());
        command.arg("-kernel").arg(&image.kernel).arg("-initrd").arg(archive);
        command.args(["-append", COMMAND_LINE]).stdin(Stdio::null());
        Self::listened_to(command)
    }

    fn listened_to(mut command: Command) -> Result<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("QEMU")?;
        let (send, console) = sync_channel(1024);
        for pipe in [
            child.stdout.take().map(|out| Box::new(out) as Box<dyn std::io::Read + Send>),
            child.stderr.take().map(|out| Box::new(out) as Box<dyn std::io::Read + Send>),
        ] {
            let (Some(pipe), send) = (pipe, send.clone()) else { continue };
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    if send.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Ok(Self { child, console, last: VecDeque::new(), end: None })
    }

    /// Calls `each` with every report until the last one.
    fn listen(
        &mut self,
        token: &str,
        machine: Machine,
        stop: &dyn Fn() -> Result<()>,
        each: &mut dyn FnMut(Report) -> Result<()>,
    ) -> Result<()> {
        let mut receiver = Receiver::default();
        let mut limit = machine.hello;
        let mut heard = Instant::now();
        let mut starved = self.starved();
        loop {
            stop()?;
            let report = match self.console.recv_timeout(POLL_INTERVAL) {
                Ok(line) => {
                    let report = protocol::decode::<Report>(token, &line);
                    if report.is_none() {
                        self.keep(line);
                    }
                    report
                }
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => bail!("the guest died"),
            };
            let Some((number, report)) = report else {
                // Looked at first, as asking for the other costs more than many lines do.
                if heard.elapsed() > limit {
                    let waited = self.starved().saturating_sub(starved);
                    if heard.elapsed().saturating_sub(waited) > limit {
                        bail!("the guest sent no report for {} s", limit.as_secs());
                    }
                }
                continue;
            };
            // Only a report resets the clock: a kernel that complains for ever has hung as well.
            heard = Instant::now();
            starved = self.starved();
            limit = machine.silence;
            if receiver.admit(number).map_err(anyhow::Error::msg)? {
                let bye = report == Report::Bye;
                each(report)?;
                if bye {
                    return self.part();
                }
            }
        }
    }

    /// How long the emulator's thread that waited most for a processor of the host did so: a machine
    /// that is busy makes no guest hang. Zero if the host's kernel has no such counter.
    fn starved(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let waited = |thread: std::fs::DirEntry| -> Option<u64> {
            let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split_ascii_whitespace().nth(1)?.parse().ok()
        };
        let most = threads.into_iter().flatten().flatten().filter_map(waited).max();
        Duration::from_nanos(most.unwrap_or(0))
    }

    fn keep(&mut self, line: String) {
        if !line.trim().is_empty() && !line.starts_with('@') {
            if self.end.is_none() && FATAL.iter().any(|words| line.contains(words)) {
                self.end = Some(line.clone());
            }
            self.last.push_back(line);
            if self.last.len() > LAST {
                self.last.pop_front();
            }
        }
    }

    /// Gives the guest time to power off; the one that drops it kills what stays.
    fn part(&mut self) -> Result<()> {
        let end = Instant::now() + SHUTDOWN_TIMEOUT;
        while self.child.try_wait()?.is_none() && Instant::now() < end {
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    fn last(&self) -> String {
        let lines: Vec<_> = self.end.iter().chain(self.last.iter()).map(String::as_str).collect();
        match lines.as_slice() {
            [] => "the console was empty".to_owned(),
            lines => format!("the console ended with: {}", lines.join(" / ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_that_chatters_and_reports_nothing_is_given_up() {
        let mut chatter = Command::new("sh");
        chatter.stdin(Stdio::null());
        chatter.args(["-c", "while :; do echo 'rcu: INFO: self-detected stall'; done"]);
        let mut guest = Guest::listened_to(chatter).unwrap();
        let machine = Machine { hello: Duration::from_secs(1), ..Machine::default() };
        let started = Instant::now();
        let stop = || match started.elapsed() < Duration::from_secs(30) {
            true => Ok(()),
            false => bail!("nobody gave it up"),
        };
        let error = guest.listen("c0ffee", machine, &stop, &mut |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "the guest sent no report for 1 s");
        assert!(guest.last().ends_with("self-detected stall"), "{}", guest.last());
    }
}
