//! The tools and the kernel that everyone has read what is written here.

#![allow(clippy::unwrap_used)]

mod common;
mod sample;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use common::{forms, skip};
use kheaders_bench::dataset;
use kheaders_bench::dataset::Request;
use kheaders_bench::form;
use kheaders_bench::form::Form;
use kheaders_bench::record::SYNTHETIC;
use kheaders_bench::tree::folder;
use kheaders_bench::tree::folder::{Links, create_whole};
use kheaders_bench::tree::{Node, Tree, TreePath};
use sample::{MTIME, rich, scratch};

fn is_there(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok();
    if !found {
        skip(&format!("{tool} is not installed"));
    }
    found
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{told}", output.status);
    output
}

fn built(form: &dyn Form, tree: &Tree, dir: &Path) -> PathBuf {
    let artifact = dir.join(form.id());
    form.build(tree, &artifact).unwrap();
    artifact
}

fn of_family(prefix: &'static str) -> impl Iterator<Item = Arc<dyn Form>> {
    forms().into_iter().filter(move |form| form.id().starts_with(prefix))
}

#[test]
fn tar_extracts_every_tar() {
    let tree = rich();
    for (prefix, flags, tool) in
        [("tar.gz-", "-xzf", "gzip"), ("tar.xz-", "-xJf", "xz"), ("tar.zst-", "--zstd -xf", "zstd")]
    {
        if !is_there("tar") || !is_there(tool) {
            continue;
        }
        for form in of_family(prefix) {
            let dir = scratch();
            let artifact = built(&*form, &tree, dir.path());
            let target = dir.path().join("out");
            fs::create_dir(&target).unwrap();
            run(Command::new("tar")
                .args(flags.split(' '))
                .arg(&artifact)
                .arg("--no-same-owner")
                .arg("-C")
                .arg(&target));
            let found = folder::read(&target, MTIME).unwrap();
            assert_eq!(found.digest(), tree.digest(), "{}", form.id());
        }
    }
}

#[test]
fn cpio_extracts_every_cpio() {
    let tree = rich();
    for (prefix, tool) in [("cpio.gz-", "gzip"), ("cpio.zst-", "zstd")] {
        if !is_there("cpio") || !is_there(tool) {
            continue;
        }
        for form in of_family(prefix) {
            let dir = scratch();
            let artifact = built(&*form, &tree, dir.path());
            let target = dir.path().join("out");
            fs::create_dir(&target).unwrap();
            let script = r#""$0" -dc "$1" | (cd "$2" && cpio -idm --quiet --no-preserve-owner)"#;
            run(Command::new("sh").args(["-c", script, tool]).args([&artifact, &target]));
            let found = folder::read(&target, MTIME).unwrap();
            assert_eq!(found.digest(), tree.digest(), "{}", form.id());
        }
    }
}

#[test]
fn xz_sees_two_blocks_where_there_are_two_threads() {
    if !is_there("xz") {
        return;
    }
    let dir = scratch();
    for (id, blocks) in [("tar.xz-6", "1"), ("tar.xz-6t2", "2")] {
        let artifact = built(&*form::by_id(id).unwrap(), &rich(), dir.path());
        let list = run(Command::new("xz").args(["-l", "--robot", "--format=xz"]).arg(&artifact));
        let text = String::from_utf8(list.stdout).unwrap();
        let file = text.lines().find(|line| line.starts_with("file\t")).unwrap();
        assert_eq!(file.split('\t').nth(2), Some(blocks), "{id}: {text}");
    }
}

#[test]
fn a_tar_is_that_of_gnu_tar() {
    if !is_there("tar") {
        return;
    }
    let dir = scratch();
    // The script's mode takes the executable bit from every file; a header has none to lose.
    let mut entries = rich().entries().to_vec();
    entries.retain(|entry| !matches!(entry.node, Node::File { executable: true, .. }));
    let tree = Tree::new(entries, MTIME).unwrap();
    let folder = dir.path().join("tree");
    create_whole(&folder, Links::Any, |writer| {
        tree.entries().iter().try_for_each(|entry| writer.put(entry.clone()))
    })
    .unwrap();
    let theirs = run(Command::new("tar")
        .env("LC_ALL", "C")
        .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .args(["--mode=u=rw,go=r,a+X", &format!("--mtime=@{MTIME}"), "-cf", "-", "-C"])
        .arg(&folder)
        .arg("."));
    let ours = fs::read(built(&*form::by_id("tar").unwrap(), &tree, dir.path())).unwrap();
    let differs = ours.iter().zip(&theirs.stdout).position(|(ours, theirs)| ours != theirs);
    assert_eq!(differs, None);
    assert_eq!(ours.len(), theirs.stdout.len());
}

#[test]
fn unsquashfs_extracts_every_image() {
    if Command::new("unsquashfs").arg("-version").output().is_err() {
        return skip("unsquashfs is not installed");
    }
    let tree = rich();
    for form in of_family("squashfs.") {
        let dir = scratch();
        let artifact = built(&*form, &tree, dir.path());
        let target = dir.path().join("out");
        run(Command::new("unsquashfs").args(["-q", "-n", "-d"]).arg(&target).arg(&artifact));
        assert_eq!(folder::read(&target, MTIME).unwrap().digest(), tree.digest(), "{}", form.id());
        let listed = run(Command::new("unsquashfs").args(["-q", "-lln"]).arg(&artifact)).stdout;
        for line in String::from_utf8_lossy(&listed).lines() {
            let owned = line.contains(" 0/0 ");
            let moded = ["drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x", "lrwxrwxrwx"]
                .iter()
                .any(|mode| line.starts_with(mode));
            assert!(owned && moded, "{line}");
        }
    }
}

/// Without the padding, by the field of the superblock that tells it.
fn image_bytes(image: &Path) -> u64 {
    let head = fs::read(image).unwrap();
    u64::from_le_bytes(head[40..48].try_into().unwrap())
}

#[test]
fn an_image_is_no_larger_than_mksquashfs_makes_it() {
    if Command::new("mksquashfs").arg("-version").output().is_err() {
        return skip("mksquashfs is not installed");
    }
    let dir = scratch();
    let tree = dataset::prepare(&Request::Named(SYNTHETIC.to_owned()), &|_| ()).unwrap().tree;
    let folder = dir.path().join("folder");
    form::by_id("tree").unwrap().build(&tree, &folder).unwrap();
    for (id, options) in [
        ("squashfs.xz-128k", &["-comp", "xz", "-b", "131072"][..]),
        ("squashfs.zst15-128k", &["-comp", "zstd", "-Xcompression-level", "15", "-b", "131072"]),
    ] {
        let ours = built(&*form::by_id(id).unwrap(), &tree, dir.path());
        let theirs = dir.path().join("theirs");
        let plain =
            ["-noappend", "-no-exports", "-no-xattrs", "-all-root", "-quiet", "-no-progress"];
        run(Command::new("mksquashfs").arg(&folder).arg(&theirs).args(options).args(plain));
        let (ours, theirs) = (image_bytes(&ours), image_bytes(&theirs));
        // A thousandth for another version of the compressor.
        assert!(ours * 1000 <= theirs * 1001, "{id}: {ours} and {theirs}");
    }
}

#[test]
fn the_kernel_mounts_every_image() {
    if !rustix::process::geteuid().is_root() || !Path::new("/dev/loop-control").exists() {
        return skip("mounting takes root and loop devices");
    }
    let known = fs::read_to_string("/proc/filesystems").unwrap();
    if !is_there("unshare") || !is_there("mount") {
        return;
    }
    let tree = rich();
    for form in forms() {
        let Some(filesystem) = form.filesystem() else { continue };
        if !known.contains(filesystem) {
            skip(&format!("this kernel does not know {filesystem}"));
            continue;
        }
        let dir = scratch();
        let artifact = built(&*form, &tree, dir.path());
        let (mount, copy) = (dir.path().join("mount"), dir.path().join("copy"));
        fs::create_dir(&mount).unwrap();
        // In a mount namespace of its own, which takes the mount with it whatever happens.
        let script = r#"mount -t "$3" -o loop,ro "$0" "$1" && cp -a "$1" "$2""#;
        run(Command::new("unshare")
            .args(["--mount", "sh", "-c", script])
            .args([&artifact, &mount, &copy])
            .arg(filesystem));
        assert_eq!(folder::read(&copy, MTIME).unwrap().digest(), tree.digest(), "{}", form.id());
        let root = fs::metadata(&copy).unwrap().modified().unwrap();
        let since = root.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(since.as_secs(), u64::from(MTIME), "{}: the root's time", form.id());
    }
}

/// The blobs lie one after the other behind the header of 64 bytes, in breadth-first order; offset
/// and length of the dictionary are in the header. See `src/form/files/header.rs`.
#[test]
fn a_blob_cut_out_of_a_container_is_read_by_its_tool() {
    let tree = Tree::new(
        (0..400)
            .map(|n| {
                sample::file(format!("h{n:03}.h"), format!("#define H{n} {}\n", n * 31).repeat(20))
            })
            .collect(),
        MTIME,
    )
    .unwrap();
    for (id, tool, magic) in [
        ("files.gz-9", "zcat", &[0x1f, 0x8b, 8][..]),
        ("files.xz-6", "xzcat", b"\xfd7zXZ\0"),
        ("files.zst-19", "zstdcat", &[0x28, 0xb5, 0x2f, 0xfd]),
        ("files.zst-19+dict112k", "zstdcat", &[0x28, 0xb5, 0x2f, 0xfd]),
    ] {
        if !is_there(tool) {
            continue;
        }
        let dir = scratch();
        let bytes = fs::read(built(&*form::by_id(id).unwrap(), &tree, dir.path())).unwrap();
        let number = |at: usize, size: usize| {
            bytes[at..at + size].iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte))
        };
        let (length, at) = (number(20, 4), number(24, 8));
        let mut command = Command::new(tool);
        assert_eq!(length > 0, id.contains("dict"), "{id}");
        if length > 0 {
            let dictionary = dir.path().join("dictionary");
            fs::write(&dictionary, &bytes[at..at + length]).unwrap();
            command.arg("-D").arg(dictionary);
        }
        // The first ends where the magic stands again.
        let blobs = &bytes[64..at];
        let end =
            blobs.windows(magic.len()).skip(1).position(|window| window == magic).unwrap() + 1;
        let cut = dir.path().join("blob");
        fs::write(&cut, &blobs[..end]).unwrap();
        let output = run(command.stdin(Stdio::from(File::open(&cut).unwrap())));
        assert_eq!(Some(&output.stdout[..]), tree.file(&TreePath::new("h000.h").unwrap()), "{id}");
    }
}
