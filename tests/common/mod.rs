//! What several tests share.

#![allow(dead_code, missing_docs, unreachable_pub)]

/// Says that a test can't run here, and fails it on CI, where everything must be there.
pub fn skip(reason: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "can't run on CI: {reason}");
    eprintln!("skipped: {reason}");
}
