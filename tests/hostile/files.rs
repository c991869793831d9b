//! What a file system holds against a build, an extraction or a read.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kheaders_bench::form;
use kheaders_bench::measure::worker::{Job, Reply};
use kheaders_bench::tree::{Entry, Node, Tree, TreePath, folder};

use crate::common::{forms, program, stderr};
use crate::sample::{MTIME, Random, extract, scratch, small};
use crate::{common, sample};

#[test]
fn what_a_form_has_no_place_for_is_an_error_of_its_build() {
    let deep = "d/".repeat(300) + "f";
    for (tree, id, why) in [
        (vec![sample::file("n".repeat(257), "")], "squashfs.", "more than 256 bytes"),
        (vec![sample::link("l", "t".repeat(256))], "squashfs.", "longer than the 255 bytes"),
        (vec![sample::file(deep, "")], "squashfs.", "more than 256 directories deep"),
        (vec![sample::file("n".repeat(70_000), "")], "files.", "too long for the container"),
        (vec![sample::file("TRAILER!!!", "")], "cpio.", "name of the cpio trailer"),
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
        let error = format!("{:#}", extract(&*form, &artifact, &target).unwrap_err());
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
            form::load(&*form, &absent).unwrap_err(),
            form.read(&absent, &[path], &mut none).unwrap_err(),
        ] {
            let error = format!("{error:#}");
            assert!(error.contains("absent") && error.contains("No such file"), "{error}");
        }
    }
    let noise = dir.path().join("noise");
    fs::write(&noise, "not an artifact").unwrap();
    for form in forms() {
        let error = format!("{:#}", form::load(&*form, &noise).unwrap_err());
        assert!(error.contains("noise"), "{}: {error}", form.id());
    }
    let error = format!("{:#}", form::of_artifact(&noise).err().unwrap());
    assert!(error.contains("noise: not an artifact"), "{error}");
    fs::remove_file(&noise).unwrap();
    let socket = dir.path().join("socket");
    let _held = UnixListener::bind(&socket).unwrap();
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
        ("up/secret", "a symlink in its path"),
        ("inside/a.h", "a symlink in its path"),
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
        assert!(error.contains("neither a file nor a directory"), "{error}");
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
        extract(&*form, &artifact, &target).unwrap();
        assert_eq!(folder::read(&target, 0).unwrap().digest(), tree.digest(), "{}", form.id());
        let names: Vec<_> =
            fs::read_dir(&target).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(names.iter().any(|name| name.as_bytes() == b"a\xff"), "{names:?}");
    }
}

#[test]
fn an_output_that_is_no_file_is_refused_before_the_headers_are_looked_for() {
    let dir = scratch();
    fs::create_dir(dir.path().join("folder")).unwrap();
    let _held = UnixListener::bind(dir.path().join("socket")).unwrap();
    let commands: [&[&str]; 2] = [
        &["build", "--form", "tar", "--tree", "absent", "-o"],
        &["dataset", "collect", "--source", "absent", "--arch", "x86", "-o"],
    ];
    for command in commands {
        for (output, why) in [("folder", "is a directory"), ("socket", "not a regular file")] {
            let said = stderr(program(dir.path()).args(command).arg(output), 1);
            assert!(said.contains(&format!("{output}: {why}")), "{said}");
            assert!(dir.path().join(output).exists());
        }
    }
}

#[test]
fn many_folders_take_no_more_handles_than_a_process_has() {
    let dir = scratch();
    let files = (0..1500).map(|number| sample::file(format!("{number}/empty.h"), ""));
    let tree = Tree::new(files.collect(), MTIME).unwrap();
    form::by_id("tar").unwrap().build(&tree, &dir.path().join("many")).unwrap();
    let status = Command::new("sh")
        .args(["-c", r#"ulimit -n 1024 && exec "$0" extract many -C out"#])
        .arg(program(dir.path()).get_program())
        .current_dir(dir.path())
        .status();
    assert!(status.unwrap().success());
    let found = folder::read(&dir.path().join("out"), MTIME).unwrap();
    assert_eq!(found.digest(), tree.digest());
}

#[test]
fn a_file_without_end_in_a_folder_is_refused() {
    let dir = scratch();
    let tree = form::by_id("tree").unwrap();
    let path = [TreePath::new("big").unwrap()];
    for (size, why) in [(1 << 30, "a file of 1073741824 bytes"), (1 << 40, "the files exceed")] {
        File::create(dir.path().join("big")).unwrap().set_len(size).unwrap();
        for error in [
            form::load(&*tree, dir.path()).unwrap_err(),
            tree.read(dir.path(), &path, &mut |_, _| Ok(())).unwrap_err(),
        ] {
            let error = format!("{error:#}");
            assert!(error.contains(&format!("big: {why}")), "{error}");
        }
    }
}

/// A worker that builds an image in `dir` by a mkfs.erofs of its own, which does `ask` before it tells its
/// version, and `make` with the `$folder` that it is given.
fn worker(dir: &Path, ask: &str, make: &str) -> Child {
    let path = dir.join("mkfs.erofs");
    let script = format!(
        "#!/bin/sh\nfor folder; do :; done\ncase $1 in\n\
         -V) {ask}; echo mkfs.erofs 1.9; echo available compressors: lz4hc ;;\n\
         *) {make} ;;\nesac\n"
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let tree = dir.join("tree");
    form::by_id("tar").unwrap().build(&small(), &tree).unwrap();
    let form = form::all().find(|form| form.id().starts_with("erofs.lz4hc-")).unwrap();
    let job = Job::Build { form: form.id().to_owned(), tree, artifact: dir.join("artifact") };
    let paths = std::env::var_os("PATH").unwrap();
    let paths = std::iter::once(dir.to_path_buf()).chain(std::env::split_paths(&paths));
    let mut worker = program(dir);
    worker.arg("worker").env("PATH", std::env::join_paths(paths).unwrap());
    worker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut worker = worker.spawn().unwrap();
    let mut input = worker.stdin.take().unwrap();
    input.write_all(&serde_json::to_vec(&job).unwrap()).unwrap();
    worker
}

/// What `found` finds, which may take some seconds.
fn awaited<T>(found: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "it does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_worker_that_is_ended_leaves_neither_a_folder_nor_a_tool() {
    let dir = scratch();
    let told = dir.path().join("told");
    let make = format!("echo $$ $folder > {}; exec sleep 60", told.display());
    let worker = worker(dir.path(), ":", &make);
    let told = awaited(|| fs::read_to_string(&told).ok().filter(|told| told.ends_with('\n')));
    let (tool, folder) = told.trim_end().split_once(' ').unwrap();
    assert!(Path::new(folder).join("include").is_dir(), "{folder}");
    assert!(Command::new("kill").arg(worker.id().to_string()).status().unwrap().success());
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(1));
    assert!(!Path::new(folder).exists(), "{folder}");
    // Dead, if nobody has awaited it yet.
    let stat = || fs::read_to_string(format!("/proc/{tool}/stat")).unwrap_or_default();
    awaited(|| (stat().is_empty() || stat().contains(") Z ")).then_some(()));
}

#[test]
fn to_look_for_a_tool_is_no_part_of_what_a_build_takes() {
    let dir = scratch();
    let done = worker(dir.path(), "sleep 2", ":").wait_with_output().unwrap();
    let Reply::Done(costs) = serde_json::from_slice(&done.stdout).unwrap() else {
        panic!("{done:?}")
    };
    assert!(costs[0].wall < 2_000_000_000, "{costs:?}");
}
