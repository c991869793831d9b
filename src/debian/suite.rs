//! Suites of Debian's archive beyond the machine's own, from the same mirror.

use std::env;
use std::fs;
use std::path::Path;

use crate::sys::error::Unavailable;

/// The variable with a mirror of Debian's archive, for machines whose own sources have none.
pub const MIRROR: &str = "KHEADERS_BENCH_DEBIAN_MIRROR";
/// What Debian's archive is signed with.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The line of a `sources.list` with `suite` alone.
///
/// # Errors
/// [`Unavailable`] where no mirror is known, or its signatures can't be checked.
pub(super) fn source(suite: &str) -> Result<String, Unavailable> {
    let set = env::var(MIRROR).ok().filter(|mirror| !mirror.is_empty());
    let mirror = set.or_else(|| mirror(Path::new("/etc/apt"))).ok_or_else(|| Unavailable {
        what: format!("{suite}: the package sources of this machine have no mirror of Debian"),
        remedy: format!(
            "set {MIRROR} to one, such as https://deb.debian.org/debian; or use --running, --tree DIR or \
             --url URL"
        ),
    })?;
    if !Path::new(KEYRING).is_file() {
        return Err(Unavailable {
            what: format!("{KEYRING}: missing, the signature of {suite} can't be checked"),
            remedy: "apt-get install debian-archive-keyring".to_owned(),
        });
    }
    Ok(format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n"))
}

/// The mirror in the sources below the folder `etc`: the first whose path ends in `/debian`, as that of
/// security updates does not.
fn mirror(etc: &Path) -> Option<String> {
    let parts = fs::read_dir(etc.join("sources.list.d")).into_iter().flatten();
    let mut files: Vec<_> = parts.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.insert(0, etc.join("sources.list"));
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    texts.collect::<Vec<_>>().iter().flat_map(|text| text.lines()).find_map(mirror_of)
}

/// The mirror in one line, of either format.
fn mirror_of(line: &str) -> Option<String> {
    let line = line.trim();
    if !line.starts_with("deb ") && !line.starts_with("deb\t") && !line.starts_with("URIs:") {
        return None;
    }
    let is_debian =
        |word: &&str| word.contains(":/") && word.trim_end_matches('/').ends_with("/debian");
    line.split_whitespace().find(is_debian).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str, parts: &[(&str, &str)]) -> Option<String> {
        let etc = tempfile::tempdir().unwrap();
        fs::write(etc.path().join("sources.list"), list).unwrap();
        fs::create_dir(etc.path().join("sources.list.d")).unwrap();
        for (name, text) in parts {
            fs::write(etc.path().join("sources.list.d").join(name), text).unwrap();
        }
        mirror(etc.path())
    }

    #[test]
    fn the_mirror_is_found_in_either_format_and_only_debians() {
        let one = "# deb http://old/debian sid main\n\
                   deb http://a.example/debian-security stable-security main\n\
                   deb [arch=amd64] http://b.example/debian/ stable main\n";
        assert_eq!(found(one, &[]).unwrap(), "http://b.example/debian/");
        let stanza = "Types: deb\nURIs: https://c.example/debian\nSuites: stable\n";
        assert_eq!(found("", &[("debian.sources", stanza)]).unwrap(), "https://c.example/debian");
        let other = "deb http://archive.ubuntu.com/ubuntu noble main\n";
        assert_eq!(found(other, &[]), None);
    }
}
