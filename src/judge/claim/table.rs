//! The one table of claims.
//!
//! Quotations are put in our words. What a record can't show is no claim here: that extraction into
//! /tmp was raced and attacked later (bcc#4213, CVE-2024-2314) is true or false without a figure.

use super::statement::{Claim, Test};
use super::{build, extract, memory, needs, size};
use crate::record::Axis::{Build, Extract, Memory, Size};

const THREAD: &str = "linux-kernel, “Re: [PATCH v5 1/3] Provide in-kernel headers to make \
                      extending kernel easier” (lkml.org)";
const PATCH: &str = "linux-kernel, “[PATCH v5 1/3] Provide in-kernel headers to make extending \
                     kernel easier”, 20 March 2019";
const COLUMN: &str = "Linux Journal, Zack Brown, “Exporting Kernel Headers”, \
                      www.linuxjournal.com/content/exporting-kernel-headers";
const SQUASH: &str = "linux-kernel, “Re: [RFC] Provide in-kernel headers for making it easy to extend \
                      the kernel”, 7 March 2019, \
                      lkml.iu.edu/hypermail/linux/kernel/1903.0/05020.html; and Linux Journal, \
                      www.linuxjournal.com/content/exporting-kernel-headers";
const JOEL: &str = "Joel Fernandes";
const OLOF: &str = "Olof Johansson";
const CHRISTOPH: &str = "Christoph Hellwig";
const GREG: &str = "Greg Kroah-Hartman";
const MAIL: &str = "8 April 2019";

/// Every claim, in the order of the debate.
pub const CLAIMS: &[Claim] = &[
    Claim {
        id: "total-memory",
        who: JOEL,
        when: "versions 2 to 5 of the patch, 2019",
        source: PATCH,
        statement: "All the memory that is needed is 3.8 MB.",
        predicts: "The module with the archive takes at most 3.8 MB, or 10 % more. What a tool \
                   extracts to memory is not part of the claim and is listed separately.",
        needs: &[Memory],
        test: Test::Each(memory::total),
    },
    Claim {
        id: "uncompressed-size",
        who: JOEL,
        when: MAIL,
        source: THREAD,
        statement: "Uncompressed, the headers are huge: about 30 MB.",
        predicts: "They take 30 MB within 10 %, however it is counted.",
        needs: &[Size],
        test: Test::Each(size::uncompressed),
    },
    Claim {
        id: "in-memory-waste",
        who: JOEL,
        when: MAIL,
        source: THREAD,
        statement: "A file system of the headers in memory would waste a lot of it.",
        predicts: "Each access method that gives files takes more than twice the unreclaimable \
                   memory of the module with the archive, after everything was read.",
        needs: &[Memory],
        test: Test::Each(memory::in_memory),
    },
    Claim {
        id: "per-file-too-slow",
        who: JOEL,
        when: MAIL,
        source: THREAD,
        statement: "Compressing each file separately takes too long in a kernel build.",
        predicts: "Every per-file form takes longer to build than tar.xz-6, beyond noise.",
        needs: &[Build],
        test: Test::Each(build::per_file),
    },
    Claim {
        id: "archive-is-fast",
        who: JOEL,
        when: MAIL,
        source: THREAD,
        statement: "The archive is built extremely fast.",
        predicts: "Every per-file and squashfs form takes longer to build than tar.xz-6, beyond \
                   noise.",
        needs: &[Build],
        test: Test::Each(build::archive_is_fast),
    },
    Claim {
        id: "squashfs-larger",
        who: JOEL,
        when: MAIL,
        source: THREAD,
        statement: "Squashfs may compress worse than the archive.",
        predicts: "Every squashfs form is larger than tar.xz-6.",
        needs: &[Size],
        test: Test::Each(size::squashfs),
    },
    Claim {
        id: "squashfs-needs-tools",
        who: JOEL,
        when: MAIL,
        source: THREAD,
        statement: "Squashfs needs squashfs-tools on the build host; without it the kernel build \
                    breaks.",
        predicts: "mksquashfs is a tool that a kernel build does not call today, and the images \
                   of the result were written by an installed tool, not by a library.",
        needs: &[Size],
        test: Test::Each(needs::tool_for_squashfs),
    },
    Claim {
        id: "load-extract-unload",
        who: JOEL,
        when: MAIL,
        source: THREAD,
        statement: "To have the headers uncompressed in memory, load the module, extract to tmpfs \
                    and unload the module.",
        predicts: "Unloading after the extraction frees at least half of the memory of the \
                   module, and removing the files all but 128 KiB of the rest.",
        needs: &[Memory],
        test: Test::Each(memory::way_out),
    },
    Claim {
        id: "v6-smaller",
        who: JOEL,
        when: MAIL,
        source: THREAD,
        statement: "Version 6 drops the files that build modules and keeps only the headers, so \
                    it is smaller than version 5.",
        predicts: "tar.xz-6 of the headers is smaller than of the v5-like set of the same kernel.",
        needs: &[Size],
        test: Test::Together(size::without_artifacts),
    },
    Claim {
        id: "extraction-is-awkward",
        who: OLOF,
        when: MAIL,
        source: THREAD,
        statement: "Copying and extracting the archive is the most awkward step.",
        predicts: "Extraction is more than half of the time until a tool has compiled its first \
                   program.",
        needs: &[Extract],
        test: Test::Each(extract::most_of_the_wait),
    },
    Claim {
        id: "kernel-memory-wasted",
        who: OLOF,
        when: MAIL,
        source: THREAD,
        statement: "The archive wastes kernel memory; built as a module, that can be avoided.",
        predicts: "At least half of the archive’s size is unreclaimable after it was read, and \
                   less than half after its module is unloaded.",
        needs: &[Size, Memory],
        test: Test::Each(memory::avoidable),
    },
    Claim {
        id: "squashfs-mountable",
        who: OLOF,
        when: MAIL,
        source: THREAD,
        statement: "A squashfs image could be mounted through a loop device, with no step to \
                    extract it.",
        predicts: "Every image was mounted and a header read through the kernel.",
        needs: &[Extract],
        test: Test::Each(extract::mountable),
    },
    Claim {
        id: "never-out-of-step",
        who: OLOF,
        when: MAIL,
        source: THREAD,
        statement: "A file system or an image that the kernel itself provides is never out of \
                    step with the kernel that runs.",
        predicts: "The headers were mounted straight from a module of the running kernel, with no \
                   copy that could be another kernel’s.",
        needs: &[Memory],
        test: Test::Each(memory::in_step),
    },
    Claim {
        id: "unload-wastes-nothing",
        who: GREG,
        when: "March 2019",
        source: SQUASH,
        statement: "A compressed archive lets anyone do what they need; unload the module and \
                    nothing is wasted.",
        predicts: "After the module is unloaded at most 128 KiB are unreclaimable, before and \
                   after the archive is extracted to memory.",
        needs: &[Memory],
        test: Test::Each(memory::unloaded),
    },
    Claim {
        id: "horrible-waste",
        who: CHRISTOPH,
        when: "2019",
        source: COLUMN,
        statement: "The archive in the kernel is a horrible waste of memory.",
        predicts: "At least half of the archive’s size is unreclaimable after it was read.",
        needs: &[Size, Memory],
        test: Test::Each(memory::kept),
    },
    Claim {
        id: "initramfs",
        who: CHRISTOPH,
        when: "2019",
        source: COLUMN,
        statement: "Unpacking an archive from the initramfs wastes less memory.",
        predicts: "The headers unpacked in memory, as in an initramfs, take less unreclaimable \
                   memory than the archive in a module.",
        needs: &[Memory],
        test: Test::Each(memory::initramfs),
    },
    Claim {
        id: "file-system-simpler",
        who: "H. Peter Anvin",
        when: "2019",
        source: COLUMN,
        statement: "A file system that can be mounted would be simpler.",
        predicts: "Fewer steps lead to a usable header. Steps are not measured.",
        needs: &[Extract],
        test: Test::Each(extract::simpler),
    },
    Claim {
        id: "commit-figures",
        who: JOEL,
        when: "the commit merged for Linux 5.2",
        source: "commit 43d8ce9d65a5",
        statement: "The archive takes 3.3 MB of kernel memory; decompressed, the headers take \
                    42 MB.",
        predicts: "The module with the archive takes 3.3 MB, and the headers take 42 MB, as \
                   content, in whole pages and on tmpfs, each within 10 %.",
        needs: &[Size, Memory],
        test: Test::Each(memory::archive_and_headers),
    },
    Claim {
        id: "start-of-a-tool",
        who: JOEL,
        when: "12 April 2019",
        source: "github.com/iovisor/bcc/pull/2312",
        statement: "Extracting the archive adds about 400 ms to the start of a tool.",
        predicts: "Extracting all of tar.xz-6 takes 400 ms within a factor of 2, because it was \
                   measured on another machine.",
        needs: &[Extract],
        test: Test::Each(extract::at_start),
    },
    Claim {
        id: "no-op-rebuild",
        who: "Linus Torvalds",
        when: "9 May 2019",
        source: "linux-kernel, “Re: [GIT PULL] Driver core patches for 5.2-rc1”, \
                 lkml.iu.edu/hypermail/linux/kernel/1905.1/02128.html",
        statement: "After the same configuration is written again, a build with nothing to do \
                    takes 41.3 s instead of 29.4 s, because it makes the archive again.",
        predicts: "The kernel’s script takes 11.9 s, 29 % of that build, within a factor of 2, \
                   because it was measured on another machine. Without a run of the script, this \
                   program’s own collector and tar.xz-6 are used instead.",
        needs: &[Build],
        test: Test::Each(build::regenerated),
    },
];
