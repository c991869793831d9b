//! What a file system holds against a build, an extraction or a read.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use kheaders_bench::form;
use kheaders_bench::tree::{Entry, Node, Tree, TreePath, folder};

use crate::common::forms;
use crate::sample::{MTIME, Random, extract, scratch, small};
use crate::{common, sample};

#[test]
fn what_a_form_has_no_place_for_is_an_error_of_its_build() {
    let deep = "d/".repeat(300) + "f";
    for (tree, id, why) in [
        (vec![sample::file("n".repeat(257), "")], "squashfs.", "more than 256 bytes"),
        (vec![sample::link("l", "t".repeat(256))], "squashfs.", "longer than the 255 bytes"),
        (vec![sample::file(deep, "")], "squashfs.", "more than 256 directories deep"),
        (vec![sample::file("n".repeat(70_000), "")], "files.", "no place for"),
        (vec![sample::file("n".repeat(4096), "")], "zip.", "no place for"),
        (vec![sample::file("TRAILER!!!", "")], "cpio.", "the name that ends a cpio"),
    ] {
        let tree = Tree::new(tree, MTIME).unwrap();
        let dir = scratch();
        for form in form::all().filter(|form| form.id().starts_with(id)) {
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
    let script = r#"mount -t tmpfs -o size=16k none "$0" && FULL_DISK="$0" "$1" --ignored --exact files::full"#;
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
    for form in forms() {
        let artifact = Path::new(&disk).join(form.id());
        let error = format!("{:#}", form.build(&tree, &artifact).unwrap_err());
        // mkfs.erofs tells what it could not do, and not why.
        let told =
            if form.id().starts_with("erofs.") { "Failed to write" } else { "No space left" };
        assert!(error.contains(form.id()) && error.contains(told), "{error}");
        let _ = fs::remove_file(&artifact).or_else(|_| fs::remove_dir_all(&artifact));
    }
    // Extraction leaves nothing under the final name, nor anything else.
    let other = scratch();
    for form in forms() {
        let artifact = other.path().join(form.id());
        form.build(&tree, &artifact).unwrap();
        let target = Path::new(&disk).join("target");
        let error = format!("{:#}", extract(form, &artifact, &target).unwrap_err());
        assert!(error.contains("No space left"), "{error}");
        assert_eq!(fs::read_dir(&disk).unwrap().count(), 0, "{}", form.id());
    }
}

#[test]
fn what_can_not_be_read_is_named() {
    let dir = scratch();
    let absent = dir.path().join("absent");
    for form in forms() {
        let mut none = |_: &TreePath, _| Ok(());
        let path = TreePath::new("a").unwrap();
        for error in [
            form::load(form, &absent).unwrap_err(),
            form.read(&absent, &[path], &mut none).unwrap_err(),
        ] {
            let error = format!("{error:#}");
            assert!(error.contains("absent") && error.contains("No such file"), "{error}");
        }
    }
    let noise = dir.path().join("noise");
    fs::write(&noise, "not an artifact").unwrap();
    for form in forms() {
        let error = format!("{:#}", form::load(form, &noise).unwrap_err());
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
fn a_folder_is_read_without_leaving_it_or_waiting() {
    let dir = scratch();
    fs::create_dir_all(dir.path().join("set/include")).unwrap();
    fs::write(dir.path().join("set/include/a.h"), "a").unwrap();
    fs::create_dir(dir.path().join("outside")).unwrap();
    fs::write(dir.path().join("outside/secret"), "secret").unwrap();
    let set = dir.path().join("set");
    for (name, target) in [("up", "../outside"), ("inside", "include"), ("link.h", "include/a.h")] {
        std::os::unix::fs::symlink(target, set.join(name)).unwrap();
    }
    Command::new("mkfifo").arg(set.join("fifo")).status().unwrap();
    let tree = form::by_id("tree").unwrap();
    let read = |path: &str| {
        let mut found = Vec::new();
        let path = TreePath::new(path).unwrap();
        tree.read(&set, &[path], &mut |_, data| {
            found = data;
            Ok(())
        })?;
        Ok::<_, anyhow::Error>(found)
    };
    assert_eq!(read("include/a.h").unwrap(), b"a");
    for (path, why) in [
        ("up/secret", "a symlink on the way"),
        ("inside/a.h", "a symlink on the way"),
        ("link.h", "a symlink to include/a.h"),
        ("fifo", "neither a file"),
        ("include", "a directory"),
        ("absent", "No such file"),
    ] {
        let error = format!("{:#}", read(path).unwrap_err());
        assert!(error.contains(why) && error.contains(path), "{path}: {error}");
    }
    for odd in [set.join("fifo").as_path(), Path::new("/dev/zero")] {
        let error = format!("{:#}", form::of_artifact(odd).err().unwrap());
        assert!(error.contains("neither a file nor a folder"), "{error}");
    }
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
    for form in forms() {
        let artifact = dir.path().join(form.id());
        form.build(&tree, &artifact).unwrap();
        let target = dir.path().join(format!("{}.out", form.id()));
        extract(form, &artifact, &target).unwrap();
        assert_eq!(folder::read(&target, 0).unwrap().digest(), tree.digest(), "{}", form.id());
        let names: Vec<_> =
            fs::read_dir(&target).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(names.iter().any(|name| name.as_bytes() == b"a\xff"), "{names:?}");
    }
}
