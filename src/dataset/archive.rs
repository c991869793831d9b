//! Headers from an archive of them, or from a module or kernel image that holds one.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use memchr::memmem;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

use crate::container::stream;
use crate::container::tar;
use crate::tree::{Entry, Tree};

/// The most that a module or image may unpack to, bytes: the largest debug kernels stay far below.
const LIMIT: u64 = 2 << 30;

/// A compressed kernel in a compressed file: nothing real is nested deeper.
const DEPTH: u32 = 3;

/// The headers that the file at `path` holds, and how they were found in it.
///
/// # Errors
/// Unreadable, damaged, or without headers; the error names the file.
pub fn load(path: &Path) -> Result<(Tree, String)> {
    let load = || -> Result<(Tree, String)> {
        let mut head = Vec::new();
        open(path)?.take(512).read_to_end(&mut head).context("can't be decompressed")?;
        let (entries, how) = if tar::recognises(&head) {
            (entries(open(path)?)?, "an archive of headers".to_owned())
        } else {
            let mut bytes = Vec::new();
            open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
            search(bytes, DEPTH)?
                .context("neither an archive of headers nor a module or kernel with one")?
        };
        if !entries.iter().any(|entry| entry.path.name().ends_with(b".h")) {
            bail!("no headers found");
        }
        let mtime = entries.iter().map(|entry| entry.mtime).max().unwrap_or(0);
        Ok((Tree::new(entries, mtime)?, how))
    };
    load().with_context(|| path.display().to_string())
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let meta = fs::metadata(path)?;
    if meta.is_dir() {
        bail!("is a directory, not an archive");
    }
    if !meta.is_file() {
        bail!("not a regular file");
    }
    stream::decompress(Box::new(BufReader::new(File::open(path)?)))
}

fn entries(input: impl Read) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    tar::walk(input, &mut |member| {
        entries.push(member.into_entry()?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(entries)
}

/// Looks for an archive in a module or an uncompressed kernel; else for a compressed kernel to
/// look into.
fn search(bytes: Vec<u8>, depth: u32) -> Result<Option<(Vec<Entry>, String)>> {
    if bytes.len() as u64 > LIMIT {
        bail!("more than {LIMIT} bytes");
    }
    // What is marked must be right; what only looks like it may be chance.
    if let Some(found) = marked(&bytes) {
        return Ok(Some((read(found)?, "found by the marks IKHD_ST and IKHD_ED".to_owned())));
    }
    if let Some(found) = symbol(&bytes) {
        return Ok(Some((read(found)?, "found by the symbol kernel_headers_data".to_owned())));
    }
    for start in stream::starts(&bytes) {
        if begins(&bytes[start..], tar::recognises)
            && let Ok(entries) = read(&bytes[start..])
        {
            return Ok(Some((entries, format!("found by its magic number at byte {start}"))));
        }
    }
    if depth == 0 {
        return Ok(None);
    }
    for start in stream::starts(&bytes) {
        if !begins(&bytes[start..], |head| head.starts_with(object::elf::ELFMAG.as_slice())) {
            continue;
        }
        let Some(kernel) = stream::embedded(&bytes[start..])? else {
            continue;
        };
        let mut inner = Vec::new();
        let whole = kernel.take(LIMIT + 1).read_to_end(&mut inner);
        whole.with_context(|| format!("the kernel at byte {start}"))?;
        if let Some((entries, how)) = search(inner, depth - 1)? {
            return Ok(Some((entries, format!("{how} in the compressed kernel"))));
        }
    }
    Ok(None)
}

/// Between the marks that the patch sets, as `extract-ikconfig` finds its own.
fn marked(bytes: &[u8]) -> Option<&[u8]> {
    let start = memmem::find(bytes, b"IKHD_ST")? + b"IKHD_ST".len();
    let length = memmem::find(&bytes[start..], b"IKHD_ED")?;
    Some(&bytes[start..start + length])
}

/// Between the symbols of `kernel/kheaders.c`, where there is a symbol table.
fn symbol(bytes: &[u8]) -> Option<&[u8]> {
    let file = object::File::parse(bytes).ok()?;
    let named = |name| file.symbols().find(|symbol| symbol.name() == Ok(name));
    let (start, end) = (named("kernel_headers_data")?, named("kernel_headers_data_end")?);
    let section = file.section_by_index(start.section_index()?).ok()?;
    section.data_range(start.address(), end.address().checked_sub(start.address())?).ok()?
}

fn read(bytes: &[u8]) -> Result<Vec<Entry>> {
    match stream::embedded(bytes)? {
        Some(input) => entries(input),
        None => bail!("the embedded headers are not compressed with xz, gzip or zstd"),
    }
}

/// Whether what `bytes` decompress to begins as `wanted`.
fn begins(bytes: &[u8], wanted: impl Fn(&[u8]) -> bool) -> bool {
    let mut head = Vec::new();
    match stream::embedded(bytes) {
        Ok(Some(input)) => {
            // Cut off is no reason to refuse: the head may be whole.
            let _ = input.take(512).read_to_end(&mut head);
            wanted(&head)
        }
        _ => false,
    }
}
