//! Source tarballs over loopback: right, wrong, cut off and absent.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use kheaders_bench::dataset::{Cache, Prepared, Selection, prepare_url};
use kheaders_bench::sys::error::Unavailable;
use kheaders_bench::tree::hex;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// Answers `times` requests with `answer`, and returns the location.
fn serve(answer: Vec<u8>, times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/linux-6.99.tar.gz", listener.local_addr().unwrap());
    thread::spawn(move || {
        for _ in 0..times {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(&answer);
        }
    });
    url
}

fn ok(body: &[u8], declared: usize) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {declared}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gz);
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o664);
        tar.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn kernel() -> Vec<u8> {
    tarball(&[
        ("linux-6.99/Makefile", "all:\n"),
        ("linux-6.99/include/linux/a.h", "/* gone */a\n"),
        ("linux-6.99/arch/x86/include/asm/b.h", "b\n"),
        ("linux-6.99/arch/arm64/include/asm/c.h", "c\n"),
        ("linux-6.99/kernel/include/d.h", "d\n"),
    ])
}

fn fetch(url: &str, sha256: &str, cache: &TempDir) -> anyhow::Result<Prepared> {
    let selection = Selection { arch: Some("x86".into()), ..Selection::default() };
    prepare_url(url, sha256, &selection, &Cache::at(cache.path()).unwrap(), &|_| ())
}

fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn left(cache: &TempDir) -> usize {
    let count = |dir: &str| std::fs::read_dir(cache.path().join(dir)).unwrap().count();
    count("packages") + count("unpacked")
}

#[test]
fn a_tarball_is_fetched_once_selected_and_stripped() {
    let (cache, body) = (TempDir::new().unwrap(), kernel());
    let url = serve(ok(&body, body.len()), 1);
    for _ in 0..2 {
        let prepared = fetch(&url, &sum(&body), &cache).unwrap();
        let files: Vec<_> =
            prepared.tree.files().map(|(path, data)| (path.to_string(), data.to_vec())).collect();
        let expected = [("arch/x86/include/asm/b.h", "b\n"), ("include/linux/a.h", "a\n")];
        assert_eq!(files, expected.map(|(path, data)| (path.to_owned(), data.into())));
        assert_eq!(prepared.info.sources[0].sha256, sum(&body));
    }
}

#[test]
fn a_wrong_digest_is_refused_and_nothing_is_kept() {
    let (cache, body) = (TempDir::new().unwrap(), kernel());
    let url = serve(ok(&body, body.len()), 1);
    let error = fetch(&url, &sum(b"another"), &cache).unwrap_err();
    assert!(!error.is::<Unavailable>());
    assert!(error.to_string().contains(&sum(&body)), "{error:#}");
    assert_eq!(left(&cache), 0);
    assert!(fetch(&url, "abc", &cache).unwrap_err().to_string().contains("64 hexadecimal"));
}

#[test]
fn an_interrupted_transfer_keeps_nothing_and_can_be_tried_again() {
    let (cache, body) = (TempDir::new().unwrap(), kernel());
    let url = serve(ok(&body[..body.len() / 2], body.len()), 1);
    let error = fetch(&url, &sum(&body), &cache).unwrap_err();
    assert!(error.is::<Unavailable>(), "{error:#}");
    assert_eq!(left(&cache), 0);
    let url = serve(ok(&body, body.len()), 1);
    fetch(&url, &sum(&body), &cache).unwrap();
}

#[test]
fn what_is_not_there_is_said() {
    let cache = TempDir::new().unwrap();
    let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let url = serve(answer.to_vec(), 1);
    let error = fetch(&url, &sum(b""), &cache).unwrap_err();
    assert!(error.is::<Unavailable>() && error.to_string().contains("404"), "{error:#}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = fetch(&format!("http://{closed}/x"), &sum(b""), &cache).unwrap_err();
    assert!(error.is::<Unavailable>(), "{error:#}");
}

#[test]
fn a_tarball_without_headers_is_refused() {
    let (cache, body) = (TempDir::new().unwrap(), tarball(&[("x-1/README", "none\n")]));
    let url = serve(ok(&body, body.len()), 1);
    let error = format!("{:#}", fetch(&url, &sum(&body), &cache).unwrap_err());
    assert!(error.contains(&url) && error.contains("no kernel source tarball"), "{error}");
}
