//! Artifacts made to do harm: each gives an error with a reason, and leaves nothing behind.

#![allow(clippy::unwrap_used)]

mod common;
mod sample;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use backhand::compression::{CompressionAction, Compressor, DefaultCompressor};
use backhand::kind::Kind;
use backhand::{BackhandError, FilesystemCompressor, FilesystemWriter, NodeHeader, SuperBlock};
use kheaders_bench::form::{self, FORMS, Form};
use kheaders_bench::tree::{Entry, Node, Tree, TreePath, folder};
use sample::{MTIME, Random, extract, peak, scratch, small};
use tar::{EntryType, Header};

/// No lie about a length may cost as much memory as this, bytes.
const REASON: u64 = 600 << 20;

/// Loads and extracts, expects `why` both times and nothing outside the target.
fn refused(form: &dyn Form, bytes: &[u8], why: &str) {
    let dir = scratch();
    let artifact = dir.path().join("artifact");
    fs::write(&artifact, bytes).unwrap();
    let target = dir.path().join("target");
    let error = extract(form, &artifact, &target).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains(why), "{}: {error}, not {why}", form.id());
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["artifact"], "{}: {error}", form.id());
    assert!(peak() < REASON, "{} took {} bytes", form.id(), peak());
}

// Tars

#[derive(Default)]
struct Tarball(Vec<u8>);

impl Tarball {
    fn member(mut self, kind: EntryType, name: &[u8], target: &[u8], data: &[u8]) -> Self {
        self.header(kind, name, target, data.len() as u64);
        self.0.extend_from_slice(data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn header(&mut self, kind: EntryType, name: &[u8], target: &[u8], size: u64) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(size);
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
    }

    fn file(self, name: &str) -> Self {
        self.member(EntryType::Regular, name.as_bytes(), b"", b"harm")
    }

    fn link(self, name: &str, target: &str) -> Self {
        self.member(EntryType::Symlink, name.as_bytes(), target.as_bytes(), b"")
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn tar() -> &'static dyn Form {
    form::by_id("tar").unwrap()
}

#[test]
fn a_tar_that_leads_out_is_refused() {
    let start = Tarball::default;
    for (tarball, why) in [
        (start().file("/etc/harm"), "/etc/harm: an absolute path"),
        (start().file("../harm"), "../harm: the path has a part \"..\""),
        (start().file("a/../../harm"), "a part \"..\""),
        (start().link("out", "/tmp"), "out: a symlink that leads out of the tree, to /tmp"),
        (start().link("a/out", "../../x"), "a/out: a symlink that leads out"),
        (start().link("out", ".").file("out/harm"), "out/harm: its parent out is not a directory"),
        (start().file("f").file("f/harm"), "f/harm: its parent f is not a directory"),
        (start().file("f").file("f"), "f: stands twice"),
        (start().file("f").file("./f"), "f: stands twice"),
        (start().file("f").link("f", "g"), "f: stands twice"),
        (start().link("f", "g").file("f"), "f: stands twice"),
        (start().member(EntryType::Link, b"hard", b"/etc/passwd", b""), "hard: a member of type"),
        (start().member(EntryType::Fifo, b"fifo", b"", b""), "fifo: a member of type"),
        (start().member(EntryType::Char, b"null", b"", b""), "null: a member of type"),
        (start().member(EntryType::Directory, b"/", b"", b""), "an absolute path"),
    ] {
        refused(tar(), &tarball.end(), why);
    }
}

#[test]
fn a_tar_that_lies_about_a_length_is_refused() {
    for (size, why) in [
        (1_000_000_000, "a file of 1000000000 bytes, more than"),
        (200_000_000, "big: cut off after"),
        (u64::MAX >> 1, "big: its files come to more than"),
    ] {
        let mut tarball = Tarball::default();
        tarball.header(EntryType::Regular, b"big", b"", size);
        refused(tar(), &tarball.end(), why);
    }
    for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
        let tarball = Tarball::default().member(kind, b"long", b"", &vec![b'x'; 2 << 20]);
        refused(tar(), &tarball.file("f").end(), "the headers of a member have no end");
    }
}

/// Small on disk, without end unpacked.
#[test]
fn a_compressed_bomb_is_refused() {
    for kind in [EntryType::GNULongName, EntryType::Regular] {
        let mut tarball = Tarball::default();
        tarball.header(kind, b"bomb", b"", 4 << 30);
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.write_all(&tarball.0).unwrap();
        io::copy(&mut io::repeat(0).take(1 << 30), &mut encoder).unwrap();
        let why = if kind == EntryType::Regular { "more than" } else { "have no end" };
        refused(form::by_id("tar.zst-19").unwrap(), &encoder.finish().unwrap(), why);
    }
}

#[test]
fn a_tar_without_its_end_is_refused() {
    let whole = Tarball::default().member(EntryType::Regular, b"zeros", b"", &[0; 4096]).0;
    refused(tar(), &whole, "no end mark");
    refused(tar(), &[&whole[..], &[0; 512]].concat(), "no end mark");
    refused(tar(), b"", "no end mark");
    refused(tar(), &[b'x'; 2048], "");
}

// Containers

/// Kind, size, stored length, name and target.
type Record<'a> = (u8, u32, u32, &'a [u8], &'a [u8]);

/// A container of the gzip codec by its records.
fn container(records: &[Record], blobs: &[u8]) -> Vec<u8> {
    let mut index = Vec::new();
    for (kind, size, stored, name, _) in records {
        index.extend_from_slice(&size.to_le_bytes());
        index.extend_from_slice(&stored.to_le_bytes());
        index.extend_from_slice(&(name.len() as u16).to_le_bytes());
        index.extend_from_slice(&[*kind, 0]);
    }
    for (.., name, target) in records {
        index.extend_from_slice(name);
        index.extend_from_slice(target);
    }
    assemble(records.len() as u32, blobs, index.len() as u32, &gz(&index))
}

fn assemble(records: u32, blobs: &[u8], unpacked: u32, index: &[u8]) -> Vec<u8> {
    let at = 64 + blobs.len() as u64;
    let mut bytes = b"KHDFILES\x01\0\x01\0".to_vec();
    bytes.extend_from_slice(&MTIME.to_le_bytes());
    bytes.extend_from_slice(&records.to_le_bytes());
    bytes.extend_from_slice(&0u32.to_le_bytes());
    bytes.extend_from_slice(&at.to_le_bytes());
    bytes.extend_from_slice(&at.to_le_bytes());
    bytes.extend_from_slice(&(index.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&unpacked.to_le_bytes());
    bytes.extend_from_slice(&[0; 12]);
    let mut crc = flate2::Crc::new();
    crc.update(&bytes);
    bytes.extend_from_slice(&crc.sum().to_le_bytes());
    [&bytes, blobs, index].concat()
}

fn gz(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(9));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

const DIR: u8 = 0;
const FILE: u8 = 1;
const LINK: u8 = 3;

#[test]
fn a_container_that_contradicts_itself_is_refused() {
    let form = form::by_id("files.gz-9").unwrap();
    let root = |children| (DIR, children, 0, &b""[..], &b""[..]);
    let empty = |name: &'static [u8]| (FILE, 0, 0, name, &b""[..]);
    let good = container(&[root(2), empty(b"a"), empty(b"b")], b"");
    let dir = scratch();
    fs::write(dir.path().join("good"), &good).unwrap();
    assert_eq!(form::load(form, &dir.path().join("good")).unwrap().census().files, 2);

    for (records, why) in [
        (vec![], "no place for 0 records"),
        (vec![empty(b"")], "does not start with the root"),
        (vec![root(0), empty(b"a")], "contradicts the others"),
        (vec![root(u32::MAX), empty(b"a")], "does not add up"),
        (vec![root(2), empty(b"a"), empty(b"a")], "out of place"),
        (vec![root(2), empty(b"b"), empty(b"a")], "out of place"),
        (vec![root(1), empty(b"")], "out of place"),
        (vec![root(1), empty(b"a/b")], "out of place"),
        (vec![root(1), empty(b"..")], "a part \"..\""),
        (vec![root(1), empty(b".")], "a part \".\""),
        (vec![root(1), empty(b"/etc")], "out of place"),
        (vec![root(1), empty(b"a\0")], "a NUL byte"),
        (vec![root(1), empty(&[b'n'; 5000])], "longer than 4095"),
        (vec![root(1), (9, 0, 0, b"a", b"")], "of kind 9"),
        (vec![root(1), (DIR, 1, 0, b"a", b"")], "does not add up"),
        (vec![root(1), (DIR, 0, 5, b"a", b"")], "contradicts"),
        (vec![root(1), (FILE, 5, 0, b"a", b"")], "contradicts"),
        (vec![root(1), (FILE, 0, 5, b"a", b"")], "contradicts"),
        (vec![root(1), (FILE, 5, 5, b"a", b"")], "does not add up"),
        (vec![root(1), (LINK, 9, 0, b"a", b"b")], "contradicts"),
        (vec![root(1), (LINK, 4, 0, b"a", b"/tmp")], "a: a symlink that leads out"),
    ] {
        refused(form, &container(&records, b""), why);
    }

    let blob = gz(&vec![0; 300 << 20]);
    let stored = blob.len() as u32;
    for (size, why) in [
        (10, "does not unpack to the 10 bytes"),
        (200 << 20, "does not unpack to the"),
        (1_000_000_000, "more than a tree here may have"),
    ] {
        refused(form, &container(&[root(1), (FILE, size, stored, b"a", b"")], &blob), why);
    }
    refused(form, &assemble(1, b"", 1_000_000_000, &blob), "an index of 1000000000 bytes");
    refused(form, &assemble(1, b"", 12, &blob), "does not unpack to the 12 bytes");
    refused(form, &assemble(u32::MAX, b"", 12, &gz(&[0; 12])), "no place for 4294967295");
    for (at, why) in [(8, "checksum"), (60, "checksum"), (0, "not a container")] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        refused(form, &bytes, why);
    }
    refused(form, &[&good[..], b"x"].concat(), "truncated or altered");
    refused(form::by_id("files.xz-6").unwrap(), &good, "codec is number 1");
}

#[test]
fn directories_without_end_are_refused() {
    let form = form::by_id("files.gz-9").unwrap();
    let mut records = vec![(DIR, 1, 0, &b""[..], &b""[..])];
    records.extend((0..200_000).map(|_| (DIR, 1, 0, &b"d"[..], &b""[..])));
    records.push((DIR, 0, 0, b"d", b""));
    let dir = scratch();
    let artifact = dir.path().join("artifact");
    fs::write(&artifact, container(&records, b"")).unwrap();
    let error = format!("{:#}", form::load(form, &artifact).unwrap_err());
    assert!(error.contains("longer than 4095 bytes"), "{error}");
    assert!(peak() < REASON, "{}", peak());
}

// Squashfs images

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

fn squashfs() -> &'static dyn Form {
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
    let loaded = form::load(squashfs(), artifact);
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
    refused(squashfs(), &bytes, "a directory stands twice, or holds itself");
}

#[test]
fn an_image_with_harmful_names_is_refused() {
    for name in [&b".."[..], b"a/", b"/x", b"x\0"] {
        let mut bytes = image(true, |writer| {
            writer.push_file(&b"text"[..], "zz", plain()).unwrap();
        });
        let at = entry_of(&bytes, b"zz") + 8;
        bytes[at..at + 2].copy_from_slice(name);
        refused(squashfs(), &bytes, "");
    }
    for (target, why) in [("/etc", "link: a symlink that leads out"), ("../x", "leads out")] {
        let bytes = image(false, |writer| writer.push_symlink(target, "link", plain()).unwrap());
        refused(squashfs(), &bytes, why);
    }
    let fifo = image(false, |writer| writer.push_fifo("fifo", plain()).unwrap());
    refused(squashfs(), &fifo, "fifo: neither a file");
    let twice = {
        let mut bytes = image(true, |writer| {
            writer.push_file(&b"text"[..], "yy", plain()).unwrap();
            writer.push_file(&b"text"[..], "zz", plain()).unwrap();
        });
        let at = entry_of(&bytes, b"zz") + 8;
        bytes[at..at + 2].copy_from_slice(b"yy");
        bytes
    };
    refused(squashfs(), &twice, "yy: stands twice");
}

#[test]
fn an_image_larger_than_any_tree_is_refused() {
    let holes = image(false, |writer| {
        writer.push_file(io::repeat(0).take(1_000_000_000), "holes", plain()).unwrap();
    });
    assert!(holes.len() < 100_000);
    refused(squashfs(), &holes, "a file of 1000000000 bytes");
    let deep = image(false, |writer| {
        let mut path = std::path::PathBuf::new();
        for _ in 0..300 {
            path.push("d");
            writer.push_dir(&path, plain()).unwrap();
        }
    });
    refused(squashfs(), &deep, "nest more than 256 deep");
}

// Builds

#[test]
fn what_a_form_has_no_place_for_is_an_error_of_its_build() {
    let deep = "d/".repeat(300) + "f";
    for (tree, id, why) in [
        (vec![sample::file("n".repeat(257), "")], "squashfs.", "more than 256 bytes"),
        (vec![sample::link("l", "t".repeat(256))], "squashfs.", "longer than the 255 bytes"),
        (vec![sample::file(deep, "")], "squashfs.", "more than 256 directories deep"),
        (vec![sample::file("n".repeat(70_000), "")], "files.", "no place for"),
    ] {
        let tree = Tree::new(tree, MTIME).unwrap();
        let dir = scratch();
        for form in FORMS.iter().filter(|form| form.id().starts_with(id)) {
            let artifact = dir.path().join(form.id());
            let error = format!("{:#}", form.build(&tree, &artifact).unwrap_err());
            assert!(error.contains(why) && error.contains(form.id()), "{error}");
        }
    }
}

#[test]
fn a_full_disk_is_an_error_that_names_the_artifact() {
    if !rustix::process::geteuid().is_root() {
        return common::skip("mounting a small tmpfs takes root");
    }
    let dir = scratch();
    let own = std::env::current_exe().unwrap();
    // In a mount namespace of its own, by this same test program.
    let script =
        r#"mount -t tmpfs -o size=16k none "$0" && FULL_DISK="$0" "$1" --ignored --exact full"#;
    let status = Command::new("unshare")
        .args(["--mount", "sh", "-c", script])
        .args([dir.path(), &own])
        .status();
    match status {
        Ok(status) => assert!(status.success()),
        Err(error) => common::skip(&format!("unshare: {error}")),
    }
}

#[test]
#[ignore = "runs inside a_full_disk_is_an_error_that_names_the_artifact"]
fn full() {
    let Some(disk) = std::env::var_os("FULL_DISK") else { return };
    let mut random = Random(3);
    let noise: Vec<u8> = (0..100_000).map(|_| random.below(256) as u8).collect();
    let tree = Tree::new(vec![sample::file("include/noise.h", noise)], MTIME).unwrap();
    for form in FORMS {
        let artifact = Path::new(&disk).join(form.id());
        let error = format!("{:#}", form.build(&tree, &artifact).unwrap_err());
        assert!(error.contains(form.id()) && error.contains("No space left"), "{error}");
        let _ = fs::remove_file(&artifact).or_else(|_| fs::remove_dir_all(&artifact));
    }
    // Extraction leaves nothing under the final name, nor anything else.
    let other = scratch();
    for form in FORMS {
        let artifact = other.path().join(form.id());
        form.build(&tree, &artifact).unwrap();
        let target = Path::new(&disk).join("target");
        let error = format!("{:#}", extract(*form, &artifact, &target).unwrap_err());
        assert!(error.contains("No space left"), "{error}");
        assert_eq!(fs::read_dir(&disk).unwrap().count(), 0, "{}", form.id());
    }
}

#[test]
fn what_can_not_be_read_is_named() {
    let dir = scratch();
    let absent = dir.path().join("absent");
    for form in FORMS {
        let mut none = |_: &TreePath, _| Ok(());
        let path = TreePath::new("a").unwrap();
        for error in [
            form::load(*form, &absent).unwrap_err(),
            form.read(&absent, &[path], &mut none).unwrap_err(),
        ] {
            let error = format!("{error:#}");
            assert!(error.contains("absent") && error.contains("No such file"), "{error}");
        }
    }
    let noise = dir.path().join("noise");
    fs::write(&noise, "not an artifact").unwrap();
    for form in FORMS {
        let error = format!("{:#}", form::load(*form, &noise).unwrap_err());
        assert!(error.contains("noise"), "{}: {error}", form.id());
    }
    let error = format!("{:#}", form::of_artifact(&noise).err().unwrap());
    assert!(error.contains("noise: not an artifact"), "{error}");
    fs::remove_file(&noise).unwrap();
    let socket = dir.path().join("socket");
    let _held = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let error = format!("{:#}", folder::read(dir.path(), 0).unwrap_err());
    assert!(error.contains("socket: neither a file"), "{error}");
}

#[test]
fn names_come_back_byte_by_byte() {
    let odd = Entry {
        path: TreePath::new(b"a\xff/\x01\n").unwrap(),
        mtime: MTIME,
        node: Node::File { data: vec![1], executable: false },
    };
    let tree = Tree::new([small().entries(), &[odd]].concat(), MTIME).unwrap();
    let dir = scratch();
    for form in FORMS {
        let artifact = dir.path().join(form.id());
        form.build(&tree, &artifact).unwrap();
        let target = dir.path().join(format!("{}.out", form.id()));
        extract(*form, &artifact, &target).unwrap();
        assert_eq!(folder::read(&target, 0).unwrap().digest(), tree.digest(), "{}", form.id());
        let names: Vec<_> =
            fs::read_dir(&target).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(names.iter().any(|name| name.as_bytes() == b"a\xff"), "{names:?}");
    }
}
