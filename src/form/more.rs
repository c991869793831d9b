//! Forms that a run measures only if --forms selects them.

use super::Form;
use super::archive::Container::Cpio;
use super::archive::{Archive, TAR};
use super::codec::{Gz, Xz, Zst};
use super::erofs::Erofs;
use super::squashfs::{self, Squashfs};

/// The forms beyond those of every run, in the order of reports.
pub static MORE: &[&dyn Form] = &[
    &Archive {
        id: "tar.xz-6t2",
        about: "tar, xz preset 6, 2 threads on equal blocks",
        container: TAR,
        codec: Xz::preset(6).two_threads(),
    },
    &Archive {
        id: "tar.zst-19t2",
        about: "tar, zstd level 19, 2 threads on equal work",
        container: TAR,
        codec: Zst::level(19).two_threads(),
    },
    &Archive {
        id: "cpio.gz-9",
        about: "cpio as an initramfs, gzip level 9: the kernel's default for one",
        container: Cpio,
        codec: Gz { level: 9 },
    },
    &Archive {
        id: "cpio.zst-19",
        about: "cpio as an initramfs, zstd level 19: the kernel's zstd for one",
        container: Cpio,
        codec: Zst::level(19),
    },
    &Squashfs {
        id: "squashfs.lz4-128k",
        about: "squashfs, lz4hc level 12, 128 KiB blocks",
        codec: squashfs::Codec::Lz4Hc,
        block: 128 << 10,
    },
    &Erofs {
        id: "erofs.lz4hc-64k",
        about: "erofs, lz4hc level 12, 64 KiB clusters, by mkfs.erofs",
        compressor: "lz4hc",
        level: 12,
        cluster: 64 << 10,
        options: "ztailpacking",
        since: "1.5",
    },
    &Erofs {
        id: "erofs.lzma-64k",
        about: "erofs, lzma level 9, 64 KiB clusters, small files together, by mkfs.erofs",
        compressor: "lzma",
        level: 9,
        cluster: 64 << 10,
        options: "all-fragments",
        since: "1.7",
    },
    &Erofs {
        id: "erofs.zst15-64k",
        about: "erofs, zstd level 15, 64 KiB clusters, small files together, by mkfs.erofs",
        compressor: "zstd",
        level: 15,
        cluster: 64 << 10,
        options: "all-fragments",
        since: "1.8",
    },
];
