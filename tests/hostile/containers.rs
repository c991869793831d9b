//! Containers of the per-file forms that contradict themselves.

use std::fs;
use std::io::Write as _;

use kheaders_bench::form;

use crate::sample::{MTIME, peak, scratch};
use crate::{REASON, refused};

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
    assert_eq!(form::load(&*form, &dir.path().join("good")).unwrap().census().files, 2);

    for (records, why) in [
        (vec![], "too short for 0 records"),
        (vec![empty(b"")], "does not start with the root"),
        (vec![root(0), empty(b"a")], "inconsistent with the others"),
        (vec![root(u32::MAX), empty(b"a")], "the counts in the index"),
        (vec![root(2), empty(b"a"), empty(b"a")], "out of order"),
        (vec![root(2), empty(b"b"), empty(b"a")], "out of order"),
        (vec![root(1), empty(b"")], "out of order"),
        (vec![root(1), empty(b"a/b")], "out of order"),
        (vec![root(1), empty(b"..")], "a component '..'"),
        (vec![root(1), empty(b".")], "a component '.'"),
        (vec![root(1), empty(b"/etc")], "out of order"),
        (vec![root(1), empty(b"a\0")], "a NUL byte"),
        (vec![root(1), empty(&[b'n'; 5000])], "longer than 4095"),
        (vec![root(1), (9, 0, 0, b"a", b"")], "unknown kind 9"),
        (vec![root(1), (DIR, 1, 0, b"a", b"")], "the counts in the index"),
        (vec![root(1), (DIR, 0, 5, b"a", b"")], "inconsistent"),
        (vec![root(1), (FILE, 5, 0, b"a", b"")], "inconsistent"),
        (vec![root(1), (FILE, 0, 5, b"a", b"")], "inconsistent"),
        (vec![root(1), (FILE, 5, 5, b"a", b"")], "the counts in the index"),
        (vec![root(1), (LINK, 9, 0, b"a", b"b")], "inconsistent"),
        (vec![root(1), (LINK, 4, 0, b"a", b"/tmp")], "a: a symlink that leads out"),
    ] {
        refused(&*form, &container(&records, b""), why);
    }

    let blob = gz(&vec![0; 300 << 20]);
    let stored = blob.len() as u32;
    for (size, why) in [
        (10, "does not decompress to the 10 bytes"),
        (200 << 20, "does not decompress to the"),
        (1_000_000_000, "exceeds the limit"),
    ] {
        refused(&*form, &container(&[root(1), (FILE, size, stored, b"a", b"")], &blob), why);
    }
    refused(&*form, &assemble(1, b"", 1_000_000_000, &blob), "an index of 1000000000 bytes");
    refused(&*form, &assemble(1, b"", 12, &blob), "does not decompress to the 12 bytes");
    refused(&*form, &assemble(u32::MAX, b"", 12, &gz(&[0; 12])), "too short for 4294967295");
    for (at, why) in [(8, "checksum"), (60, "checksum"), (0, "not a container")] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        refused(&*form, &bytes, why);
    }
    refused(&*form, &[&good[..], b"x"].concat(), "truncated or altered");
    refused(&*form::by_id("files.xz-6").unwrap(), &good, "codec is number 1");
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
    let error = format!("{:#}", form::load(&*form, &artifact).unwrap_err());
    assert!(error.contains("longer than 4095 bytes"), "{error}");
    assert!(peak() < REASON, "{}", peak());
}
