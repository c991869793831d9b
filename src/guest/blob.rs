//! Puts a blob into a compiled module, in the section that `modules/blob.h` reserves.

use anyhow::{Context as _, Result, bail};
use object::elf::FileHeader64;
use object::endian::LittleEndian;
use object::read::elf::{FileHeader as _, SectionHeader as _};

/// The section of the blob, and that of its length.
const BLOB: &[u8] = b".kheaders";
const SIZE: &[u8] = b".kheaders_size";
/// What the section of the blob is aligned to, bytes; in the file it need not be.
const PAGE: usize = 4096;
/// Offsets of `sh_offset` and `sh_size` in a section header of ELF64.
const OFFSET_AT: usize = 24;
const SIZE_AT: usize = 32;
const HEADER: usize = 64;

/// The module with `blob` in it, to be given to the kernel.
///
/// # Errors
/// Not a module with a place for a blob.
pub(super) fn insert(module: &[u8], blob: &[u8]) -> Result<Vec<u8>> {
    let header = FileHeader64::<LittleEndian>::parse(module).context("not a 64-bit ELF file")?;
    let endian = header.endian()?;
    let sections = header.sections(endian, module)?;
    let find = |wanted: &[u8]| {
        let found = sections.section_by_name(endian, wanted);
        found.with_context(|| format!("no section {}", wanted.escape_ascii()))
    };
    let (index, _) = find(BLOB)?;
    let (_, size) = find(SIZE)?;
    let size_at = usize::try_from(size.sh_offset(endian))?;
    if size.sh_size(endian) != 8 {
        bail!("section {} has not 8 bytes", SIZE.escape_ascii());
    }
    let entry = usize::try_from(header.e_shoff(endian))? + index.0 * HEADER;
    let at = module.len().next_multiple_of(PAGE);
    let mut out = Vec::with_capacity(at + blob.len());
    out.extend_from_slice(module);
    out.resize(at, 0);
    out.extend_from_slice(blob);
    let mut put = |place: usize, number: usize| -> Result<()> {
        let field = out.get_mut(place..place + 8).context("the file is truncated")?;
        field.copy_from_slice(&(number as u64).to_le_bytes());
        Ok(())
    };
    put(entry + OFFSET_AT, at)?;
    // A section without a byte would lose its place.
    put(entry + SIZE_AT, blob.len().max(1))?;
    put(size_at, blob.len())?;
    if blob.is_empty() {
        out.push(0);
    }
    Ok(out)
}
