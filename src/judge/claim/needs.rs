//! What a build host and a target need for each form, apart from this program.

use serde::Serialize;

use super::evidence::{counted, none};
use super::finding::{Evidence, Finding, Mark, Run};
use crate::record::figure::Absent;
use crate::record::{Nature, PREPARE, Unit, id};

/// The requirements of a family of forms.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BuildHost {
    pub prefix: &'static str,
    /// The programs that a kernel build would call to make it.
    pub host: &'static str,
    /// Whether that is beyond what the kernel's own build calls already.
    pub extra: bool,
    /// The requirements of the target's kernel and user space.
    pub target: &'static str,
    pub source: &'static str,
}

/// Collecting, and the families; the first matching prefix counts. The `cmd_*`
/// are rules of the kernel's `scripts/Makefile.lib`.
pub const NEEDS: &[BuildHost] = &[
    BuildHost {
        prefix: PREPARE,
        host: "cpio and perl, which collect and strip the headers for whatever form",
        extra: false,
        target: "nothing",
        source: "kernel/gen_kheaders.sh of 6.1 and 6.12",
    },
    BuildHost {
        prefix: "tree",
        host: "nothing more",
        extra: false,
        target: "room for the files",
        source: "–",
    },
    BuildHost {
        prefix: "tar.gz",
        host: "GNU tar, gzip",
        extra: false,
        target: "CONFIG_IKHEADERS or a file; tar and gzip to extract",
        source: "Documentation/process/changes.rst; cmd_gzip",
    },
    BuildHost {
        prefix: "tar.xz",
        host: "GNU tar, xz",
        extra: false,
        target: "CONFIG_IKHEADERS; tar and xz to extract",
        source: "kernel/gen_kheaders.sh; Documentation/process/changes.rst",
    },
    BuildHost {
        prefix: "tar.zst",
        host: "GNU tar, zstd",
        extra: false,
        target: "CONFIG_IKHEADERS or a file; tar and zstd to extract",
        source: "Documentation/process/changes.rst; cmd_zstd",
    },
    BuildHost {
        prefix: "tar",
        host: "GNU tar",
        extra: false,
        target: "CONFIG_IKHEADERS or a file; tar to extract",
        source: "Documentation/process/changes.rst",
    },
    BuildHost {
        prefix: "cpio.",
        host: "usr/gen_init_cpio, which the kernel’s build makes, and its compressor",
        extra: false,
        target: "CONFIG_BLK_DEV_INITRD with its decompressor; memory for all files at once",
        source: "usr/Makefile; usr/Kconfig",
    },
    BuildHost {
        prefix: "files.",
        host: "a packer of its own, which no distribution has",
        extra: true,
        target: "a new file system in the kernel, or a reader program",
        source: "src/container/packed of this project",
    },
    BuildHost {
        prefix: "squashfs.",
        host: "mksquashfs (squashfs-tools)",
        extra: true,
        target: "CONFIG_SQUASHFS with its decompressor, and a loop or block device; mount",
        source: "fs/squashfs/Kconfig; linux-kernel, 8 April 2019",
    },
    BuildHost {
        prefix: "erofs.",
        host: "mkfs.erofs (erofs-utils)",
        extra: true,
        target: "CONFIG_EROFS_FS_ZIP with its decompressor, and a loop or block device; mount",
        source: "fs/erofs/Kconfig",
    },
];

/// A note on what the table leaves out: writers in libraries.
pub const RUST_WRITER: &str = "A writer in Rust, as this program’s own of archives, per-file forms and \
     squashfs images, needs none of these tools, neither tar, xz and zstd nor mksquashfs. It needs a Rust \
     toolchain to be built, and a C compiler for the libraries of xz, zstd and lz4, which a kernel’s \
     build has anyway.";

/// The requirements of `form` besides collecting; `None` for an unknown family.
pub fn needs(form: &str) -> Option<&'static BuildHost> {
    NEEDS.iter().find(|needs| form.starts_with(needs.prefix))
}

/// Squashfs needs a tool on the build host, or the build breaks: so it is for a build that calls
/// mksquashfs, and not where a library wrote the record's images. A library's name in a record is
/// followed by `(crate)`.
pub(crate) fn tool_for_squashfs(run: Run) -> Result<Finding, Absent> {
    let mut exhibits = Vec::new();
    let mut absent = Vec::new();
    for info in run.record.forms.iter().filter(|info| info.id.starts_with("squashfs.")) {
        match run.figure(&info.id, id::SIZE_BYTES) {
            Ok(size) => {
                let library = info.tool.contains("(crate)");
                let mark = if library { Mark::Against } else { Mark::For };
                let mut exhibit = run.exhibit(&size, mark);
                exhibit.what = format!("{}, built by {}", exhibit.what, info.tool);
                exhibits.push(exhibit);
            }
            Err(why) => absent.push(why),
        }
    }
    if exhibits.is_empty() && absent.is_empty() {
        return Err(none("no squashfs form was run"));
    }
    if let Some(needs) = needs("squashfs.").filter(|needs| needs.extra && !exhibits.is_empty()) {
        exhibits.insert(0, fact(needs));
    }
    let depends =
        "on what writes the image: mksquashfs has to be installed, a library is part of a program";
    counted(exhibits, absent, depends)
}

/// The requirements of a build host, as evidence.
fn fact(needs: &BuildHost) -> Evidence {
    Evidence {
        label: needs.host.to_owned(),
        what: "beyond what a kernel build calls".to_owned(),
        unit: Unit::Bytes,
        nature: Nature::Exact,
        estimate: None,
        mark: Mark::For,
        places: Vec::new(),
    }
}
