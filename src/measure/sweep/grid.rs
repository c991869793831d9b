//! The settings of a sweep: levels, blocks, dictionaries, windows and the order of files.

use std::sync::Arc;

use anyhow::Result;

use crate::form::named::pick;
use crate::form::{self, FORMS, Form, MORE};

/// A form's id with one place to fill, and what goes there.
type Row = (&'static str, &'static [&'static str]);

/// The variants, family by family. Those that are rows of the table of forms are that row.
const GRID: &[Row] = &[
    ("tar.gz-{}", &["1", "3", "6"]),
    ("tar.xz-{}", &["0", "3", "6e", "9"]),
    ("tar.xz-6+win{}", &["256k", "1m", "2m", "4m", "16m", "32m"]),
    ("tar.xz-9e+win{}", &["1m", "4m", "8m"]),
    ("tar.xz-6+by-{}", &["base", "size", "hash"]),
    ("tar.zst-{}", &["1", "3", "6", "12", "15", "17", "20"]),
    ("tar.zst-19+win{}", &["1m", "2m", "4m", "16m", "32m"]),
    ("tar.zst-19+by-{}", &["base", "size", "hash"]),
    ("files.gz-{}", &["1", "6"]),
    ("files.xz-{}", &["0", "9e"]),
    ("files.xz-6+win{}", &["64k", "512k"]),
    ("files.zst-{}", &["3", "10", "15", "22"]),
    ("files.zst-19+dict{}", &["16k", "32k", "64k", "256k", "512k", "1m"]),
    ("files.zst-{}+dict112k", &["3", "10", "15", "22"]),
    ("squashfs.gz-{}", &["4k", "16k", "32k", "64k", "256k", "512k", "1m"]),
    ("squashfs.zst15-{}", &["4k", "16k", "32k", "64k", "256k", "512k", "1m"]),
    ("squashfs.zst{}-128k", &["3", "9", "19", "22"]),
    ("squashfs.zst22-{}", &["512k", "1m"]),
    ("squashfs.xz-{}", &["8k", "16k", "32k", "64k", "256k", "512k"]),
];

/// All forms of a sweep: the table's, then the variants.
///
/// # Errors
/// None but a row of the grid that spells no form.
fn all() -> Result<Vec<Arc<dyn Form>>> {
    let mut all = form::rows(FORMS);
    for (pattern, values) in GRID {
        for value in *values {
            all.push(form::by_id(&pattern.replace("{}", value))?);
        }
    }
    Ok(all)
}

/// The forms of a sweep that `globs` name, in the order of the sweep, then the forms that no run measures
/// unless they are named, and then variants that are named by their ids and are not among them; those of
/// the sweep when there is no pattern.
///
/// # Errors
/// A malformed pattern, or one that names no form.
pub fn forms(globs: &[String]) -> Result<Vec<Arc<dyn Form>>> {
    let mut all = all()?;
    if globs.is_empty() {
        return Ok(all);
    }
    all.extend(form::rows(MORE));
    pick(globs, &all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_sweep_is_one_that_a_run_takes_and_none_stands_twice() {
        let all = all().unwrap();
        assert!(all.len() > FORMS.len() + 60);
        let mut ids: Vec<_> = all.iter().map(|form| form.id()).collect();
        for id in &ids {
            assert_eq!(form::by_id(id).unwrap().id(), *id);
        }
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    }

    #[test]
    fn patterns_pick_from_the_grid_and_ids_may_stand_beside_it() {
        let forms = |patterns: &[&str]| {
            forms(&patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>())
        };
        let ids = |patterns: &[&str]| -> Vec<String> {
            forms(patterns).unwrap().iter().map(|form| form.id().to_owned()).collect()
        };
        assert_eq!(ids(&["tar.gz-*"]), ["tar.gz-9", "tar.gz-1", "tar.gz-3", "tar.gz-6"]);
        assert_eq!(ids(&["tar.gz-2", "tar.gz-1", "tar.gz-2"]), ["tar.gz-1", "tar.gz-2"]);
        assert_eq!(ids(&["cpio.gz-*", "tar.gz-1"]), ["tar.gz-1", "cpio.gz-9"]);
        assert!(forms(&["tar.lzo-*"]).is_err() && forms(&["tar.gz-12"]).is_err());
    }
}
