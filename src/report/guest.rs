//! The guest that kernel memory was measured in.

use crate::record::{Axis, Guest, Record, Unit};

use crate::record::units;

/// In how many boots a figure of `metric` with so many samples was measured, `1 boot`, where these
/// are fewer than the guest's.
pub(super) fn fewer_boots(record: &Record, metric: &str, samples: usize) -> Option<String> {
    let boots = record.laboratory.as_ref()?.boots;
    let samples = samples as u64;
    let fewer = Axis::of(metric) == Some(Axis::Memory) && (1..boots).contains(&samples);
    fewer.then(|| units::counted(samples, "boot"))
}

/// The kernel and machine that all figures of `record` are of, on one line.
pub(super) fn guest(record: &Record) -> Option<String> {
    record.laboratory.as_ref().map(line)
}

fn line(lab: &Guest) -> String {
    let release = lab.kernel.split(' ').next().unwrap_or_default();
    let accelerator = match lab.accelerator.as_str() {
        "icount" => "in software, instructions counted (icount)",
        "tcg" => "in software (TCG)",
        "kvm" => "by KVM",
        other => other,
    };
    // The configuration as the kernel's own files have it, shortened by what all have in common.
    let set = lab.config.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("CONFIG_SQUASHFS_")?;
        (value != "n")
            .then(|| if value == "y" { name.to_owned() } else { format!("{name}={value}") })
    });
    let set = set.collect::<Vec<_>>().join(", ");
    let boots = units::counted(lab.boots, if lab.is_exact() { "order" } else { "boot" });
    format!(
        "Linux {release}, {}, {} of memory, emulated {accelerator} by {}; {boots}; squashfs: {}",
        units::counted(lab.cpus, "CPU"),
        units::short(Unit::Bytes, lab.memory as f64),
        lab.emulator,
        if set.is_empty() { "configuration unknown" } else { &set },
    )
}
