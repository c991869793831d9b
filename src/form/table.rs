//! The forms that runs, reports and the command line know, by their ids, and how any form is found by its
//! id.

use std::sync::Arc;

use anyhow::{Result, bail, ensure};

use super::api::{Form, Forms};
use super::family::FAMILIES;
use super::grammar::Family;

/// The forms of a run that names none, baselines first, in the order of reports.
pub const FORMS: &[&str] = &[
    "tree",
    "tar",
    "tar.gz-9",
    "tar.xz-6",
    "tar.xz-9e",
    "tar.zst-10",
    "tar.zst-19",
    "tar.zst-22",
    "files.gz-9",
    "files.xz-6",
    "files.zst-19",
    "files.zst-19+dict112k",
    "squashfs.gz-128k",
    "squashfs.zst15-128k",
    "squashfs.xz-4k",
    "squashfs.xz-128k",
    "squashfs.xz-1m",
];

/// The forms beyond those of every run, in the order of reports.
pub const MORE: &[&str] = &[
    "tar.xz-6t2",
    "tar.zst-19t2",
    "cpio.gz-9",
    "cpio.zst-19",
    "squashfs.lz4-128k",
    "erofs.lz4hc-64k",
    "erofs.lzma-64k",
    "erofs.zst15-64k",
];

/// What the settings of some forms do not say.
const NOTES: &[(&str, &str)] = &[
    ("tar.xz-6", "as the kernel builds its archive"),
    ("cpio.gz-9", "the kernel's default for an initramfs"),
    ("cpio.zst-19", "the kernel's zstd for an initramfs"),
];

/// The forms of one of the tables.
pub fn rows(table: &[&str]) -> Forms {
    table.iter().filter_map(|id| parse(id)?.ok()).collect()
}

/// The ids of [`FORMS`] and [`MORE`], in the order of reports.
pub fn ids() -> impl Iterator<Item = &'static str> {
    FORMS.iter().chain(MORE).copied()
}

/// Their forms.
pub fn all() -> impl Iterator<Item = Arc<dyn Form>> {
    ids().filter_map(|id| parse(id)?.ok())
}

fn parse(id: &str) -> Option<Result<Arc<dyn Form>>> {
    FAMILIES.iter().find_map(|family| family.parse(id))
}

/// The form that `id` spells out.
///
/// # Errors
/// No such form, or a malformed setting; the error names the nearest form.
pub fn by_id(id: &str) -> Result<Arc<dyn Form>> {
    ensure!(
        !id.contains('@'),
        "{id}: not a form: ids with @ are reference tools, which only `run` measures\nfix: kheaders-bench list references"
    );
    if let Some(form) = parse(id) {
        return form;
    }
    let like = |known: &&str| strsim::damerau_levenshtein(id, known);
    let nearest = ids().min_by_key(like).unwrap_or_default();
    let families = FAMILIES.iter().filter(|family| !family.settings.is_empty());
    let spelled: Vec<_> = families.map(Family::spelling).collect();
    bail!(
        "{id}: no such form; the nearest is {nearest}, and `list forms` has all; variants are {}",
        spelled.join(", ")
    )
}

/// Whether `id` is of a form beyond the tables.
pub fn is_variant(id: &str) -> bool {
    ids().all(|known| known != id)
}

/// One line on what `form` is, for people.
pub fn about(form: &dyn Form) -> String {
    let note = NOTES.iter().find(|(id, _)| *id == form.id());
    let note = note.map_or_else(String::new, |(_, note)| format!("; {note}"));
    format!("{}, {}{note}", form.what(), form.settings())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_it_spells_and_each_form_has_one() {
        let variants = [
            "tar.gz-0",
            "tar.gz-1+by-hash",
            "tar.xz-0",
            "tar.xz-6e",
            "tar.xz-9et2",
            "tar.xz-6+win64k",
            "tar.xz-9e+win1m+by-size",
            "tar.zst-1",
            "tar.zst-19+win1k",
            "tar.zst-19+by-base",
            "cpio.gz-1",
            "files.gz-1",
            "files.xz-6+win512k",
            "files.zst-3",
            "files.zst-19+dict1000k",
            "files.zst-19+dict1m",
            "squashfs.gz-8k",
            "squashfs.lz4-1m",
            "squashfs.zst1-1m",
            "squashfs.zst15-64k",
            "squashfs.xz-512k",
            "erofs.lz4hc-4k",
            "erofs.zst22-1m",
        ];
        let mut settings = Vec::new();
        let variants = variants.into_iter().map(|id| (id, true));
        for (id, variant) in ids().map(|id| (id, false)).chain(variants) {
            let form = by_id(id).unwrap();
            assert_eq!(form.id(), id);
            assert_eq!(is_variant(id), variant, "{id}");
            let family = id.split(['-', '.']).next().unwrap();
            settings.push(format!("{family} {}", form.settings()));
        }
        settings.sort();
        assert!(settings.windows(2).all(|pair| pair[0] != pair[1]), "{settings:#?}");
        assert!(NOTES.iter().all(|(id, _)| !is_variant(id)));
        assert_eq!(all().count(), FORMS.len() + MORE.len());
    }

    #[test]
    fn what_is_no_form_is_told_with_how_forms_are_spelled() {
        for (id, why) in [
            ("tar.gz-10", "level 10 is out of range, which is 0 to 9"),
            ("tar.gz-", "expected a number"),
            ("tar.gz-09", "leading 0"),
            ("tar.gz-9+win1m", "unexpected '+win1m'"),
            ("tar.gz-9+by-name", "is no file order"),
            ("tar.xz-6+win8m", "the default window of the preset"),
            ("tar.xz-6+win1024k", "1024k must be written as 1m"),
            ("tar.xz-6+win3m", "not a power of two"),
            ("tar.xz-6+win1k", "out of range"),
            ("tar.xz-6+win99999999999m", "99999999999"),
            ("tar.xz-6+by-size+win1m", "unexpected '+win1m'"),
            ("tar.zst-23", "which is 1 to 22"),
            ("files.zst-19+dict", "expected a number"),
            ("squashfs.zst15", "expected -BLOCK"),
            ("squashfs.zst15-", "expected a number"),
            ("squashfs.xz-2m", "out of range"),
            ("squashfs.gz-5k", "not a power of two"),
            ("erofs.lzma-2k", "out of range"),
        ] {
            let error = format!("{:#}", by_id(id).err().unwrap());
            assert!(error.contains(why) && error.starts_with(id), "{id}: {error}");
        }
        for (id, nearest) in [("zpaq.5", "tar.xz-LEVEL"), ("tart", "the nearest is tar,")] {
            let error = by_id(id).err().unwrap().to_string();
            assert!(error.contains("no such form") && error.contains(nearest), "{error}");
        }
    }
}
