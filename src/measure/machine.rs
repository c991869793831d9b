//! Properties of this machine: processor, memory, kernel, governor, load.

use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::record::{Machine, Tool};
use crate::tree::hex;

/// The value of a property that can't be read.
pub const UNREADABLE: &str = "not readable";

/// Reads this machine. `storage` describes the file systems of the work folders.
pub fn this(storage: String, tools: Vec<Tool>) -> Machine {
    let uname = rustix::system::uname();
    let part = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let kernel =
        [uname.sysname(), uname.release(), uname.version(), uname.machine()].map(part).join(" ");
    Machine {
        id: id(),
        cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| UNREADABLE.to_owned()),
        cores: cores(),
        memory: memory(),
        kernel,
        os: os(),
        governor: governor(),
        load: load().map_or_else(|| UNREADABLE.to_owned(), |load| load.to_string()),
        virtualization: virtualization(),
        storage,
        tools,
    }
}

/// The load average over one minute, where it can be read.
pub fn load() -> Option<f64> {
    read("/proc/loadavg").split(' ').next()?.parse().ok()
}

/// Why timings taken now would be worse than this machine's own, if they would: other work keeps
/// more than half of its processors busy.
pub fn busy() -> Option<String> {
    let (load, cores) = (load()?, cores());
    (load > cores as f64 / 2.0)
        .then(|| format!("the machine is busy (load {load} on {cores} CPUs)"))
}

fn cores() -> u64 {
    std::thread::available_parallelism().map_or(0, |cores| cores.get() as u64)
}

/// The version that `program` gives of itself in the first line it prints, or why not.
pub fn tool(program: &str) -> Tool {
    let version = match Command::new(program).arg("--version").output() {
        Ok(said) => {
            let text = [said.stdout, said.stderr].concat();
            String::from_utf8_lossy(&text).lines().next().unwrap_or("").trim().to_owned()
        }
        Err(error) => format!("missing: {error}"),
    };
    Tool { name: program.to_owned(), version }
}

/// Tells machines apart without naming one: the first 12 digits of a hash over the machine's id, its name
/// and its processor. The name is in it as containers of one image have one id, or none.
fn id() -> String {
    let seed = [read("/etc/machine-id"), read("/proc/sys/kernel/hostname"), cpu_flags()].concat();
    let mut digest = hex(&Sha256::digest(format!("kheaders-bench {seed}")));
    digest.truncate(12);
    digest
}

fn cpu_flags() -> String {
    field("/proc/cpuinfo", "flags").unwrap_or_default()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| UNREADABLE.to_owned(), |text| text.trim().to_owned())
}

/// The value behind `name` and a colon, in the first line of `path` that has it.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start().strip_prefix(':')?.trim().to_owned())
}

fn memory() -> u64 {
    let kib = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn os() -> String {
    let text = read("/etc/os-release");
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| UNREADABLE.to_owned(), |name| name.trim_matches('"').to_owned())
}

/// The frequency governor of the first processor.
pub fn governor() -> String {
    read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
}

/// The hypervisor or container; `none` on bare metal.
pub fn virtualization() -> String {
    let container =
        ["/.dockerenv", "/run/.containerenv"].iter().any(|path| Path::new(path).exists());
    let hypervisor = cpu_flags().split(' ').any(|flag| flag == "hypervisor");
    match (container, hypervisor) {
        (true, true) => "a container in a virtual machine".to_owned(),
        (true, false) => "a container".to_owned(),
        (false, true) => match fs::read_to_string("/sys/class/dmi/id/sys_vendor") {
            Ok(vendor) => format!("a virtual machine ({})", vendor.trim()),
            Err(_) => "a virtual machine".to_owned(),
        },
        (false, false) => "none".to_owned(),
    }
}
