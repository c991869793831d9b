//! `collect` against the kernel's own `gen_kheaders.sh`: the same tar, byte for byte.
//!
//! The script and the kernel's headers come from a `linux-source` package; nothing of them is
//! kept in this repository. A part of the headers is compared, with `KHEADERS_BENCH_WHOLE=1` all.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use kheaders_bench::dataset::{Recipe, collect};
use tempfile::TempDir;

const TIMESTAMP: u32 = 1_600_000_000;

/// The script and headers of each `linux-source` package, unpacked once for all runs; `None`, and
/// said, where there is none or a tool is missing.
fn sources() -> Option<Vec<PathBuf>> {
    for tool in ["perl", "cpio", "xz", "tar", "md5sum"] {
        if !Command::new(tool).arg("--version").output().is_ok_and(|o| o.status.success()) {
            common::skip(&format!("{tool} is not there"));
            return None;
        }
    }
    let mut found = Vec::new();
    for tarball in fs::read_dir("/usr/src").into_iter().flatten().flatten() {
        let name = tarball.file_name().into_string().unwrap_or_default();
        if let Some(version) =
            name.strip_prefix("linux-source-").and_then(|n| n.strip_suffix(".tar.xz"))
        {
            found.push(unpacked(&tarball.path(), version));
        }
    }
    if found.is_empty() {
        common::skip("no /usr/src/linux-source-*.tar.xz: install linux-source-6.12");
        return None;
    }
    found.sort();
    Some(found)
}

fn unpacked(tarball: &Path, version: &str) -> PathBuf {
    let size = fs::metadata(tarball).unwrap().len();
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("source-{version}-{size}"));
    if !kept.is_dir() {
        let partial = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let top = format!("linux-source-{version}");
        let wanted = ["kernel/gen_kheaders.sh", "include", "arch/x86/include"];
        let status = Command::new("tar")
            .args(["--strip-components=1", "-xJf"])
            .arg(tarball)
            .arg("-C")
            .arg(partial.path())
            .args(wanted.map(|path| format!("{top}/{path}")))
            .status();
        assert!(status.unwrap().success());
        // Another test may have been quicker.
        if fs::rename(partial.path(), &kept).is_ok() {
            let _ = partial.keep();
        }
    }
    kept
}

/// Runs the script as the kernel's build does and returns the tar that it made.
fn script(kernel: &Path, objects: &Path, source: Option<&Path>) -> Vec<u8> {
    fs::create_dir_all(objects.join("kernel")).unwrap();
    let mut command = Command::new("sh");
    command
        .arg(kernel.join("kernel/gen_kheaders.sh"))
        .arg("kernel/kheaders_data.tar.xz")
        .current_dir(objects)
        .envs([("SRCARCH", "x86"), ("XZ", "xz"), ("LC_ALL", "C")])
        .env("KBUILD_BUILD_TIMESTAMP", format!("@{TIMESTAMP}"))
        .env_remove("building_out_of_srctree");
    if let Some(source) = source {
        command.env("building_out_of_srctree", "1").env("srctree", source);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    unxz(&objects.join("kernel/kheaders_data.tar.xz"))
}

fn unxz(archive: &Path) -> Vec<u8> {
    let mut tar = Vec::new();
    xz2::read::XzDecoder::new(fs::File::open(archive).unwrap()).read_to_end(&mut tar).unwrap();
    tar
}

fn ours(source: &Path, objects: Option<&Path>) -> Vec<u8> {
    let work = TempDir::new().unwrap();
    let output = work.path().join("out.tar.xz");
    let recipe = Recipe {
        source: source.to_path_buf(),
        objects: objects.map(Path::to_path_buf),
        arch: "x86".to_owned(),
        strip: true,
        mtime: TIMESTAMP,
        kit: None,
    };
    collect(&recipe, 1, &output).unwrap();
    let tar = unxz(&output);
    // Blocks hold the same tar.
    collect(&recipe, 2, &output).unwrap();
    assert!(unxz(&output) == tar);
    tar
}

fn assert_same(ours: &[u8], theirs: &[u8]) {
    let differs = ours.iter().zip(theirs).position(|(a, b)| a != b);
    if let Some(at) = differs {
        let block = at / 512 * 512;
        let text = |tar: &[u8]| tar[block..block + 512].escape_ascii().to_string();
        panic!("byte {at} differs\nours:   {}\nscript: {}", text(ours), text(theirs));
    }
    assert_eq!(ours.len(), theirs.len());
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let status = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status();
    assert!(status.unwrap().success());
}

fn write(root: &Path, path: impl AsRef<Path>, content: &[u8]) -> PathBuf {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

/// What the kernel doesn't have but the script has an answer to.
fn hostile(source: &Path, objects: &Path) {
    let long = format!("include/{}/{}.h", "d".repeat(90), "n".repeat(120));
    let exact = |length: usize| format!("include/{}.h", "x".repeat(length - "./include/.h".len()));
    for (path, content) in [
        (long.as_str(), "/* gone */int a;\n"),
        (&exact(99), "99\n"),
        (&exact(100), "100\n"),
        (&exact(101), "101\n"),
        ("include/a b/c  d.h", "int /* x */ y; // /* z */ kept\n"),
        ("include/\u{e9}\t'\"$HOME.h", "odd name\n"),
        ("include/-dash.h", "dash\n"),
        ("include/.h", "only a suffix\n"),
        ("include/.hidden/.x.h", "hidden\n"),
        ("include/.nfs0001.h", "left by a network file system\n"),
        ("include/.__afs12/x.h", "likewise\n"),
        ("include/empty.h", ""),
        ("include/no-newline.h", "/* a */"),
        ("include/crlf.h", "a\r\n/* b\r\n */c\r\n"),
        ("include/spdx.h", "/* SPDX-License-Identifier: X /* nested */ b */ c */ d\n"),
        ("include/spdx2.h", "/* a /* SPDX */ b /* c */ /*SPD X*/ /*\nSPDX\n*/\n"),
        ("include/open.h", "a /* b */ c /* d\n/* SPDX"),
        ("include/slash.h", "/*/ a */ b /*/ /**/ c /***/ */ d\n"),
        ("include/both.h", "source\n"),
        ("include/sub/source-only.h", "s\n"),
        ("include/not-a-header.c", "c\n"),
        ("include/no-headers/README", "none\n"),
        ("include/a/z.h", "order\n"),
        ("include/a-b.h", "order\n"),
        ("include/a.h", "order\n"),
        ("arch/x86/include/asm/x.h", "x\n"),
        ("arch/arm/include/asm/not-this.h", "x\n"),
        ("kernel/not-this.h", "x\n"),
    ] {
        write(source, path, content.as_bytes());
    }
    write(
        source,
        Path::new(std::ffi::OsStr::from_bytes(b"include/not-utf8-\xff.h")),
        b"\xff/*\xfe*/",
    );
    let mut long_comment = b"/*".to_vec();
    long_comment.resize(300_000, b'x');
    long_comment.extend(b"*/ rest\n");
    write(source, "include/long-comment.h", &long_comment);
    fs::create_dir_all(source.join("include/no-headers/empty")).unwrap();
    fs::create_dir_all(source.join("include/folder.h/inner")).unwrap();
    for (path, mode) in [("include/both.h", 0o400), ("include/a.h", 0o755), ("include/a", 0o700)] {
        fs::set_permissions(source.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let far = format!("../{}", "t".repeat(130));
    for (target, link) in [
        ("a.h", "include/link.h"),
        ("/nowhere/at/all.h", "include/broken.h"),
        ("a", "include/linked-folder"),
        ("a", "include/linked-folder.h"),
        (far.as_str(), "include/far.h"),
    ] {
        symlink(target, source.join(link)).unwrap();
    }
    for (path, content) in [
        ("include/both.h", "/* */objects\n"),
        ("include/sub/objects-only.h", "o\n"),
        ("include/generated/autoconf.h", "#define A /* 1 */ 1\n"),
        ("arch/x86/include/generated/asm/y.h", "y\n"),
    ] {
        write(objects, path, content.as_bytes());
    }
    symlink("sub/objects-only.h", objects.join("include/only-in-objects.h")).unwrap();
}

#[test]
fn hostile_trees_give_the_scripts_tar() {
    let Some(kernels) = sources() else { return };
    for kernel in kernels {
        let work = TempDir::new().unwrap();
        let (source, objects) = (work.path().join("source"), work.path().join("objects"));
        hostile(&source, &objects);
        let theirs = script(&kernel, &objects, Some(&source));
        assert_same(&ours(&source, Some(&objects)), &theirs);
        let theirs = script(&kernel, &source, None);
        assert_same(&ours(&source, None), &theirs);
    }
}

#[test]
fn the_kernels_headers_give_the_scripts_tar() {
    let Some(kernel) = sources().and_then(|kernels| kernels.into_iter().next_back()) else {
        return;
    };
    // The script takes half a minute and more for all of a kernel's headers, one perl for each.
    let whole = std::env::var_os("KHEADERS_BENCH_WHOLE").is_some_and(|whole| whole == "1");
    let folders: &[&str] = if whole {
        &["include", "arch/x86/include"]
    } else {
        &["include/asm-generic", "arch/x86/include"]
    };
    let work = TempDir::new().unwrap();
    let source = work.path().join("source");
    for folder in folders {
        copy(&kernel.join(folder), &source.join(folder));
    }
    let objects = work.path().join("objects");
    write(&objects, "include/generated/autoconf.h", b"#define CONFIG_X86 1 /* y */\n");
    let theirs = script(&kernel, &objects, Some(&source));
    assert_same(&ours(&source, Some(&objects)), &theirs);
}
