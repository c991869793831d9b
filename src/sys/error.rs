//! Errors that a caller branches on.

/// A limit was exceeded: exit code 2. The findings themselves were told before.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Breached(pub String);

/// Something that is needed is not there, so that nothing could be checked: exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{what}\n{remedy}")]
pub struct Unavailable {
    /// What is missing, and why.
    pub what: String,
    /// What to do about it: one line or two, commands included.
    pub remedy: String,
}

impl Unavailable {
    /// What a record says of `error` if something is missing: both in one line. `None` of other errors.
    #[must_use]
    pub fn reason(error: &anyhow::Error) -> Option<String> {
        error.is::<Self>().then(|| format!("{error:#}").replace('\n', "; "))
    }
}
