//! Cpios that lead out, lie, or have no end.

use std::io::Write as _;
use std::sync::Arc;

use kheaders_bench::form;
use kheaders_bench::form::Form;

use crate::refused;

const FILE: u32 = 0o100_644;
const LINK: u32 = 0o120_777;
const DIR: u32 = 0o040_755;

/// An entry as the format has it, but for the size that it tells.
fn entry(name: &[u8], mode: u32, links: u32, told: u32, content: &[u8]) -> Vec<u8> {
    let fields = [1, mode, 0, 0, links, 0, told, 0, 0, 0, 0, name.len() as u32 + 1, 0];
    let mut bytes = b"070701".to_vec();
    bytes.extend(fields.map(|field: u32| format!("{field:08x}")).concat().bytes());
    bytes.extend_from_slice(name);
    bytes.push(0);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn plain(name: &str, mode: u32, content: &str) -> Vec<u8> {
    entry(name.as_bytes(), mode, 1, content.len() as u32, content.as_bytes())
}

fn end() -> Vec<u8> {
    plain("TRAILER!!!", 0, "")
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn cpio() -> Arc<dyn Form> {
    form::by_id("cpio.gz-9").unwrap()
}

#[test]
fn a_cpio_that_leads_out_or_lies_is_refused() {
    for (entries, why) in [
        ([plain("/etc/harm", FILE, "x"), end()].concat(), "/etc/harm: absolute path"),
        ([plain("../harm", FILE, "x"), end()].concat(), "a component '..'"),
        ([plain("out", LINK, "/tmp"), end()].concat(), "out: a symlink that leads out"),
        (
            [plain("a", LINK, "b"), plain("a/c", FILE, "x"), end()].concat(),
            "a/c: its parent a is not a directory",
        ),
        ([plain("a", FILE, "1"), plain("a", FILE, "2"), end()].concat(), "a: duplicate entry"),
        ([plain("fifo", 0o010_644, ""), end()].concat(), "unsupported file type, mode 10644"),
        ([plain("a", 0, ""), end()].concat(), "unsupported file type, mode 0"),
        ([entry(b"a", FILE, 2, 0, b""), end()].concat(), "a: hard links are not supported"),
        (
            [entry(&[b'n'; 5000], FILE, 1, 0, b""), end()].concat(),
            "invalid name length of 5001 bytes",
        ),
        ([entry(b"a\0b", FILE, 1, 0, b""), end()].concat(), "a NUL byte"),
        ([entry(b"a", LINK, 1, 5000, b""), end()].concat(), "a: symlink target of 5000 bytes"),
        ([entry(b"a", FILE, 1, 300 << 20, b"x"), end()].concat(), "a: a file of 314572800 bytes"),
        ([entry(b"a", FILE, 1, u32::MAX, b"x"), end()].concat(), "the files exceed"),
        (entry(b"a", FILE, 1, 200 << 20, b"x"), "a: truncated"),
        (entry(b"d", DIR, 1, 200, b"x"), "truncated"),
        (plain("a", FILE, "x"), "truncated"),
        (b"070701".to_vec(), "truncated"),
        ([plain("a", FILE, "x"), b"070702".repeat(20), end()].concat(), "not a cpio of the newc"),
        ([end(), plain("a", FILE, "x"), end()].concat(), "data after the cpio trailer"),
        ([b"070701+0000001".to_vec(), end()].concat(), "invalid number"),
    ] {
        refused(&*cpio(), &gz(&entries), why);
    }
}
