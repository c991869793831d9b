//! The kernel's own modules, with their dependencies.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use walkdir::WalkDir;

use super::guest_image::GuestImage;
use crate::container::stream;

impl GuestImage {
    /// The module `name` of this kernel and those it needs, in the order of loading; nothing when
    /// it is part of the kernel itself.
    ///
    /// # Errors
    /// The kernel has no such module.
    pub fn module(&self, name: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let mut all = Vec::new();
        self.gather(name, &mut all)?;
        Ok(all)
    }

    fn gather(&self, name: &str, all: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
        if all.iter().any(|(known, _)| known == name) {
            return Ok(());
        }
        let Some(file) = files(&self.modules).find(|file| is_called(file, name)) else {
            let builtin = fs::read_to_string(self.modules.join("modules.builtin"));
            let builtin = builtin.unwrap_or_default().replace('-', "_");
            if builtin.lines().any(|line| line.ends_with(&format!("/{name}.ko"))) {
                return Ok(());
            }
            bail!("the guest's kernel {} has no module {name}", self.release);
        };
        let bytes = read(&file)?;
        for needed in field(&bytes, "depends").replace('-', "_").split(',') {
            if !needed.is_empty() {
                self.gather(needed, all)?;
            }
        }
        all.push((name.to_owned(), bytes));
        Ok(())
    }
}

/// The release that the modules in `folder` are for, by the first of them; `None` if there
/// is none.
///
/// # Errors
/// It can't be read.
pub(super) fn release(folder: &Path) -> Result<Option<String>> {
    match files(folder).next() {
        Some(file) => Ok(vermagic(&read(&file)?)),
        None => Ok(None),
    }
}

/// The release in the `vermagic` of `module`, an uncompressed one.
pub(crate) fn vermagic(module: &[u8]) -> Option<String> {
    field(module, "vermagic").split(' ').next().filter(|word| !word.is_empty()).map(str::to_owned)
}

/// The header by which modules get the release into their `vermagic`. Debian's
/// `include/config/kernel.release` has another.
pub(crate) const UTS_RELEASE: &str = "include/generated/utsrelease.h";

/// The release in that header.
pub(crate) fn uts_release(header: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(header);
    let value = text.lines().find_map(|line| line.strip_prefix("#define UTS_RELEASE "))?;
    Some(value.trim().trim_matches('"').to_owned())
}

/// The modules below the folder of a release, compressed or not.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let found = WalkDir::new(folder.join("kernel")).sort_by_file_name().into_iter().flatten();
    found.map(walkdir::DirEntry::into_path).filter(|path| name(path).is_some())
}

/// The name of the module in the file at `path`; `None` if it is none.
fn name(path: &Path) -> Option<String> {
    let (name, suffix) = path.file_name()?.to_str()?.split_once(".ko")?;
    (suffix.is_empty() || suffix.starts_with('.')).then(|| name.replace('-', "_"))
}

fn is_called(path: &Path, wanted: &str) -> bool {
    name(path).is_some_and(|name| name == wanted)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let read = || -> Result<Vec<u8>> {
        let input = Box::new(BufReader::new(File::open(file)?));
        let mut bytes = Vec::new();
        stream::decompress(input)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().with_context(|| file.display().to_string())
}

/// The modinfo field `name` of a module; empty if it has none.
fn field(module: &[u8], name: &str) -> String {
    let mark = format!("\0{name}=");
    let Some(at) = memchr::memmem::find(module, mark.as_bytes()) else { return String::new() };
    let rest = module.get(at + mark.len()..).unwrap_or_default();
    let value = rest.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(value).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_known_by_its_file_whatever_its_suffix() {
        assert!(is_called(Path::new("/m/kernel/a/xor-x.ko.xz"), "xor_x"));
        assert!(is_called(Path::new("squashfs.ko"), "squashfs"));
        assert!(!is_called(Path::new("squashfs.kox"), "squashfs"));
        assert!(!is_called(Path::new("loop2.ko"), "loop"));
    }

    #[test]
    fn modules_tell_what_they_are_for_and_need() {
        let module = b"ELF\0license=GPL\0depends=a-b,c\0vermagic=6.1.0-5-amd64 SMP \0x";
        assert_eq!(vermagic(module).as_deref(), Some("6.1.0-5-amd64"));
        assert_eq!(field(module, "depends"), "a-b,c");
        assert_eq!(vermagic(b"ELF"), None);
        let header = b"/* made */\n#define UTS_RELEASE \"6.1.0-5-amd64\"\n";
        assert_eq!(uts_release(header).as_deref(), Some("6.1.0-5-amd64"));
        assert_eq!(uts_release(b""), None);
    }
}
