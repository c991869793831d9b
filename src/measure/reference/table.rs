//! Reference tools such as tar, xz and mksquashfs, run alongside this program's forms.
//!
//! A reference is measured as a command, from the start of the program to its end, in a folder on
//! tmpfs that holds the headers as files. What is compared with it, this program's own command line, is
//! measured in the same way in the same folder, interleaved.

use super::tool::{CPIO, GZIP, MKSQUASHFS, PERL, TAR, Tool, UNSQUASHFS, XZ, ZSTD};
use crate::sys::huge_pages;

/// The id of `dataset collect`, from a kernel tree to its archive; the ids of its variants start with it.
pub const COLLECT: &str = "collect";

/// A row of the table.
#[derive(Debug)]
pub struct Reference {
    /// Its id: the row that it is compared with, and the tool.
    pub id: &'static str,
    /// The row that it is compared with: a form's id, or one that starts with [`COLLECT`].
    pub of: &'static str,
    pub form: &'static str,
    /// One line on what it is, for people.
    pub about: &'static str,
    pub tools: &'static [Tool],
    /// Every setting that changes bytes, in the words of the form's own settings.
    pub settings: &'static str,
    /// Remaining differences between both sides.
    pub notes: &'static [&'static str],
    pub(crate) kind: Kind,
}

/// Which programs do the work.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// tar, through a compressor.
    Tar { pack: &'static str, unpack: &'static str },
    /// mksquashfs and unsquashfs, with these options of the compressor.
    Squashfs { options: &'static [&'static str] },
    /// The kernel's `gen_kheaders.sh`; with these options of this program's own side.
    Script { own: &'static [&'static str] },
}

const PIPE: &str = "tar and the compressor are two processes that run side by side; this program reads \
                    all headers before it compresses, and decompresses in a thread of its own while \
                    others write files";
const JOBS: &str = "both sides compress in two threads; the tool cuts jobs of 32 MiB at this level, so that \
                    the second has little to do, this program two of equal work";
const HUGE: &str = "the kernel waits to be asked for huge pages: this program's build asks for them, and the \
                    tool, as it is called, does not";
const WRITERS: &str = "to extract, this program creates files from as many threads as there are processors, at \
                       most four, and the tool from one";
const BLOCKS: &str = "both sides compress and decompress on every processor, the tool by the libraries that it \
                      is linked with";
const WORKERS: &str = "both sides compress in two threads; the tool cuts blocks of 24 MiB at this preset, so that \
                       the second has less to do, this program two of equal size";
const STRIPS: &str = "the script copies the headers to a folder of its own, and strips them with eight \
                      processes of perl at a time, one for each file";
const METADATA: &str = "mksquashfs compresses the tables of an image, in blocks of 8 KiB, with a dictionary of \
                        8 KiB; this program with that of a block of data, as it does the headers";
const OWNER: &str = "run as root, unsquashfs sets the owner of each file too";

/// Every reference, in the order of reports.
pub static REFERENCES: &[Reference] = &[
    Reference {
        id: "tar.gz-9@gzip",
        of: "tar.gz-9",
        form: "tar.gz-9",
        about: "GNU tar and gzip -9",
        tools: &[TAR, GZIP],
        settings: "gzip level 9",
        notes: &[PIPE, WRITERS],
        kind: Kind::Tar { pack: "gzip -9n", unpack: "gzip -d" },
    },
    Reference {
        id: "tar.xz-6@xz",
        of: "tar.xz-6",
        form: "tar.xz-6",
        about: "GNU tar and xz -6 in 1 thread",
        tools: &[TAR, XZ],
        settings: "xz preset 6, CRC64, 1 thread",
        notes: &[PIPE, WRITERS],
        kind: Kind::Tar { pack: "xz -6 -T1", unpack: "xz -d -T1" },
    },
    Reference {
        id: "tar.xz-6t2@xz",
        of: "tar.xz-6t2",
        form: "tar.xz-6t2",
        about: "GNU tar and xz -6 in 2 threads",
        tools: &[TAR, XZ],
        settings: "xz preset 6, CRC64, 2 threads, blocks of 3 dictionaries",
        notes: &[PIPE, WORKERS, WRITERS],
        kind: Kind::Tar { pack: "xz -6 -T2", unpack: "xz -d -T1" },
    },
    Reference {
        id: "tar.zst-19@zstd",
        of: "tar.zst-19",
        form: "tar.zst-19",
        about: "GNU tar and zstd -19 without a worker",
        tools: &[TAR, ZSTD],
        settings: "zstd level 19, checksum, no worker",
        notes: &[PIPE, WRITERS],
        kind: Kind::Tar { pack: "zstd -19 --single-thread", unpack: "zstd -d" },
    },
    Reference {
        id: "tar.zst-19t2@zstd",
        of: "tar.zst-19t2",
        form: "tar.zst-19t2",
        about: "GNU tar and zstd -19 with two workers",
        tools: &[TAR, ZSTD],
        settings: "zstd level 19, checksum, 2 workers, jobs of 4 windows",
        notes: &[PIPE, JOBS, WRITERS],
        kind: Kind::Tar { pack: "zstd -19 -T2", unpack: "zstd -d" },
    },
    Reference {
        id: "squashfs.zst15-128k@mksquashfs",
        of: "squashfs.zst15-128k",
        form: "squashfs.zst15-128k",
        about: "mksquashfs and unsquashfs, zstd level 15, 128 KiB blocks",
        tools: &[MKSQUASHFS, UNSQUASHFS],
        settings: "zstd level 15, blocks of 131072 B",
        notes: &[BLOCKS, OWNER, WRITERS],
        kind: Kind::Squashfs {
            options: &["-comp", "zstd", "-Xcompression-level", "15", "-b", "131072"],
        },
    },
    Reference {
        id: "squashfs.xz-128k@mksquashfs",
        of: "squashfs.xz-128k",
        form: "squashfs.xz-128k",
        about: "mksquashfs and unsquashfs, xz, 128 KiB blocks",
        tools: &[MKSQUASHFS, UNSQUASHFS],
        settings: "xz preset 6, dictionary of a block, blocks of 131072 B",
        notes: &[BLOCKS, METADATA, OWNER, WRITERS],
        kind: Kind::Squashfs { options: &["-comp", "xz", "-b", "131072"] },
    },
    Reference {
        id: "collect@gen_kheaders",
        of: COLLECT,
        form: "tar.xz-6",
        about: "the kernel's gen_kheaders.sh, from kernel tree to archive",
        tools: &[TAR, XZ, CPIO, PERL],
        settings: "xz preset 6, CRC64, 1 thread",
        notes: &[STRIPS],
        kind: Kind::Script { own: &[] },
    },
    Reference {
        id: "collect-6t2@gen_kheaders",
        of: "collect-6t2",
        form: "tar.xz-6t2",
        about: "the kernel's gen_kheaders.sh, compared with this program on two threads",
        tools: &[TAR, XZ, CPIO, PERL],
        settings: "xz preset 6, CRC64, 1 thread",
        notes: &[STRIPS],
        kind: Kind::Script { own: &["--threads", "2"] },
    },
];

impl Reference {
    /// Its programs, each with its version.
    ///
    /// # Errors
    /// One is not there.
    pub fn tool(&self) -> Result<String, String> {
        let said: Result<Vec<_>, _> = self.tools.iter().map(Tool::version).collect();
        Ok(said?.join("; "))
    }

    /// What is not alike on both sides, on this machine.
    pub(crate) fn notes(&self) -> Vec<String> {
        let wanted = huge_pages::wanted().then_some(HUGE);
        self.notes.iter().copied().chain(wanted).map(str::to_owned).collect()
    }

    /// Whether it is the kernel's own script, which needs the folders of a kernel.
    pub fn is_script(&self) -> bool {
        matches!(self.kind, Kind::Script { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;

    #[test]
    fn a_reference_has_the_settings_of_the_form_it_stands_beside() {
        // Threads may differ on purpose: the difference is shown with each ratio.
        let unlike = |one: &Reference| [JOBS, WORKERS].iter().any(|why| one.notes.contains(why));
        let alike = |one: &&Reference| (one.of == one.form || one.of == COLLECT) && !unlike(one);
        for reference in REFERENCES.iter().filter(alike) {
            let form = form::by_id(reference.form).unwrap();
            assert_eq!(reference.settings, form.settings(), "{}", reference.id);
        }
    }

    #[test]
    fn ids_name_the_row_and_no_row_has_two_references() {
        for (at, reference) in REFERENCES.iter().enumerate() {
            let named = reference.id.strip_prefix(reference.of).unwrap();
            assert!(named.len() > 1 && named.starts_with('@'), "{}", reference.id);
            assert!(REFERENCES[..at].iter().all(|other| other.of != reference.of));
        }
    }
}
