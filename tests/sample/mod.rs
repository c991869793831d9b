//! Trees that tests store, and places to store them.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

use std::path::Path;

use anyhow::Result;
use kheaders_bench::form::Form;
use kheaders_bench::tree::folder::{Links, create_whole};
use kheaders_bench::tree::{Entry, Node, Tree, TreePath};

pub const MTIME: u32 = 1_700_000_000;

pub fn entry(path: impl AsRef<[u8]>, node: Node) -> Entry {
    Entry { path: TreePath::new(path).unwrap(), mtime: MTIME, node }
}

pub fn file(path: impl AsRef<[u8]>, data: impl Into<Vec<u8>>) -> Entry {
    entry(path, Node::File { data: data.into(), executable: false })
}

pub fn link(path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Entry {
    entry(path, Node::Symlink { target: target.as_ref().to_vec() })
}

/// A handful of short files: few enough bytes to flip each bit of an artifact.
pub fn small() -> Tree {
    let entries = vec![
        file("include/a.h", "#define A 1\n".repeat(9)),
        file("include/b.h", "#define B 2\n"),
        file("include/none.h", ""),
        link("include/c.h", "a.h"),
        entry("scripts/run", Node::File { data: b"#!/bin/sh\n".to_vec(), executable: true }),
    ];
    Tree::new(entries, MTIME).unwrap()
}

/// Everything that a header set may hold and more: long names, names that are not UTF-8, empty files
/// and directories, files of just a tar block, files of several squashfs blocks, a directory of
/// more entries than one of squashfs's directory headers takes, enough of them for a dictionary.
pub fn rich() -> Tree {
    let mut entries = vec![
        file("include/empty.h", ""),
        file("include/block.h", vec![b'x'; 512]),
        file("include/zeros.h", vec![0; 4096]),
        file("include/blocks.h", text((1 << 20) + 5000)),
        file(b"include/latin\xe9.h", "caf\u{e9}"),
        file(format!("include/{}.h", "long".repeat(60)), "a name of 240 bytes"),
        file(format!("include/{}/deep.h", "d/".repeat(60).trim_end_matches('/')), "deep"),
        file("include/.h", "before everything"),
        file("include-more.h", "sorted between a directory and what it holds"),
        link("include/link.h", "block.h"),
        link("include/up", "../include-more.h"),
        link("include/far", "a/".repeat(100) + "x"),
        link(b"include/odd", b"latin\xe9.h"),
        entry("nothing", Node::Dir),
        entry("scripts/run", Node::File { data: b"#!/bin/sh\n".to_vec(), executable: true }),
    ];
    for number in 0..300 {
        let text = format!("#ifndef _H{number}\n#define _H{number} {}\n#endif\n", number * 7919);
        entries.push(file(format!("include/many/h{number}.h"), text.repeat(number % 5)));
    }
    Tree::new(entries, MTIME).unwrap()
}

/// Text that compresses about as headers do.
fn text(bytes: usize) -> Vec<u8> {
    let mut random = Random(7);
    let mut text = String::new();
    while text.len() < bytes {
        text += &format!("#define CONFIG_{} 0x{:x}\n", random.below(500), random.below(1 << 20));
    }
    text.truncate(bytes);
    text.into_bytes()
}

/// The xorshift of Marsaglia's paper: the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// A folder of the test's own, in memory where that can be had: some tests write a file for each bit
/// of another.
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Extracts an artifact as the command line does.
pub fn extract(form: &dyn Form, artifact: &Path, target: &Path) -> Result<()> {
    create_whole(target, Links::Inside, |writer| {
        form.walk(artifact, &mut |entry| writer.put(entry))
    })
}

/// Bytes of memory that this process ever held at once.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
