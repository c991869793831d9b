//! The guest's initramfs: a cpio archive that the kernel unpacks, with this program as
//! `/init`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use object::elf::{FileHeader64, PT_INTERP, PT_LOAD};
use object::endian::LittleEndian;
use object::read::elf::{FileHeader as _, ProgramHeader as _};

use crate::container::cpio;

const DIR: u32 = 0o040_755;
const FILE: u32 = 0o100_755;
const CHARACTER_DEVICE: u32 = 0o020_600;
/// Offsets of the section header fields in a header of ELF64: `e_shoff`, then `e_shnum` and
/// `e_shstrndx`.
const SECTIONS_AT: std::ops::Range<usize> = 40..48;
const SECTION_COUNTS_AT: std::ops::Range<usize> = 60..64;

/// A cpio archive that grows.
pub(super) struct Archive<W> {
    out: W,
    inode: u32,
    dirs: BTreeSet<PathBuf>,
}

impl<W: Write> Archive<W> {
    /// An archive with what every guest needs: the console's device, this program and what it is
    /// linked with.
    pub(super) fn new(program: &Path, out: W) -> Result<Self> {
        let mut archive = Self { out, inode: 0, dirs: BTreeSet::new() };
        archive.parents(Path::new("dev/console"))?;
        archive.entry("dev/console", CHARACTER_DEVICE, (5, 1), b"")?;
        let image = fs::read(program).with_context(|| program.display().to_string())?;
        for library in libraries(program, &image)? {
            let content = fs::read(&library).with_context(|| library.display().to_string())?;
            archive.file(library.strip_prefix("/").unwrap_or(&library), &content)?;
        }
        archive.file(Path::new("init"), &stripped(image)?)?;
        Ok(archive)
    }

    /// Adds a file, and the folders above it.
    pub(super) fn file(&mut self, path: &Path, content: &[u8]) -> Result<()> {
        self.parents(path)?;
        let name = path.to_str().with_context(|| path.display().to_string())?;
        Ok(self.entry(name, FILE, (0, 0), content)?)
    }

    /// Ends the archive.
    pub(super) fn finish(mut self) -> Result<W> {
        cpio::trailer(&mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn parents(&mut self, path: &Path) -> Result<()> {
        let mut dirs: Vec<_> = path.ancestors().skip(1).collect();
        dirs.pop();
        for dir in dirs.into_iter().rev() {
            if self.dirs.insert(dir.to_path_buf()) {
                let name = dir.to_str().with_context(|| dir.display().to_string())?;
                self.entry(name, DIR, (0, 0), b"")?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, mode: u32, node: (u32, u32), content: &[u8]) -> io::Result<()> {
        self.inode += 1;
        let header = cpio::Header { name: name.as_bytes(), mode, mtime: 0, device: node };
        cpio::entry(&mut self.out, self.inode, header, content)
    }
}

/// What `program` is linked with, the loader included; nothing for a static one.
fn libraries(program: &Path, image: &[u8]) -> Result<Vec<PathBuf>> {
    let context = || program.display().to_string();
    let header = FileHeader64::<LittleEndian>::parse(image).with_context(context)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, image)?;
    let Some(loader) = segments.iter().find(|segment| segment.p_type(endian) == PT_INTERP) else {
        return Ok(Vec::new());
    };
    let name =
        loader.data(endian, image).ok().context("damaged name of the program interpreter")?;
    let name = String::from_utf8_lossy(name);
    let loader = PathBuf::from(name.trim_end_matches('\0'));
    // As ldd does; the loader knows where it finds what.
    let listed = Command::new(&loader).arg("--list").arg(program).output();
    let listed = listed.with_context(|| loader.display().to_string())?;
    if !listed.status.success() {
        bail!("{} --list {}: {}", loader.display(), program.display(), listed.status);
    }
    let text = String::from_utf8_lossy(&listed.stdout);
    let mut libraries = vec![loader.clone()];
    for line in text.lines() {
        let path = line.split_once("=> ").map_or(line, |(_, path)| path).trim();
        let path = Path::new(path.split_once(" (").map_or(path, |(path, _)| path));
        if path.is_absolute() && path != loader {
            libraries.push(path.to_path_buf());
        }
    }
    Ok(libraries)
}

/// `image` without what no loader reads: symbols and debugging information.
fn stripped(mut image: Vec<u8>) -> Result<Vec<u8>> {
    let header = FileHeader64::<LittleEndian>::parse(image.as_slice())?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, image.as_slice())?;
    let end = |segment: &object::elf::ProgramHeader64<_>| {
        segment.p_offset(endian) + segment.p_filesz(endian)
    };
    let loaded = segments.iter().filter(|segment| segment.p_type(endian) == PT_LOAD);
    let end = loaded.map(end).max().context("the program has no loadable segment")?;
    image.truncate(usize::try_from(end)?);
    for field in [SECTIONS_AT, SECTION_COUNTS_AT] {
        image.get_mut(field).context("the program is truncated")?.fill(0);
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_aligned_and_their_folders_stand_before_them() {
        let mut archive = Archive { out: Vec::new(), inode: 0, dirs: BTreeSet::new() };
        archive.file(Path::new("a/b"), b"12345").unwrap();
        archive.file(Path::new("a/c"), b"").unwrap();
        let out = archive.finish().unwrap();
        assert_eq!(out.len() % 4, 0);
        let text = String::from_utf8_lossy(&out);
        let at: Vec<_> = text.match_indices("070701").map(|(at, _)| at).collect();
        assert_eq!(at.len(), 4);
        assert!(at.iter().all(|at| at % 4 == 0));
        assert!(text[at[1]..].contains("a/b\0") && text.contains("12345\0\0\0"));
    }
}
