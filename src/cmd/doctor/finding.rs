//! One line of `doctor`.

use std::borrow::Cow;

/// Something that a run may need.
pub(super) struct Finding {
    pub(super) purpose: &'static str,
    /// What was found, or why it is missing.
    pub(super) state: Result<String, String>,
    /// The fix, one line.
    pub(super) remedy: Cow<'static, str>,
}
