//! The host's C compiler, used as a tracing tool uses it: on a program that includes kernel headers.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::kbuild::arch;
use crate::tree::TreePath;

/// The program that is compiled, and whose headers are read, where the set names no other: what a tracing
/// tool's program includes first.
pub const PROGRAM: &str = "#include <linux/sched.h>\n";

/// A C compiler that can read the kernel headers of one architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiler {
    cc: PathBuf,
    /// The version line of `cc --version`.
    pub version: String,
    arch: String,
}

/// The flags of the kernel's Makefiles for an architecture, as far as headers depend on them
/// (`arch/x86/Makefile`, `arch/arm64/Makefile`).
const ARCHES: &[(&str, &[&str])] = &[
    (
        "x86",
        &[
            "-m64",
            "-mno-sse",
            "-mno-mmx",
            "-mno-avx",
            "-mcmodel=kernel",
            "-mno-red-zone",
            "-fcf-protection=branch",
        ],
    ),
    ("arm64", &["-mgeneral-regs-only", "-mabi=lp64"]),
];

/// The include path of `LINUXINCLUDE` in the kernel's top Makefile; `{}` is the architecture.
const INCLUDES: &[&str] = &[
    "arch/{}/include",
    "arch/{}/include/generated",
    "include",
    "arch/{}/include/uapi",
    "arch/{}/include/generated/uapi",
    "include/uapi",
    "include/generated/uapi",
];

/// The headers that Kbuild includes before every file.
const PREINCLUDES: &[&str] = &[
    "include/linux/compiler-version.h",
    "include/linux/kconfig.h",
    "include/linux/compiler_types.h",
];

impl Compiler {
    /// The compiler of this machine for headers of `arch`.
    ///
    /// # Errors
    /// There is none, or it compiles for another architecture.
    pub fn find(name: &str) -> Result<Self> {
        if name != arch::host() {
            bail!("the headers are for {name}, the C compiler is for {}", arch::host());
        }
        if !ARCHES.iter().any(|(kernel, ..)| *kernel == name) {
            bail!("unsupported architecture for compiling: {name}");
        }
        let cc = PathBuf::from(std::env::var_os("CC").unwrap_or_else(|| OsString::from("cc")));
        let said = Command::new(&cc).arg("--version").output();
        let said = said.with_context(|| format!("{}: no C compiler", cc.display()))?;
        let version = String::from_utf8_lossy(&said.stdout).lines().next().unwrap_or("").to_owned();
        Ok(Self { cc, version, arch: name.to_owned() })
    }

    /// Checks that `program`, a C file, compiles against the headers in the folder `root`.
    ///
    /// # Errors
    /// It does not compile; the error is the first one of the compiler.
    pub fn check(&self, root: &Path, program: &Path) -> Result<()> {
        self.run(root, program, "-fsyntax-only").map(drop)
    }

    /// The headers below `root` that `program`, a C file, reads: its closure, in canonical order.
    ///
    /// # Errors
    /// It does not compile.
    pub fn closure(&self, root: &Path, program: &Path) -> Result<Vec<TreePath>> {
        let rule = self.run(root, program, "-M")?;
        let root = fs::canonicalize(root).with_context(|| root.display().to_string())?;
        let mut headers = BTreeSet::new();
        // A make rule: `program.o: a.h b.h \`, spaces in names escaped by a backslash; no header
        // of a kernel has one.
        for word in rule.split(|byte| byte.is_ascii_whitespace() || *byte == b'\\').skip(1) {
            let path = Path::new(std::ffi::OsStr::from_bytes(word));
            let Ok(below) = path.strip_prefix(&root) else { continue };
            // Names such as `include/asm/../x.h` become what they mean.
            let real = fs::canonicalize(path).with_context(|| path.display().to_string())?;
            let below = real.strip_prefix(&root).unwrap_or(below);
            headers.insert(TreePath::new(below.as_os_str().as_bytes())?);
        }
        Ok(headers.into_iter().collect())
    }

    fn run(&self, root: &Path, program: &Path, action: &str) -> Result<Vec<u8>> {
        let root = fs::canonicalize(root).with_context(|| root.display().to_string())?;
        let mut command = Command::new(&self.cc);
        command.args([action, "-w", "-nostdinc", "-std=gnu11", "-ffreestanding", "-fno-PIE"]);
        command.args(["-fshort-wchar", "-fno-strict-aliasing", "-D__KERNEL__"]);
        for (kernel, flags) in ARCHES {
            if *kernel == self.arch {
                command.args(*flags);
            }
        }
        for folder in INCLUDES {
            command.arg("-I").arg(root.join(folder.replace("{}", &self.arch)));
        }
        for file in PREINCLUDES {
            command.arg("-include").arg(root.join(file));
        }
        let done = command.arg(program).stdin(Stdio::null()).env("LC_ALL", "C").output();
        let done = done.with_context(|| self.cc.display().to_string())?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            let error = said
                .lines()
                .find(|line| line.contains("error"))
                .unwrap_or("failed without an error message");
            bail!("{}: {error}", self.cc.display());
        }
        Ok(done.stdout)
    }
}
