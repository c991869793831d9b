//! The guest of the memory axis.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source::Source;

/// What a delivery may leave behind when all of it is taken away, bytes: partly filled slabs.
pub const LEFT_BEHIND: u64 = 128 << 10;

/// What it may leave behind on each further processor, bytes: a worker thread of the kernel that was first
/// needed there and stays. Its stack has 16 KiB, and its task and its signal handlers may need a new
/// slab of 32 KiB each (x86-64, Linux 6.12: `THREAD_SIZE`, `task_struct`, `sighand_cache`).
pub const WORKER: u64 = (16 + 32 + 32) << 10;

/// A booted kernel, and what cross-checks its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guest {
    /// `uname -r` and `uname -v`.
    pub kernel: String,
    pub command_line: String,
    /// The options of its configuration that the figures depend on; `n` where one is not set,
    /// `unknown` where the configuration is not known.
    pub config: BTreeMap<String, String>,
    pub cpus: u64,
    /// Memory that the kernel manages, bytes.
    pub memory: u64,
    /// `icount` for software that counts instructions, `tcg` for software, `kvm`.
    pub accelerator: String,
    pub emulator: String,
    /// In how many orders each delivery was measured, each in a guest of its own. In result files of
    /// before this meaning: how often each was repeated.
    pub boots: u64,
    /// How long the memory axis took, seconds: from its beginning, and so with what it had to fetch and
    /// compile, to the end of the last guest. Absent in records of before this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// The packages that kernel and emulator came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Other counters, of the first order.
    pub checks: Vec<Check>,
}

impl Guest {
    /// A description of the guest.
    pub fn guest(&self) -> String {
        let cpus = if self.cpus == 1 { "CPU" } else { "CPUs" };
        format!("Linux {}, {} {cpus}, {}", self.kernel, self.cpus, self.accelerator)
    }

    /// Whether its figures repeat to the byte and the instruction.
    pub fn is_exact(&self) -> bool {
        self.accelerator == "icount"
    }

    /// All that memory figures depend on: those of a guest that differs in it do not compare.
    pub fn identity(&self) -> String {
        let Self { kernel, cpus, memory, accelerator, command_line, config, boots, .. } = self;
        let config: Vec<_> = config.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let config = config.join(" ");
        // A median over other orders is another figure, and another emulator another processor; noisy
        // boots are samples of one figure.
        let exact = match self.is_exact() {
            true => format!(", {boots} orders, {}", self.emulator),
            false => String::new(),
        };
        format!("{kernel}; {cpus} CPUs, {memory} B, {accelerator}{exact}; {command_line}; {config}")
    }
}

/// Other counters of the kernel in one state, relative to the base, bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub form: String,
    pub delivery: String,
    pub state: String,
    /// Pages not free, after settling: what the metric has as pinned.
    pub pinned: i64,
    /// Slab caches, after settling.
    pub slab: i64,
    /// The kernel's virtual mappings, after settling; a module's text and data are among them.
    pub vmalloc: i64,
    /// Total size of modules in `/proc/modules`.
    pub modules: i64,
    /// Files in memory, after settling.
    pub shmem: i64,
    /// The page cache before settling, files in memory included.
    pub page_cache: i64,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_guest_is_another_by_whatever_its_figures_depend_on_and_by_nothing_else() {
        let identity = |name: &str, value: Value| {
            let mut lab = json!({
                "kernel": "6.12 #1", "command_line": "quiet", "config": { "CONFIG_SQUASHFS": "y" },
                "cpus": 1, "memory": 1024, "accelerator": "kvm", "emulator": "QEMU 7.2",
                "boots": 3, "checks": [],
            });
            lab[name] = value;
            serde_json::from_value::<Guest>(lab).unwrap().identity()
        };
        let one = identity("boots", json!(3));
        assert_eq!(identity("boots", json!(1)), one);
        let exact = |boots: u64| {
            let mut lab: Guest = serde_json::from_value(json!({
                "kernel": "6.12 #1", "command_line": "quiet", "config": {}, "cpus": 1, "memory": 1024,
                "accelerator": "icount", "emulator": "QEMU 7.2", "boots": 1, "checks": [],
            }))
            .unwrap();
            lab.boots = boots;
            lab.identity()
        };
        assert_ne!(exact(1), exact(3));
        for (name, value) in [
            ("kernel", json!("6.12 #2")),
            ("command_line", json!("")),
            ("config", json!({ "CONFIG_SQUASHFS": "m" })),
            ("cpus", json!(2)),
            ("memory", json!(2048)),
            ("accelerator", json!("tcg")),
        ] {
            assert_ne!(identity(name, value), one, "{name}");
        }
    }
}
