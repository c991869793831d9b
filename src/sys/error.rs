//! Errors that callers distinguish.

/// A limit is exceeded: exit code 2. The findings are printed already.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Breached(pub String);

/// Something is missing, so that nothing could be checked: exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{what}\nfix: {remedy}")]
pub struct Unavailable {
    pub what: String,
    /// The fix: a command, or a short sentence in the imperative.
    pub remedy: String,
}

impl Unavailable {
    /// Both in one line, for a record; `None` for other errors.
    #[must_use]
    pub fn reason(error: &anyhow::Error) -> Option<String> {
        error.is::<Self>().then(|| format!("{error:#}").replace('\n', "; "))
    }
}
