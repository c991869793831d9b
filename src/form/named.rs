//! Forms selected by ids and glob patterns.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use globset::Glob;

use super::api::{Form, Forms};
use super::table::by_id;

/// The patterns in `text`, separated by commas outside braces.
pub fn patterns(text: &str) -> Vec<&str> {
    let mut depth = 0u32;
    let separates = |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    text.split(separates).collect()
}

/// Which of `ids` the patterns in `globs` name, and the variants that others of them spell out.
///
/// # Errors
/// A malformed pattern, or one that names nothing.
pub fn named(globs: &[String], ids: &[&str]) -> Result<(Vec<bool>, Forms)> {
    let mut wanted = vec![false; ids.len()];
    let mut variants: Forms = Vec::new();
    for text in globs.iter().flat_map(|globs| patterns(globs)) {
        ensure!(!text.is_empty(), "--forms: empty pattern");
        let glob = Glob::new(text).context("--forms")?.compile_matcher();
        let mut named = false;
        for (id, wanted) in ids.iter().zip(&mut wanted) {
            if glob.is_match(id) || *id == text {
                *wanted = true;
                named = true;
            }
        }
        if !named {
            let variant = by_id(text)?;
            if !variants.iter().any(|known| known.id() == variant.id()) {
                variants.push(variant);
            }
        }
    }
    Ok((wanted, variants))
}

/// Errors of `forms` that the patterns in `globs` name, in their order, and then the variants that others
/// of the patterns spell out.
///
/// # Errors
/// As [`named`].
pub fn pick(globs: &[String], forms: &[Arc<dyn Form>]) -> Result<Forms> {
    let ids: Vec<_> = forms.iter().map(|form| form.id()).collect();
    let (wanted, variants) = named(globs, &ids)?;
    let rows =
        forms.iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(form, _)| Arc::clone(form));
    Ok(rows.chain(variants).collect())
}
