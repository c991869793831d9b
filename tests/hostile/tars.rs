//! Tars that lead out, lie, or have no end.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;

use kheaders_bench::form::Form;
use kheaders_bench::tree::TreePath;
use kheaders_bench::{container, form};
use tar::{EntryType, Header};

use crate::refused;
use crate::sample::scratch;

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

    /// A file of `size` zeros, none of which is stored.
    fn sparse(mut self, name: &str, size: u64) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::GNUSparse);
        header.set_path(name).unwrap();
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_size(0);
        let gnu = header.as_gnu_mut().unwrap();
        gnu.set_real_size(size);
        gnu.sparse[0].set_offset(size);
        gnu.sparse[0].set_length(0);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn tar() -> Arc<dyn Form> {
    form::by_id("tar").unwrap()
}

#[test]
fn a_tar_that_leads_out_is_refused() {
    let start = Tarball::default;
    for (tarball, why) in [
        (start().file("/etc/harm"), "/etc/harm: absolute path"),
        (start().file("../harm"), "../harm: the path has a component '..'"),
        (start().file("a/../../harm"), "a component '..'"),
        (start().link("out", "/tmp"), "out: a symlink that leads out of the tree, to /tmp"),
        (start().link("a/out", "../../x"), "a/out: a symlink that leads out"),
        (start().link("out", ".").file("out/harm"), "out/harm: its parent out is not a directory"),
        (start().file("f").file("f/harm"), "f/harm: its parent f is not a directory"),
        (start().file("f").file("f"), "f: duplicate entry"),
        (start().file("f").file("./f"), "f: duplicate entry"),
        (start().file("f").link("f", "g"), "f: duplicate entry"),
        (start().link("f", "g").file("f"), "f: duplicate entry"),
        (
            start().member(EntryType::Link, b"hard", b"/etc/passwd", b""),
            "hard: unsupported type '1'",
        ),
        (start().member(EntryType::Fifo, b"fifo", b"", b""), "fifo: unsupported type '6'"),
        (start().member(EntryType::Char, b"null", b"", b""), "null: unsupported type '3'"),
        (start().member(EntryType::Directory, b"/", b"", b""), "absolute path"),
    ] {
        refused(&*tar(), &tarball.end(), why);
    }
}

#[test]
fn a_tar_that_lies_about_a_length_is_refused() {
    for (size, why) in [
        (1_000_000_000, "a file of 1000000000 bytes, more than"),
        (200_000_000, "big: truncated after"),
        (u64::MAX >> 1, "big: the files exceed"),
    ] {
        let mut tarball = Tarball::default();
        tarball.header(EntryType::Regular, b"big", b"", size);
        refused(&*tar(), &tarball.end(), why);
    }
    for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
        let tarball = Tarball::default().member(kind, b"long", b"", &vec![b'x'; 2 << 20]);
        refused(&*tar(), &tarball.file("f").end(), "the headers of a member are too long");
    }
}

#[test]
fn a_tar_with_a_path_without_end_is_refused() {
    let (deep, long) = ("d/".repeat(400_000) + "f", vec![b'x'; 5000]);
    let named = Tarball::default().member(EntryType::GNULongName, b"", b"", deep.as_bytes());
    refused(&*tar(), &named.file("f").end(), "a path is longer than 4095 bytes");
    let linked = Tarball::default().member(EntryType::GNULongLink, b"", b"", &long);
    refused(&*tar(), &linked.link("l", "t").end(), "l: symlink target of 5000 bytes");
}

#[test]
fn a_sparse_file_counts_for_what_it_comes_to() {
    let names = ["a", "b", "c"];
    let tarball = names.iter().fold(Tarball::default(), |tar, name| tar.sparse(name, 1 << 30));
    let mut said = Vec::new();
    container::tar::walk(&tarball.end()[..], &mut |member| {
        said.push(format!("{:#}", member.into_entry().unwrap_err()));
        Ok(ControlFlow::Continue(()))
    })
    .unwrap();
    let one = "a file of 1073741824 bytes, more than 268435456";
    let all = "the files exceed 2147483648 bytes in total";
    assert_eq!(said, [format!("a: {one}"), format!("b: {one}"), format!("c: {all}")]);
}

/// Who looks for another file does not read the sparse one, and is not to hold as long a name in memory.
#[test]
fn a_sparse_file_leaves_no_room_for_a_name() {
    let tarball = Tarball::default().sparse("big", 1 << 40);
    let name = vec![b'x'; 2 << 20];
    let tarball = tarball.member(EntryType::GNULongName, b"long", b"", &name).file("f").end();
    let dir = scratch();
    let artifact = dir.path().join("artifact");
    fs::write(&artifact, tarball).unwrap();
    let wanted = TreePath::new("f").unwrap();
    let error = tar().read(&artifact, &[wanted], &mut |_, _| Ok(())).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("the headers of a member are too long"), "{error}");
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
        let why = if kind == EntryType::Regular { "the files exceed" } else { "are too long" };
        refused(&*form::by_id("tar.zst-19").unwrap(), &encoder.finish().unwrap(), why);
    }
}

#[test]
fn a_tar_without_its_end_is_refused() {
    let whole = Tarball::default().member(EntryType::Regular, b"zeros", b"", &[0; 4096]).0;
    refused(&*tar(), &whole, "no end mark");
    refused(&*tar(), &[&whole[..], &[0; 512]].concat(), "no end mark");
    refused(&*tar(), b"", "no end mark");
    refused(&*tar(), &[b'x'; 2048], "");
}
