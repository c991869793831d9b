//! Bits flipped in the containers of the file system in a module: the kernel and this program's
//! own reader must agree on what is corrupt, and the kernel must say so and live on.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::cargo::cargo_bin;
use kheaders_bench::dataset::{Cache, Request, prepare};
use kheaders_bench::form;
use kheaders_bench::form::Form;
use kheaders_bench::guest::Machine;
use kheaders_bench::guest::TestVm;
use kheaders_bench::guest::boot::Load;
use kheaders_bench::guest::image::Given;
use kheaders_bench::guest::protocol::Report;
use kheaders_bench::sys::error::Unavailable;

use crate::common;

/// Every codec, and the dictionary.
const FORMS: [&str; 4] = ["files.gz-9", "files.xz-6", "files.zst-19", "files.zst-19+dict112k"];
/// Flips in each part of a container.
const FLIPS: usize = 3;
/// Where the header tells the end of the blobs and the end of the dictionary, after both of which
/// comes the next part; the header's own length. See `src/form/files/header.rs`.
const BLOBS_END_AT: usize = 24;
const INDEX_AT: usize = 32;
const HEADER: usize = 64;

fn number(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
}

/// The parts of a container by name, each a range of bytes; no dictionary is an empty one.
fn parts(whole: &[u8]) -> [(&'static str, std::ops::Range<usize>); 4] {
    let (dictionary, index) = (number(whole, BLOBS_END_AT), number(whole, INDEX_AT));
    [
        ("header", 0..HEADER),
        ("blobs", HEADER..dictionary),
        ("dictionary", dictionary..index),
        ("index", index..whole.len()),
    ]
}

/// Numbers that look like chance and are the same every time (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// What this program's own reader makes of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is refused as a whole.
    Refused,
    /// A file in it is.
    Corrupt,
    /// The bit made no difference.
    Whole,
}

fn fate(form: &dyn Form, file: &Path, digest: &str) -> Fate {
    // To read no file is to read the header and the index.
    if form.read(file, &[], &mut |_, _| Ok(())).is_err() {
        return Fate::Refused;
    }
    match form::verify(form, file, digest) {
        Ok(()) => Fate::Whole,
        Err(_) => Fate::Corrupt,
    }
}

const MOUNT: &str = "mount khfs none /sys/kernel/headers";

fn steps(fate: Fate, file: &str, digest: &str) -> String {
    let then = match fate {
        Fate::Refused => format!("expect-error {MOUNT}\nlog khfs: the container is corrupt"),
        Fate::Corrupt => format!(
            "{MOUNT}\nexpect-error digest /sys/kernel/headers {digest}\nlog is corrupt\n\
             umount /sys/kernel/headers"
        ),
        Fate::Whole => {
            format!("{MOUNT}\ndigest /sys/kernel/headers {digest}\numount /sys/kernel/headers")
        }
    };
    format!("load khfs /kheaders/files/{file}\n{then}\nunload khfs\n")
}

fn laboratory() -> Option<TestVm> {
    let program = cargo_bin("kheaders-bench");
    let lab = Cache::of_user().and_then(|cache| {
        let say = |what: &str| eprintln!("{what}");
        TestVm::open_with(&program, &Given::default(), Machine::default(), &cache, &say)
    });
    match lab {
        Err(error) if error.is::<Unavailable>() => {
            common::skip(&format!("{error:#}"));
            None
        }
        lab => Some(lab.unwrap()),
    }
}

#[test]
fn the_kernel_refuses_what_is_corrupt_and_lives_on() {
    let Some(lab) = laboratory() else { return };
    let dir = tempfile::tempdir().unwrap();
    let prepared = prepare(&Request::Named("synthetic".to_owned()), &|_| ()).unwrap();
    let digest = prepared.info.digest.as_str();
    let (mut script, mut files, mut fates) = (String::new(), Vec::new(), Vec::new());
    let mut chance = Chance(2019);
    for id in FORMS {
        let form = form::by_id(id).unwrap();
        let artifact = dir.path().join(id);
        form.build(&prepared.tree, &artifact).unwrap();
        let whole = fs::read(&artifact).unwrap();
        writeln!(script, "begin {id}").unwrap();
        for (part, range) in parts(&whole) {
            for flip in 0..if range.is_empty() { 0 } else { FLIPS } {
                let name = format!("{id}.{part}.{flip}");
                let mut damaged = whole.clone();
                damaged[range.start + chance.below(range.len())] ^= 1 << chance.below(8);
                let file = dir.path().join(&name);
                fs::write(&file, damaged).unwrap();
                let fate = fate(&*form, &file, digest);
                script += &steps(fate, &name, digest);
                files.push((PathBuf::from("/kheaders/files").join(&name), file));
                fates.push(fate);
            }
        }
        script += "end\n";
    }
    // Chance must not have picked only bits that make no difference.
    let count = |wanted: Fate| fates.iter().filter(|fate| **fate == wanted).count();
    eprintln!(
        "{} refused, {} corrupt, {} whole",
        count(Fate::Refused),
        count(Fate::Corrupt),
        count(Fate::Whole)
    );
    assert!(count(Fate::Refused) > fates.len() / 3 && count(Fate::Corrupt) > fates.len() / 4);

    let mut said = Vec::new();
    let mut failed = Vec::new();
    let load = Load { script, modules: lab.modules.clone(), files };
    let done = lab.boot(&load, &|| Ok(()), &mut |report| {
        match report {
            Report::Say { line } => said.push(line),
            Report::Failed { error } => failed.push(error),
            _ => {}
        }
        Ok(())
    });
    assert_eq!(failed, [""; 0]);
    done.unwrap();
    // EINVAL for a container, EIO for a file, and nothing else.
    let errors = said.iter().filter(|line| line.contains("(os error 22)")).count();
    assert_eq!(errors, count(Fate::Refused), "{said:#?}");
    let errors = said.iter().filter(|line| line.contains("(os error 5)")).count();
    assert_eq!(errors, count(Fate::Corrupt), "{said:#?}");
}
