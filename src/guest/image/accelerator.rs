//! The QEMU accelerators.

use std::fmt;

/// How QEMU runs the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Accelerator {
    /// Emulation with a clock that counts instructions: exact figures
    #[default]
    Icount,
    /// Emulation with the host's clock: noisy figures, no instruction counts
    Tcg,
    /// Hardware virtualization: noisy figures, no instruction counts
    Kvm,
}

impl Accelerator {
    /// Its name in a result file.
    pub fn id(self) -> &'static str {
        match self {
            Accelerator::Icount => "icount",
            Accelerator::Tcg => "tcg",
            Accelerator::Kvm => "kvm",
        }
    }

    /// Whether a guest does the same, to the byte and the instruction, each time it is booted.
    pub fn is_exact(self) -> bool {
        self == Accelerator::Icount
    }

    /// The emulator's options for it.
    ///
    /// TCG goes without the flags that make the kernel copy by `rep movsb`, which it runs byte by
    /// byte. For `Icount` everything that comes from outside the guest is fixed: the clock advances
    /// by 1 ns an instruction and skips idle time (`shift=0,sleep=off`), the date is this one, and
    /// random numbers come from a seed (`docs/system/replay.rst` and `docs/devel/tcg-icount.rst` of
    /// QEMU).
    pub(crate) fn options(self) -> &'static [&'static str] {
        match self {
            Accelerator::Icount => &[
                "-accel",
                "tcg,thread=single",
                "-icount",
                "shift=0,sleep=off",
                "-rtc",
                "base=2026-01-01T00:00:00,clock=vm",
                "-seed",
                "1",
                "-cpu",
                "max,-erms,-fsrm,-rdrand,-rdseed",
            ],
            Accelerator::Tcg => &["-accel", "tcg,thread=multi", "-cpu", "max,-erms,-fsrm"],
            Accelerator::Kvm => &["-accel", "kvm", "-cpu", "host"],
        }
    }
}

impl fmt::Display for Accelerator {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(self.id())
    }
}
