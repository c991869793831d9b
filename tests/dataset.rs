//! Datasets: fetched, unpacked, selected and held against their manifests; and what is given in
//! place of a manifest.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use kheaders_bench::dataset::manifest;
use kheaders_bench::dataset::manifest::Manifest;
use kheaders_bench::dataset::{Prepared, Request, Selection, prepare};
use kheaders_bench::form;
use kheaders_bench::sys::error::Unavailable;
use kheaders_bench::tree::{Node, TreePath};
use tempfile::TempDir;

fn named(name: &str) -> Option<Prepared> {
    match prepare(&Request::Named(name.to_owned()), &|what| eprintln!("{what}")) {
        Ok(prepared) => Some(prepared),
        Err(error) if error.is::<Unavailable>() => {
            common::skip(&format!("{error:#}"));
            None
        }
        Err(error) => panic!("{error:#}"),
    }
}

fn tree_of(request: &Request) -> Prepared {
    prepare(request, &|_| ()).unwrap_or_else(|error| panic!("{error:#}"))
}

fn failure(request: &Request) -> String {
    format!("{:#}", prepare(request, &|_| ()).unwrap_err())
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn folder(path: &Path, selection: Selection) -> Request {
    Request::Folder { path: path.to_path_buf(), selection }
}

/// A kernel tree in little, for two architectures.
fn kernel(root: &Path) {
    write(root, "include/linux/a.h", "/* gone */a\n");
    write(root, "include/linux/Kbuild", "no header\n");
    write(root, "arch/x86/include/asm/b.h", "b\n");
    write(root, "arch/arm64/include/asm/c.h", "c\n");
    write(root, "kernel/d.h", "d\n");
    write(root, "Makefile", "all:\n");
}

fn paths(prepared: &Prepared) -> Vec<String> {
    prepared.tree.files().map(|(path, _)| path.to_string()).collect()
}

#[test]
fn every_manifest_is_sound() {
    for name in Manifest::names() {
        let manifest = Manifest::named(name).unwrap();
        let listed = manifest.closure.headers().unwrap();
        assert_eq!(listed.is_empty(), manifest.closure.list.is_none(), "{name}");
        assert!(listed.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()), "{name}");
    }
}

#[test]
fn the_default_set_is_the_pinned_one_and_holds_its_closure() {
    let Some(prepared) = named("debian-6.12-x86") else { return };
    assert_eq!(prepared.info.pinned, Some(true));
    let (_, closure) = prepared.closure.unwrap();
    assert!(closure.len() > 200);
    for path in &closure {
        assert!(prepared.tree.file(path).is_some(), "{path}");
    }
}

/// Its packages are of a suite that this machine need not have among its sources.
#[test]
fn the_set_of_a_newer_suite_is_the_pinned_one() {
    let Some(prepared) = named("debian-7.3-x86") else { return };
    assert_eq!(prepared.info.pinned, Some(true));
    assert!(prepared.tree.files().all(|(path, _)| !path.as_bytes().ends_with(b"utsversion.h")));
}

#[test]
fn the_v5_set_stands_alone_and_its_programs_run() {
    let Some(prepared) = named("debian-6.12-x86-v5") else { return };
    let executable = |path: &str| {
        let path = TreePath::new(path).unwrap();
        prepared.tree.entries().iter().any(|entry| {
            entry.path == path && matches!(entry.node, Node::File { executable: true, .. })
        })
    };
    assert!(executable("scripts/basic/fixdep") && executable("tools/objtool/objtool"));
    assert!(!executable("Makefile") && !executable("include/linux/sched.h"));
    let makefile = prepared.tree.file(&TreePath::new("Makefile").unwrap()).unwrap();
    assert!(makefile.starts_with(b"# SPDX") || makefile.len() > 10_000);
}

#[test]
fn synthetic_headers_compile() {
    let prepared = named("synthetic").unwrap();
    assert_eq!(prepared.info.census.files, 600);
    let (program, closure) = prepared.closure.unwrap();
    assert!((20..200).contains(&closure.len()), "{}", closure.len());
    let Ok(compiler) = kheaders_bench::kbuild::compiler::Compiler::find("x86") else {
        return common::skip("no C compiler for x86");
    };
    let work = TempDir::new().unwrap();
    let root = work.path().join("tree");
    form::by_id("tree").unwrap().build(&prepared.tree, &root).unwrap();
    let source = work.path().join("program.c");
    fs::write(&source, program).unwrap();
    assert_eq!(compiler.closure(&root, &source).unwrap(), closure);
}

#[test]
fn a_kernel_tree_is_selected_and_stripped() {
    let work = TempDir::new().unwrap();
    kernel(work.path());
    let x86 = Selection { arch: Some("x86_64".into()), ..Selection::default() };
    let prepared = tree_of(&folder(work.path(), x86.clone()));
    assert_eq!(paths(&prepared), ["arch/x86/include/asm/b.h", "include/linux/a.h"]);
    assert_eq!(prepared.tree.files().last().unwrap().1, b"a\n");
    assert_eq!(prepared.arch.as_deref(), Some("x86"));
    let raw = Selection { raw: true, ..x86 };
    assert_eq!(tree_of(&folder(work.path(), raw)).info.census.bytes, 14);
    let everything = Selection { everything: true, ..Selection::default() };
    assert_eq!(tree_of(&folder(work.path(), everything)).info.census.files, 6);
    let unknown = Selection { arch: Some("vax".into()), ..Selection::default() };
    let said = failure(&folder(work.path(), unknown));
    assert!(said.contains("no headers for vax, only for arm64, x86"), "{said}");
}

#[test]
fn an_object_tree_brings_its_source_along() {
    let work = TempDir::new().unwrap();
    let (source, objects) = (work.path().join("source"), work.path().join("objects"));
    kernel(&source);
    write(&objects, "include/generated/autoconf.h", "o\n");
    fs::create_dir_all(objects.join("arch/x86/include/generated")).unwrap();
    let x86 = Selection { arch: Some("x86".into()), ..Selection::default() };
    let expected =
        ["arch/x86/include/asm/b.h", "include/generated/autoconf.h", "include/linux/a.h"];
    write(&objects, "Makefile", &format!("include {}/Makefile\n", source.display()));
    assert_eq!(paths(&tree_of(&folder(&objects, x86.clone()))), expected);
    fs::remove_file(objects.join("Makefile")).unwrap();
    std::os::unix::fs::symlink("../source", objects.join("source")).unwrap();
    assert_eq!(paths(&tree_of(&folder(&objects, x86))), expected);
}

/// From Linux 6.17 on `kernel/Makefile` lists what the script packs.
#[test]
fn a_newer_kernel_takes_generated_headers_of_the_object_tree_alone() {
    let work = TempDir::new().unwrap();
    let (source, objects) = (work.path().join("source"), work.path().join("objects"));
    kernel(&source);
    write(&source, "include/generated/stale.h", "s\n");
    for path in ["generated/autoconf.h", "generated/utsversion.h", "config/other.h"] {
        write(&objects, &format!("include/{path}"), "o\n");
    }
    write(&objects, "arch/x86/include/generated/asm/e.h", "e\n");
    write(&objects, "Makefile", &format!("include {}/Makefile\n", source.display()));
    let x86 = Selection { arch: Some("x86".into()), ..Selection::default() };
    let count = |makefile: &str, script: Option<&str>| {
        write(&source, "Makefile", makefile);
        let kept = source.join("kernel/gen_kheaders.sh");
        match script {
            Some(text) => write(&source, "kernel/gen_kheaders.sh", text),
            None => drop(fs::remove_file(kept)),
        }
        paths(&tree_of(&folder(&objects, x86.clone())))
    };
    let listed = [
        "arch/x86/include/asm/b.h",
        "arch/x86/include/generated/asm/e.h",
        "include/generated/autoconf.h",
        "include/linux/a.h",
    ];
    let (old, new) = ("VERSION = 6\nPATCHLEVEL = 12\n", "VERSION = 7\nPATCHLEVEL = 3\n");
    assert_eq!(count(new, None), listed);
    assert_eq!(count(old, None).len(), listed.len() + 3);
    // A script that was ported to an older kernel, and the other way round.
    assert_eq!(count(old, Some("srclist=$2\n")), listed);
    assert_eq!(count(new, Some("dir_list=include/\n")).len(), listed.len() + 3);
}

#[test]
fn any_other_folder_is_taken_as_it_is() {
    let work = TempDir::new().unwrap();
    let said = failure(&folder(work.path(), Selection::default()));
    assert!(said.contains("no files found"), "{said}");
    write(work.path(), "x/notes.txt", "/* kept */\n");
    let prepared = tree_of(&folder(work.path(), Selection::default()));
    assert_eq!(prepared.tree.files().next().unwrap().1, b"/* kept */\n");
    let said = failure(&folder(&work.path().join("absent"), Selection::default()));
    assert!(said.contains("absent"), "{said}");
}

/// The archive of a little tree in the form `id`, and the digest of the tree.
fn archive(work: &Path, id: &str) -> (PathBuf, String) {
    let root = work.join("headers");
    kernel(&root);
    let everything = Selection { everything: true, ..Selection::default() };
    let prepared = tree_of(&folder(&root, everything));
    let path = work.join(id);
    form::by_id(id).unwrap().build(&prepared.tree, &path).unwrap();
    fs::remove_dir_all(&root).unwrap();
    (path, prepared.info.digest)
}

#[test]
fn archives_are_read_in_every_codec() {
    let work = TempDir::new().unwrap();
    for id in ["tar", "tar.gz-9", "tar.xz-6", "tar.zst-10"] {
        let (path, digest) = archive(work.path(), id);
        assert_eq!(tree_of(&Request::Archive(path.clone())).info.digest, digest, "{id}");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let said = failure(&Request::Archive(path.clone()));
        assert!(said.contains(id), "{said}");
    }
}

#[test]
fn the_archive_in_a_module_is_found_by_its_marks_or_its_magic() {
    let work = TempDir::new().unwrap();
    let (path, digest) = archive(work.path(), "tar.xz-6");
    let archive = fs::read(path).unwrap();
    let noise: Vec<u8> = (0..50_000u32).map(|n| ((n * n) >> 7) as u8).collect();
    let found = |parts: &[&[u8]], compress: bool| {
        let path = work.path().join("module.ko");
        let whole = parts.concat();
        let whole = if compress { zstd::encode_all(&whole[..], 3).unwrap() } else { whole };
        fs::write(&path, whole).unwrap();
        tree_of(&Request::Archive(path)).info
    };
    for compress in [false, true] {
        let marked =
            found(&[b"\x7fELF", &noise, b"IKHD_ST", &archive, b"IKHD_ED", &noise], compress);
        assert_eq!(marked.digest, digest);
        assert!(marked.title.contains("IKHD_ST"), "{}", marked.title);
        let magic = found(&[&noise, b"\xfd7zXZ\0 not this \x1f\x8b", &archive, &noise], compress);
        assert_eq!(magic.digest, digest);
        assert!(magic.title.contains("magic"), "{}", magic.title);
    }
    // A kernel that is compressed inside its image, behind a loader.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&[b"\x7fELF", &noise[..], &archive, &noise].concat()).unwrap();
    let image = found(&[&noise, &gz.finish().unwrap(), &noise], false);
    assert_eq!(image.digest, digest);
    assert!(image.title.contains("compressed kernel"), "{}", image.title);
}

#[test]
fn the_archive_in_a_module_is_found_by_its_symbol() {
    let work = TempDir::new().unwrap();
    let (path, digest) = archive(work.path(), "tar.xz-6");
    let source = work.path().join("kheaders.c");
    let text = format!(
        "asm(\".pushsection .rodata\\n.ascii \\\"before\\\"\\n.global kernel_headers_data\\n\
         kernel_headers_data:\\n.incbin \\\"{}\\\"\\n.global kernel_headers_data_end\\n\
         kernel_headers_data_end:\\n.popsection\\n\");\n",
        path.display()
    );
    fs::write(&source, text).unwrap();
    let object = work.path().join("kheaders.ko");
    let mut cc = std::process::Command::new("cc");
    match cc.arg("-c").arg(&source).arg("-o").arg(&object).status() {
        Ok(status) if status.success() => {}
        _ => return common::skip("no C compiler"),
    }
    let info = tree_of(&Request::Archive(object)).info;
    assert_eq!(info.digest, digest);
    assert!(info.title.contains("kernel_headers_data"), "{}", info.title);
}

#[test]
fn what_holds_no_headers_is_said() {
    let work = TempDir::new().unwrap();
    let said = |name: &str, content: &[u8]| {
        let path = work.path().join(name);
        fs::write(&path, content).unwrap();
        failure(&Request::Archive(path))
    };
    assert!(said("empty", b"").contains("neither an archive of headers"));
    assert!(said("text", b"hello").contains("neither an archive of headers"));
    assert!(said("marked", b"IKHD_ST oops IKHD_ED").contains("not compressed"));
    assert!(failure(&Request::Archive(work.path().join("absent"))).contains("absent"));
}

fn refused(from: &str, to: &str) -> String {
    let text = Manifest::text(manifest::DEFAULT).unwrap();
    assert!(text.contains(from), "{from}");
    format!("{:#}", Manifest::parse(&text.replace(from, to)).unwrap_err())
}

#[test]
fn a_malformed_manifest_is_told_what_is_wrong() {
    assert!(refused("strip = true", "strip = 1").contains("line"));
    assert!(refused("strip = true", "strip = true\nstripe = 1").contains("stripe"));
    assert!(refused("title", "tittle").contains("tittle"));
    assert!(refused("(6\\.12", "6\\.12").contains("series"));
    assert!(refused("objects = \"linux", "kbuild = \"linux").contains("sha256"));
}

#[test]
fn an_unknown_name_is_answered_with_the_known() {
    let error = Manifest::named("debian").unwrap_err().to_string();
    assert!(error.starts_with("debian: no such header set") && error.contains("synthetic"));
}

#[test]
fn a_pinned_version_is_printed_as_it_is_read() {
    let manifest = Manifest::named(manifest::DEFAULT).unwrap();
    let known = &manifest.debian.unwrap().known[0];
    assert!(Manifest::text(manifest::DEFAULT).unwrap().contains(known.to_toml().trim()));
}
