//! Squashfs images, which are read by a library that was not written with harm in mind.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use backhand::compression::{CompressionAction, Compressor, DefaultCompressor};
use backhand::kind::Kind;
use backhand::{BackhandError, FilesystemCompressor, FilesystemWriter, NodeHeader, SuperBlock};
use kheaders_bench::form;
use kheaders_bench::form::Form;

use crate::sample::{MTIME, Random, peak, scratch};
use crate::{REASON, refused};

/// Leaves everything as it is: what is compressed to more than it was, backhand stores as it was.
struct Raw;

impl CompressionAction for Raw {
    type Error = BackhandError;
    type Compressor = Compressor;
    type FilesystemCompressor = FilesystemCompressor;
    type SuperBlock = SuperBlock;

    fn decompress(&self, _: &[u8], _: &mut Vec<u8>, _: Compressor) -> Result<(), BackhandError> {
        Err(BackhandError::Unreachable)
    }

    fn compress(
        &self,
        bytes: &[u8],
        _: FilesystemCompressor,
        _: u32,
    ) -> Result<Vec<u8>, BackhandError> {
        Ok(vec![0; bytes.len() + 1])
    }
}

/// An image whose inodes and directories are there to be seen and altered.
fn image(raw: bool, fill: impl FnOnce(&mut FilesystemWriter)) -> Vec<u8> {
    let mut image = io::Cursor::new(Vec::new());
    let mut writer = FilesystemWriter::default();
    writer.set_kind(if raw { Kind::new_v4(&Raw) } else { Kind::new_v4(&DefaultCompressor) });
    fill(&mut writer);
    let (_, length) = writer.write(&mut image).unwrap();
    let mut image = image.into_inner();
    image.truncate(length as usize);
    image
}

fn plain() -> NodeHeader {
    NodeHeader::new(0o755, 0, 0, MTIME)
}

fn squashfs() -> Arc<dyn Form> {
    form::by_id("squashfs.xz-128k").unwrap()
}

fn few(writer: &mut FilesystemWriter) {
    writer.push_dir("dir", plain()).unwrap();
    writer.push_dir("dir/below", plain()).unwrap();
    writer.push_file(&b"text"[..], "dir/below/file", plain()).unwrap();
    writer.push_file(io::repeat(7).take(9000), "dir/file", plain()).unwrap();
    writer.push_symlink("file", "dir/link", plain()).unwrap();
}

/// backhand is not to be brought down: not by a panic, an abort, a loop or a huge allocation.
fn survives(artifact: &Path, bytes: &[u8]) -> bool {
    fs::write(artifact, bytes).unwrap();
    let loaded = form::load(&*squashfs(), artifact);
    if let Err(error) = &loaded {
        let error = format!("{error:#}");
        assert!(error.contains("artifact") && !error.contains("gave up"), "{error}");
    }
    loaded.is_ok()
}

#[test]
fn no_flipped_bit_of_an_image_brings_its_reader_down() {
    let dir = scratch();
    let artifact = dir.path().join("artifact");
    let mut bytes = image(true, few);
    assert!(survives(&artifact, &bytes));
    // All but the content of the large file.
    let tail = bytes.iter().rposition(|&byte| byte == 7).unwrap() + 1;
    for at in (0..96).chain(tail..bytes.len()) {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            survives(&artifact, &bytes);
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(peak() < REASON, "{}", peak());
}

#[test]
fn no_random_alteration_of_an_image_brings_its_reader_down() {
    let dir = scratch();
    let artifact = dir.path().join("artifact");
    let images = [image(true, few), image(false, few)];
    let mut random = Random(11);
    for round in 0..20_000 {
        let mut bytes = images[round % 2].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            // Values at the edge of what a field may be are the likeliest to hurt.
            let field = [0, 1, 0x7f, 0x80, 0xff, random.below(256) as u8][random.below(6)];
            let width = [1, 2, 4, 8][random.below(4)];
            let end = (at + width).min(bytes.len());
            bytes[at..end].fill(field);
        }
        survives(&artifact, &bytes);
    }
    let mut noise: Vec<u8> = (0..4096).map(|_| random.below(256) as u8).collect();
    noise[..4].copy_from_slice(b"hsqs");
    assert!(!survives(&artifact, &noise));
    assert!(peak() < REASON, "{}", peak());
}

/// Offset and width of every field of the superblock, from the kernel's `squashfs_fs.h`.
const SUPERBLOCK: &[(usize, usize)] = &[
    (0, 4),
    (4, 4),
    (8, 4),
    (12, 4),
    (16, 4),
    (20, 2),
    (22, 2),
    (24, 2),
    (26, 2),
    (28, 2),
    (30, 2),
    (32, 8),
    (40, 8),
    (48, 8),
    (56, 8),
    (64, 8),
    (72, 8),
    (80, 8),
    (88, 8),
];

#[test]
fn no_superblock_brings_its_reader_down() {
    let dir = scratch();
    let artifact = dir.path().join("artifact");
    for whole in [image(true, few), image(false, few)] {
        for &(at, width) in SUPERBLOCK {
            let own = whole[at..at + width].iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
            for value in [
                0,
                1,
                2,
                95,
                96,
                97,
                own.wrapping_add(1),
                own.wrapping_sub(1),
                own << 8,
                own << 16,
                whole.len() as u64,
                whole.len() as u64 - 1,
                0x7fff_ffff,
                1 << 31,
                u64::from(u32::MAX),
                1 << 62,
                u64::MAX >> 1,
                u64::MAX - 8,
                u64::MAX,
            ] {
                let mut bytes = whole.clone();
                bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
                survives(&artifact, &bytes);
            }
        }
    }
    assert!(peak() < REASON, "{}", peak());
}

/// Where a raw image has its directory table, and in it the entry of `name`.
fn entry_of(image: &[u8], name: &[u8]) -> usize {
    let table = u64::from_le_bytes(image[72..80].try_into().unwrap()) as usize;
    let found = image[table..].windows(name.len()).position(|window| window == name).unwrap();
    table + found - 8
}

#[test]
fn an_image_whose_directories_loop_is_refused() {
    let mut bytes = image(true, few);
    // `below` becomes its own parent `dir`: inode 2 of nodes numbered in the order of their paths.
    let (below, dir) = (entry_of(&bytes, b"below"), entry_of(&bytes, b"dir"));
    let number = |bytes: &[u8], header: usize, entry: usize| {
        let base = i32::from_le_bytes(bytes[header + 8..header + 12].try_into().unwrap());
        base + i32::from(i16::from_le_bytes(bytes[entry + 2..entry + 4].try_into().unwrap()))
    };
    let target = number(&bytes, dir - 12, dir);
    let base = number(&bytes, below - 12, below);
    let delta = i16::from_le_bytes(bytes[below + 2..below + 4].try_into().unwrap());
    let looped = delta + (target - base) as i16;
    bytes[below + 2..below + 4].copy_from_slice(&looped.to_le_bytes());
    refused(&*squashfs(), &bytes, "a directory is listed twice or contains itself");
}

#[test]
fn an_image_with_harmful_names_is_refused() {
    for name in [&b".."[..], b"a/", b"/x", b"x\0"] {
        let mut bytes = image(true, |writer| {
            writer.push_file(&b"text"[..], "zz", plain()).unwrap();
        });
        let at = entry_of(&bytes, b"zz") + 8;
        bytes[at..at + 2].copy_from_slice(name);
        refused(&*squashfs(), &bytes, "");
    }
    for (target, why) in [("/etc", "link: a symlink that leads out"), ("../x", "leads out")] {
        let bytes = image(false, |writer| writer.push_symlink(target, "link", plain()).unwrap());
        refused(&*squashfs(), &bytes, why);
    }
    let fifo = image(false, |writer| writer.push_fifo("fifo", plain()).unwrap());
    refused(&*squashfs(), &fifo, "fifo: neither a file");
    let twice = {
        let mut bytes = image(true, |writer| {
            writer.push_file(&b"text"[..], "yy", plain()).unwrap();
            writer.push_file(&b"text"[..], "zz", plain()).unwrap();
        });
        let at = entry_of(&bytes, b"zz") + 8;
        bytes[at..at + 2].copy_from_slice(b"yy");
        bytes
    };
    refused(&*squashfs(), &twice, "yy: duplicate entry");
}

#[test]
fn an_image_larger_than_any_tree_is_refused() {
    let holes = image(false, |writer| {
        writer.push_file(io::repeat(0).take(1_000_000_000), "holes", plain()).unwrap();
    });
    assert!(holes.len() < 100_000);
    refused(&*squashfs(), &holes, "a file of 1000000000 bytes");
    let deep = image(false, |writer| {
        let mut path = std::path::PathBuf::new();
        for _ in 0..300 {
            path.push("d");
            writer.push_dir(&path, plain()).unwrap();
        }
    });
    refused(&*squashfs(), &deep, "nest more than 256 deep");
}
