//! What integration tests share.

/// Says that a test is skipped and why; a failure in continuous integration, where nothing may
/// be missing.
pub(crate) fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "skipped in CI: {reason}");
    eprintln!("skipped: {reason}");
}
