//! Downloads from a fake apt with packages made here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempDir;

use super::*;
use crate::container::codec::{Codec as _, Xz};
use crate::dataset::manifest::Expect;
use crate::debian::cache;
use crate::tree::TreeStats;

/// A place with an apt that serves what lies in `pool`, and a cache to fetch into.
struct Place {
    folder: TempDir,
    cache: Cache,
}

/// Writes each call to `log`, fails when `offline` is there, or `expired` and dates count, and cuts downloads off whose name holds
/// what `cut` has.
const APT_GET: &str = r#"#!/bin/sh
cd "$(dirname "$0")"; here=$PWD; cd "$OLDPWD"
if [ -f "$here/expired" ] && ! echo "$*" | grep -q Check-Valid-Until=false; then
    echo "E: Release file for somewhere is expired" >&2; exit 100
fi
while [ "$1" = -o ]; do shift 2; done
echo "$@" >> "$here/log"
if [ -f "$here/offline" ]; then echo "E: no network" >&2; exit 100; fi
[ "$1" = download ] || exit 0
deb=$(echo "$2" | tr = _).deb
if [ -f "$here/cut" ] && echo "$2" | grep -q "$(cat "$here/cut")"; then
    head -c 100 "$here/pool/$deb" > "$deb"; echo "E: cut off" >&2; exit 100
fi
cp "$here/pool/$deb" .
"#;

const APT_CACHE: &str = r#"#!/bin/sh
cd "$(dirname "$0")/pool"
while [ "$1" = -o ]; do shift 2; done
for deb in *.deb; do
    name=${deb%_*} version=${deb#*_}
    case $1 in
    pkgnames) echo "$name" ;;
    madison) [ "$name" = "$2" ] && echo "$name | ${version%.deb} | somewhere" ;;
    esac
done
exit 0
"#;

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("pool")).unwrap();
        for (name, script) in [("apt-get", APT_GET), ("apt-cache", APT_CACHE)] {
            let path = folder.path().join(name);
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let cache = Cache::at(&folder.path().join("cache")).unwrap().filled_by(folder.path());
        Self { folder, cache }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Serves a source package of `abi`, and returns how it is pinned.
    fn serve(&self, abi: &str) -> Known {
        let name = format!("linux-headers-{abi}-common");
        let deb = self.path(&format!("pool/{name}_1.deb"));
        fs::write(&deb, package(&format!("./usr/src/{name}/include/a.h"), abi)).unwrap();
        let sha256 = [(Role::Source, cache::sha256(&deb).unwrap())].into();
        let expect = Expect { census: TreeStats::default(), digest: String::new() };
        Known { abi: abi.to_owned(), version: "1".to_owned(), sha256, expect }
    }

    fn calls(&self, what: &str) -> usize {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        log.lines().filter(|line| line.starts_with(what)).count()
    }

    fn packages(&self) -> Vec<String> {
        let names = fs::read_dir(self.cache.packages()).unwrap();
        names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn package(path: &str, content: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for path in [path, "./usr/share/doc/not-needed"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let mut data = Vec::new();
    Xz::preset(0)
        .compress(&mut data, tar.len() as u64, &mut |out| Ok(out.write_all(&tar)?))
        .unwrap();
    let mut deb = ar::Builder::new(Vec::new());
    for (name, bytes) in [("debian-binary", &b"2.0\n"[..]), ("data.tar.xz", &data)] {
        deb.append(&ar::Header::new(name.into(), bytes.len() as u64), bytes).unwrap();
    }
    deb.into_inner().unwrap()
}

fn debian(known: Vec<Known>) -> Debian {
    let packages = [(Role::Source, "linux-headers-{abi}-common".to_owned())].into();
    let series = r"linux-headers-(6\.\d+)-common".to_owned();
    Debian { series, suite: None, packages, known }
}

fn header(unpacked: &Unpacked) -> String {
    fs::read_to_string(unpacked.roots[&Role::Source].join("include/a.h")).unwrap()
}

fn quiet(_: &str) {}

#[test]
fn the_first_pinned_version_that_is_served_is_fetched_once() {
    let place = Place::new();
    let mut gone = place.serve("6.3");
    fs::remove_file(place.path("pool/linux-headers-6.3-common_1.deb")).unwrap();
    gone.version = "0".to_owned();
    let debian = debian(vec![gone, place.serve("6.2"), place.serve("6.1")]);
    for _ in 0..2 {
        let unpacked = fetch(&debian, &place.cache, &quiet).unwrap();
        assert_eq!((header(&unpacked).as_str(), unpacked.known.is_some()), ("6.2", true));
        assert!(!place.cache.unpacked().join("linux-headers-6.2-common_1/usr/share").exists());
    }
    assert_eq!((place.calls("update"), place.calls("download")), (1, 1));
    forget(&fetch(&debian, &place.cache, &quiet).unwrap(), &place.cache, &quiet).unwrap();
    assert_eq!(header(&fetch(&debian, &place.cache, &quiet).unwrap()), "6.2");
    assert_eq!(place.calls("download"), 1);
}

#[test]
fn the_newest_of_the_series_stands_in_when_no_pinned_version_is_served() {
    let place = Place::new();
    let mut gone = place.serve("6.3");
    gone.version = "0".to_owned();
    place.serve("6.10");
    place.serve("6.9");
    place.serve("7.1");
    let debian = debian(vec![gone]);
    let unpacked = fetch(&debian, &place.cache, &quiet).unwrap();
    assert_eq!((header(&unpacked).as_str(), unpacked.known.is_none()), ("6.10", true));
    assert_eq!(unpacked.sources[0].sha256.len(), 64);
}

#[test]
fn the_stand_in_is_found_again_without_network() {
    let place = Place::new();
    let mut gone = place.serve("6.3");
    gone.version = "0".to_owned();
    let debian = debian(vec![gone]);
    place.serve("6.10");
    fetch(&debian, &place.cache, &quiet).unwrap();
    place.serve("6.11");
    fs::write(place.path("offline"), "").unwrap();
    let unpacked = fetch(&debian, &place.cache, &quiet).unwrap();
    assert_eq!((header(&unpacked).as_str(), unpacked.known.is_none()), ("6.10", true));
    assert_eq!(place.calls("download"), 1);
}

#[test]
fn a_pinned_version_that_does_not_come_gives_way_to_the_next() {
    let place = Place::new();
    let debian = debian(vec![place.serve("6.3"), place.serve("6.2")]);
    fs::write(place.path("cut"), "6.3").unwrap();
    let unpacked = fetch(&debian, &place.cache, &quiet).unwrap();
    assert_eq!((header(&unpacked).as_str(), unpacked.known.is_some()), ("6.2", true));
    assert_eq!(place.packages(), ["linux-headers-6.2-common_1.deb"]);
}

#[test]
fn another_package_than_the_pinned_is_refused() {
    let place = Place::new();
    let debian = debian(vec![place.serve("6.1")]);
    fs::write(place.path("pool/linux-headers-6.1-common_1.deb"), "forged").unwrap();
    let error = fetch(&debian, &place.cache, &quiet).unwrap_err().to_string();
    assert!(error.contains("linux-headers-6.1-common") && error.contains("SHA-256"), "{error}");
    assert!(place.packages().is_empty(), "{:?}", place.packages());
}

#[test]
fn an_interrupted_download_leaves_nothing() {
    let place = Place::new();
    let debian = debian(vec![place.serve("6.1")]);
    fs::write(place.path("cut"), "").unwrap();
    let error = fetch(&debian, &place.cache, &quiet).unwrap_err();
    assert!(error.is::<Unavailable>() && error.to_string().contains("cut off"), "{error:#}");
    assert!(place.packages().is_empty(), "{:?}", place.packages());
    fs::remove_file(place.path("cut")).unwrap();
    fetch(&debian, &place.cache, &quiet).unwrap();
}

#[test]
fn a_damaged_package_is_fetched_again_and_said() {
    let place = Place::new();
    let debian = debian(vec![place.serve("6.1")]);
    let damaged = place.cache.packages().join("linux-headers-6.1-common_1.deb");
    fs::write(&damaged, "damaged").unwrap();
    let said = Mutex::new(String::new());
    fetch(&debian, &place.cache, &|what| said.lock().unwrap().push_str(what)).unwrap();
    assert!(said.lock().unwrap().contains("damaged, downloading it again"));
    assert_eq!(place.calls("download"), 1);
}

#[test]
fn without_network_or_apt_nothing_can_be_checked() {
    let place = Place::new();
    let debian = debian(vec![place.serve("6.1")]);
    fs::write(place.path("offline"), "").unwrap();
    let error = fetch(&debian, &place.cache, &quiet).unwrap_err();
    assert!(error.is::<Unavailable>() && error.to_string().contains("no network"), "{error:#}");
    let cache = place.cache.clone().filled_by(Path::new("/nowhere"));
    let error = fetch(&debian, &cache, &quiet).unwrap_err();
    assert!(error.is::<Unavailable>() && error.to_string().contains("--tree"), "{error:#}");
}

#[test]
fn two_runs_at_once_fetch_once() {
    let place = Place::new();
    let debian = debian(vec![place.serve("6.1")]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(header(&fetch(&debian, &place.cache, &quiet).unwrap()), "6.1");
            });
        }
    });
    assert_eq!(place.calls("download"), 1);
}

#[test]
fn a_package_with_unsafe_paths_is_refused() {
    let place = Place::new();
    let known = place.serve("6.1");
    let deb = place.path("pool/linux-headers-6.1-common_1.deb");
    // Written by hand, as the tar crate refuses such a name.
    let mut header = tar::Header::new_gnu();
    let evil = b"usr/src/linux-headers-6.1-common/../../../../../evil";
    header.as_old_mut().name[..evil.len()].copy_from_slice(evil);
    header.set_size(0);
    header.set_cksum();
    let tar = [header.as_bytes(), &[0; 1024][..]].concat();
    let mut archive = ar::Builder::new(fs::File::create(&deb).unwrap());
    archive.append(&ar::Header::new(b"data.tar".to_vec(), tar.len() as u64), &tar[..]).unwrap();
    let sha256 = [(Role::Source, cache::sha256(&deb).unwrap())].into();
    let debian = debian(vec![Known { sha256, ..known }]);
    let error = format!("{:#}", fetch(&debian, &place.cache, &quiet).unwrap_err());
    assert!(error.contains(".deb") && error.contains(".."), "{error}");
    assert_eq!(fs::read_dir(place.cache.unpacked()).unwrap().count(), 0);
}

#[test]
fn a_mirror_past_its_date_gives_pinned_packages_only() {
    let place = Place::new();
    fs::write(place.path("expired"), "").unwrap();
    let said = Mutex::new(String::new());
    let say = |what: &str| said.lock().unwrap().push_str(what);
    let pinned = debian(vec![place.serve("6.1")]);
    assert_eq!(header(&fetch(&pinned, &place.cache, &say).unwrap()), "6.1");
    assert!(said.lock().unwrap().contains("the mirror is past its date"));
    let place = Place::new();
    fs::write(place.path("expired"), "").unwrap();
    place.serve("6.2");
    let error = fetch(&debian(Vec::new()), &place.cache, &quiet).unwrap_err();
    assert!(error.is::<Unavailable>() && error.to_string().contains("not pinned"), "{error:#}");
}
