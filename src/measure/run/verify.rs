//! An artifact compared with the tree that it was built from.

use std::path::Path;

use anyhow::{Result, bail};

use crate::form::Form;
use crate::measure::worker::{self, Job, Reply};

/// Compares `artifact` with the tree's digest, in a process of its own as an archive of a large tree
/// takes that much memory.
pub(crate) fn verify(form: &dyn Form, artifact: &Path, digest: &str) -> Result<()> {
    let job = Job::Verify {
        form: form.id().to_owned(),
        artifact: artifact.to_path_buf(),
        digest: digest.to_owned(),
    };
    match worker::run(&job)? {
        Reply::Done(_) => Ok(()),
        Reply::Skipped(why) | Reply::Failed(why) => bail!("verification: {why}"),
    }
}
