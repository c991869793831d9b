//! The program inside the guest: the first process of its kernel, without shell or tools.

mod child;
mod clock;
mod console;
pub mod counters;
mod log;
mod loopdev;
pub mod place;
mod steps;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, reboot};

use super::protocol::Report;
use super::{launch, script};
use console::Console;
use place::{HOME, SCRIPT, TOKEN};

/// Alternative entry points of the program when it runs as part of the test VM:
/// as the first process of a guest, as a child of that, or as the launcher of an emulator.
pub fn hook() -> Option<ExitCode> {
    let mut words = std::env::args_os();
    let name = words.next().unwrap_or_default();
    let done = if std::process::id() == 1 && Path::new(HOME).join(SCRIPT).is_file() {
        first_process()
    } else if name == OsStr::new(child::NAME) {
        child::serve(&words.next().unwrap_or_default().to_string_lossy())
    } else if name == OsStr::new(launch::NAME) {
        launch::serve(words)
    } else {
        return None;
    };
    Some(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kheaders-bench: {error:#}");
            ExitCode::FAILURE
        }
    })
}

/// The whole life of the guest.
fn first_process() -> Result<()> {
    let done = serve();
    if let Err(error) = &done {
        eprintln!("kheaders-bench in the guest: {error:#}");
    }
    rustix::fs::sync();
    // Power goes off; where it does not, the emulator ends by its -no-reboot.
    let _ = reboot(RebootCommand::PowerOff);
    let _ = reboot(RebootCommand::Restart);
    done
}

fn serve() -> Result<()> {
    for (kind, dir) in
        [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp")]
    {
        fs::create_dir_all(dir).with_context(|| dir.to_owned())?;
        mount(kind, dir, kind, MountFlags::empty(), None).with_context(|| dir.to_owned())?;
    }
    let file = |name: &str| {
        let path = Path::new(HOME).join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let mut voice = Console { token: file(TOKEN)?.trim().to_owned(), number: 0 };
    let name = rustix::system::uname();
    voice.say(&Report::Hello {
        kernel: format!(
            "{} {}",
            name.release().to_string_lossy(),
            name.version().to_string_lossy()
        ),
        cpus: std::thread::available_parallelism()?.get() as u64,
        memory: rustix::system::sysinfo().totalram,
    })?;
    steps::take(&script::parse(&file(SCRIPT)?)?, &mut voice)?;
    voice.say(&Report::Bye)
}
