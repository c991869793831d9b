//! Zips whose directory contradicts what it tells of.

use std::fs;
use std::io::Write as _;

use kheaders_bench::form::{self, Form};

use crate::refused;
use crate::sample::{Random, scratch, small};

const UNIX: u16 = 3 << 8;
const FILE: u32 = 0o100_644;
const LINK: u32 = 0o120_777;
const DIR: u32 = 0o040_755;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An entry as the directory tells of it.
struct Told<'a> {
    name: &'a str,
    mode: u32,
    flags: u16,
    method: u16,
    size: u32,
    packed: u32,
    /// How far it is from where the directory tells.
    off: u32,
    /// What is stored, and what the sum is of.
    bytes: &'a [u8],
    summed: &'a [u8],
}

impl<'a> Told<'a> {
    fn stored(name: &'a str, mode: u32, content: &'a [u8]) -> Self {
        let size = content.len() as u32;
        Self {
            name,
            mode,
            flags: 0,
            method: STORED,
            size,
            packed: size,
            off: 0,
            bytes: content,
            summed: content,
        }
    }
}

fn zip() -> &'static dyn Form {
    form::by_id("zip.deflate-9").unwrap()
}

fn archive(entries: &[Told]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for told in entries {
        let mut crc = flate2::Crc::new();
        crc.update(told.summed);
        let at = told.off + bytes.len() as u32;
        let mut shared = [20, told.flags, told.method, 0, 0].map(u16::to_le_bytes).concat();
        shared.extend([crc.sum(), told.packed, told.size].map(u32::to_le_bytes).concat());
        shared.extend([told.name.len() as u16, 0].map(u16::to_le_bytes).concat());
        bytes.extend([b"PK\x03\x04", &shared[..], told.name.as_bytes(), told.bytes].concat());
        directory.extend([b"PK\x01\x02", &(UNIX | 20).to_le_bytes()[..], &shared].concat());
        directory.extend([0; 6]);
        directory.extend([told.mode << 16, at].map(u32::to_le_bytes).concat());
        directory.extend(told.name.as_bytes());
    }
    let (at, length) = (bytes.len() as u32, directory.len() as u32);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([entries.len() as u16; 2].map(u16::to_le_bytes).concat());
    bytes.extend([length, at].map(u32::to_le_bytes).concat());
    bytes.extend([0; 2]);
    bytes
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(9));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_zip_that_leads_out_or_lies_is_refused() {
    let dir = scratch();
    let good = dir.path().join("good");
    fs::write(&good, archive(&[Told::stored("a", FILE, b"x")])).unwrap();
    assert_eq!(form::load(zip(), &good).unwrap().census().files, 1);

    let bomb = deflated(&vec![0; 300 << 20]);
    let of_bomb = |size: u32| Told {
        method: DEFLATED,
        size,
        packed: bomb.len() as u32,
        bytes: &bomb,
        ..Told::stored("a", FILE, &[])
    };
    let plain = |name: &'static str| Told::stored(name, FILE, b"x");
    for (entries, why) in [
        (vec![plain("/etc/harm")], "/etc/harm: an absolute path"),
        (vec![plain("../harm")], "a part \"..\""),
        (vec![plain("a\0")], "a NUL byte"),
        (vec![Told::stored("out", LINK, b"/tmp")], "out: a symlink that leads out"),
        (vec![Told::stored("a", LINK, b"")], "a symlink without a target"),
        (vec![Told::stored("a", LINK, b"b"), plain("a/c")], "its parent a is not a directory"),
        (vec![Told::stored("d/", DIR, b"x")], "a directory with content"),
        (vec![plain("a"), plain("a")], "a: stands twice"),
        (vec![Told::stored("fifo", 0o010_644, b"")], "an entry of mode 10644"),
        (vec![Told { flags: 1, ..plain("a") }], "a: encrypted"),
        (vec![Told { method: 14, ..plain("a") }], "compressed by method 14"),
        (vec![Told { size: 2, ..plain("a") }], "does not unpack to the 2 bytes"),
        (vec![Told { size: u32::MAX, ..plain("a") }], "in ZIP64"),
        (vec![Told { size: 300 << 20, ..plain("a") }], "a file of 314572800 bytes"),
        (vec![Told { packed: 9000, ..plain("a") }], "outside the archive's entries"),
        (vec![Told { off: 1, ..plain("a") }], "its header is malformed"),
        (vec![Told { off: 70_000, ..plain("a") }], "outside the archive's entries"),
        (vec![Told { method: DEFLATED, ..plain("a") }], "damaged"),
        (vec![Told { summed: b"y", ..plain("a") }], "and the sum that the directory tells"),
        (vec![of_bomb(10)], "damaged"),
        (vec![of_bomb(200 << 20)], "damaged"),
        ((0..9).map(|_| of_bomb(256 << 20)).collect(), "more than a tree here may have"),
    ] {
        refused(zip(), &archive(&entries), why);
    }
    let good = fs::read(good).unwrap();
    let end = good.len() - 22;
    for (at, byte, why) in [
        (end + 10, 2, "an archive of several parts"),
        (end + 4, 1, "an archive of several parts"),
        (end + 12, 1, "a directory of"),
        (end + 16, 9, "a directory of"),
        (end + 20, 1, "there is no directory at its end"),
    ] {
        let mut bytes = good.clone();
        bytes[at] = byte;
        refused(zip(), &bytes, why);
    }
    let mut more = good;
    (more[end + 8], more[end + 10]) = (2, 2);
    refused(zip(), &more, "the directory is cut off");
    (more[end + 8], more[end + 10]) = (0, 0);
    refused(zip(), &more, "more than its 0 entries");
}

#[test]
fn no_random_alteration_of_a_zip_brings_its_reader_down() {
    let dir = scratch();
    let artifact = dir.path().join("artifact");
    zip().build(&small(), &artifact).unwrap();
    let whole = fs::read(&artifact).unwrap();
    let mut random = Random(13);
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            let field = [0, 1, 0x7f, 0x80, 0xff, random.below(256) as u8][random.below(6)];
            let end = (at + [1, 2, 4][random.below(3)]).min(bytes.len());
            bytes[at..end].fill(field);
        }
        fs::write(&artifact, bytes).unwrap();
        let _ = form::load(zip(), &artifact);
    }
    assert!(crate::sample::peak() < crate::REASON);
}
