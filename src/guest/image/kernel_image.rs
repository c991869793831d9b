//! Kernel images: their release, and the kernel in a compressed one.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::container::stream;
use crate::sys::atomic_file;

/// Where a bzImage has its magic number, `HdrS`, and the field with the offset of its version, less
/// 0x200: `Documentation/arch/x86/boot.rst`.
const MAGIC_AT: usize = 0x202;
const VERSION_AT: usize = 0x20e;
/// What comes before the release in the banner of every kernel, and so in a vmlinux.
const BANNER: &[u8] = b"Linux version ";

/// `uname -r` of the kernel at `path`.
///
/// # Errors
/// Unreadable, or neither a bzImage nor an uncompressed kernel.
pub(super) fn release(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    match release_in(&bytes) {
        Some(release) => Ok(release),
        None => bail!("{}: neither a bzImage nor a vmlinux for x86-64", path.display()),
    }
}

fn release_in(image: &[u8]) -> Option<String> {
    if image.starts_with(&object::elf::ELFMAG) {
        let word = |at: usize| first_word(image.get(at + BANNER.len()..)?);
        return memchr::memmem::find_iter(image, BANNER)
            .filter_map(word)
            .find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    }
    if image.get(MAGIC_AT..MAGIC_AT + 4)? != b"HdrS" {
        return None;
    }
    let place = image.get(VERSION_AT..VERSION_AT + 2)?;
    let place = 0x200 + usize::from(u16::from_le_bytes(place.try_into().ok()?));
    first_word(image.get(place..)?)
}

/// The text up to a blank or a zero; the longest release is of 64 bytes.
fn first_word(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().take(65).position(|&byte| byte == b' ' || byte == 0)?;
    let word = std::str::from_utf8(&bytes[..end]).ok()?;
    (!word.is_empty()).then(|| word.to_owned())
}

/// Writes the kernel that the bzImage `packed` holds compressed: an emulator starts it faster.
///
/// # Errors
/// There is none in it, or I/O errors.
pub(super) fn uncompress(packed: &Path, target: &Path) -> Result<()> {
    let bytes = fs::read(packed).with_context(|| packed.display().to_string())?;
    for start in stream::starts(&bytes) {
        let Some(mut kernel) = stream::embedded(&bytes[start..])? else { continue };
        let mut head = [0; 4];
        if kernel.read_exact(&mut head).is_err() || head != object::elf::ELFMAG {
            continue;
        }
        return atomic_file::write(target, |out| {
            std::io::Write::write_all(out, &head)?;
            std::io::copy(&mut kernel, out).context("the compressed kernel")?;
            Ok(())
        });
    }
    bail!("{}: contains no compressed kernel", packed.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_tell_their_release() {
        let mut packed = vec![0; 0x400];
        packed[MAGIC_AT..MAGIC_AT + 4].copy_from_slice(b"HdrS");
        packed[VERSION_AT] = 0x80;
        packed[0x280..0x28e].copy_from_slice(b"6.1.0-56 (a@b)");
        assert_eq!(release_in(&packed).as_deref(), Some("6.1.0-56"));
        let plain = b"\x7fELF..Linux version %s..Linux version 6.12.1-x (gcc)";
        assert_eq!(release_in(plain).as_deref(), Some("6.12.1-x"));
        assert_eq!(release_in(b"\x7fELF"), None);
        assert_eq!(release_in(&[0xff; 0x300]), None);
        packed[VERSION_AT + 1] = 0xff;
        assert_eq!(release_in(&packed), None);
    }
}
