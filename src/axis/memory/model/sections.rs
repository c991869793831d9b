//! What a module of the project's own holds: its sections, with the blob among its read-only data.

use anyhow::{Context as _, Result};
use object::elf::{FileHeader64, SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE};
use object::endian::LittleEndian;
use object::read::elf::{FileHeader as _, SectionHeader as _};

use super::{derived, pages};
use crate::record::Term;

/// Sections that the kernel reads while it loads a module and does not keep (`setup_load_info`,
/// `kernel/module/main.c`).
const LEFT_OUT: [&[u8]; 2] = [b".modinfo", b"__versions"];

/// The module `name` with a blob of `blob` bytes. Sections are laid out in four kinds, each in whole
/// pages of its own (`__layout_sections` and `module_memory_alloc`, `kernel/module/main.c`); those
/// of `.init` are freed.
pub(super) fn terms(modules: &[(String, Vec<u8>)], name: &str, blob: u64) -> Result<Vec<Term>> {
    let found = modules.iter().find(|(known, _)| known == name);
    let (_, module) = found.with_context(|| format!("no module {name}"))?;
    let header = FileHeader64::<LittleEndian>::parse(module.as_slice())?;
    let endian = header.endian()?;
    let sections = header.sections(endian, module.as_slice())?;
    let (mut text, mut data, mut after_init, mut read_only) = (0, 0, 0, blob);
    for section in sections.iter() {
        let name = sections.section_name(endian, section)?;
        let flags = section.sh_flags(endian);
        let has = |flag: u32| flags & u64::from(flag) != 0;
        if !has(SHF_ALLOC) || name.starts_with(b".init") || LEFT_OUT.contains(&name) {
            continue;
        }
        let kind = if name == b".data..ro_after_init" {
            &mut after_init
        } else if has(SHF_EXECINSTR) {
            &mut text
        } else if has(SHF_WRITE) {
            &mut data
        } else {
            &mut read_only
        };
        *kind += section.sh_size(endian);
    }
    let all: u64 = [text, data, after_init, read_only].into_iter().map(pages).sum();
    Ok(vec![
        derived("the artifact in the module's read-only data", blob),
        derived("the module's own sections, and all to whole pages", all - blob),
    ])
}
