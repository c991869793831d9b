//! Names of architectures.

use std::env::consts::ARCH;

/// What `uname -m`, `ARCH=` or a compiler calls an architecture, and its folder below `arch/`.
///
/// The `ARCH=` rows are those of the kernel's top `Makefile`, the others of
/// `scripts/subarch.include`.
const ALIASES: &[(&str, &str)] = &[
    ("aarch64", "arm64"),
    ("aarch64_be", "arm64"),
    ("amd64", "x86"),
    ("armhf", "arm"),
    ("armv6l", "arm"),
    ("armv7l", "arm"),
    ("i386", "x86"),
    ("i586", "x86"),
    ("i686", "x86"),
    ("loongarch64", "loongarch"),
    ("mips64", "mips"),
    ("parisc64", "parisc"),
    ("powerpc64", "powerpc"),
    ("ppc64", "powerpc"),
    ("ppc64el", "powerpc"),
    ("ppc64le", "powerpc"),
    ("riscv32", "riscv"),
    ("riscv64", "riscv"),
    ("s390x", "s390"),
    ("sparc32", "sparc"),
    ("sparc64", "sparc"),
    ("x86_64", "x86"),
];

/// The folder below `arch/` for the architecture `name`; the name itself where it is no alias.
pub fn folder(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, folder)| folder)
}

/// The folder below `arch/` for this machine.
pub fn host() -> &'static str {
    folder(ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lead_to_the_kernels_folders() {
        assert_eq!(folder("x86_64"), "x86");
        assert_eq!(folder("arm64"), "arm64");
        assert_eq!(folder("xtensa"), "xtensa");
    }
}
