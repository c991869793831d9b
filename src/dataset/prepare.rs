//! A requested header set is fetched and made.

use anyhow::Result;

use super::prepared::Prepared;
use super::request::Request;
use super::{given, named};
use crate::debian::cache::Cache;

/// Fetches the header set of `request` and makes its tree. `say` gets a short text for what takes
/// time.
///
/// # Errors
/// [`crate::sys::error::Unavailable`] if it is unavailable here and now; otherwise what is wrong with it.
pub fn prepare(request: &Request, say: &dyn Fn(&str)) -> Result<Prepared> {
    let mut prepared = unidentified(request, say)?;
    if prepared.info.digest.is_empty() {
        prepared.info.digest = prepared.tree.digest();
    }
    Ok(prepared)
}

/// As [`prepare`], for a caller that compares nothing against the digest: it is left empty where no manifest
/// has one that the set must have, as it takes a pass over all content in one thread.
///
/// # Errors
/// As [`prepare`].
pub fn unidentified(request: &Request, say: &dyn Fn(&str)) -> Result<Prepared> {
    match request {
        Request::Named(name) => named::prepare(name, &Cache::of_user()?, say),
        Request::Folder { path, selection } => given::folder(path, selection, say),
        Request::Archive(path) => given::archive(path, say),
        Request::Running => given::running(say),
        Request::Url { url, sha256, selection } => {
            given::url(url, sha256, selection, &Cache::of_user()?, say)
        }
    }
}

/// The set called `name` if it can be made without fetching anything.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_cached(name: &str) -> Result<Option<Prepared>> {
    let cache = Cache::of_user()?;
    match named::cached(name, &cache)? {
        true => named::prepare(name, &cache, &|_| ()).map(Some),
        false => Ok(None),
    }
}
