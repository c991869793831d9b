//! The size axis: bytes stored. Exact.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::Plan;
use crate::form::{Form, Layout};
use crate::record::{Outcome, id};

/// Observes the size of `artifact`, built by `form` from a tree with `tree_bytes` of content.
///
/// # Errors
/// An artifact that can't be read.
pub fn observe(form: &dyn Form, artifact: &Path, tree_bytes: u64) -> Result<Plan> {
    let mut plan = Plan::default();
    let bytes = bytes(form, artifact, tree_bytes)?;
    let measured = |sample| Outcome::Measured { samples: vec![sample] };
    plan.settled.push((id::SIZE_BYTES, measured(bytes)));
    match form.pages(artifact)? {
        Some(pages) => plan.settled.push((id::SIZE_PAGES, measured(pages))),
        None => plan.skip(&[id::SIZE_PAGES], "its files are not stored one by one"),
    }
    match (u128::from(bytes) * 1_000_000).checked_div(tree_bytes.into()) {
        Some(ratio) => {
            plan.settled.push((id::SIZE_RATIO, measured(u64::try_from(ratio).unwrap_or(u64::MAX))))
        }
        None => plan.skip(&[id::SIZE_RATIO], "the tree has no content"),
    }
    Ok(plan)
}

/// As [`bytes`], without what pads the end: where a page more or less would hide what a header costs.
///
/// # Errors
/// An artifact that can't be read.
pub fn unpadded(form: &dyn Form, artifact: &Path, tree_bytes: u64) -> Result<u64> {
    match form.unpadded(artifact)? {
        Some(bytes) => Ok(bytes),
        None => bytes(form, artifact, tree_bytes),
    }
}

/// The bytes of `artifact`, built by `form` from a tree with `tree_bytes` of content.
///
/// # Errors
/// An artifact that can't be read.
pub fn bytes(form: &dyn Form, artifact: &Path, tree_bytes: u64) -> Result<u64> {
    Ok(match form.layout() {
        // Content alone: what a folder takes on top is the business of the file system under it.
        Layout::Folder => tree_bytes,
        _ => std::fs::metadata(artifact).with_context(|| artifact.display().to_string())?.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;

    #[test]
    fn an_artifact_that_is_gone_is_named() {
        let error = bytes(&*form::by_id("tar").unwrap(), "/nowhere/tar".as_ref(), 1).unwrap_err();
        assert!(format!("{error:#}").starts_with("/nowhere/tar: "), "{error:#}");
    }
}
