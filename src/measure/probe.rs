//! Checks by trial: mounting images, dropping the page cache.

use std::fs;

use anyhow::{Context as _, Result};

use crate::form::Form;
use crate::measure::worker;
use crate::measure::worker::{Cache, Job, Reply};
use crate::sys::error::Unavailable;
use crate::sys::page_cache;
use crate::sys::page_cache::Dropped;
use crate::sys::scratch;
use crate::sys::scratch::Scratch;
use crate::tree::{Entry, Node, Tree, TreePath};

/// Whether the kernel can mount images of `form` through a loop device, tried on a small one. The
/// inner error is the reason why not.
///
/// # Errors
/// The work folder can\'t be used.
pub fn mount(form: &dyn Form, scratch: &Scratch) -> Result<Result<(), String>> {
    let Some(filesystem) = form.filesystem() else {
        return Ok(Err("not a file system image".to_owned()));
    };
    if !rustix::process::geteuid().is_root() {
        return Ok(Err("mounting needs root".to_owned()));
    }
    let (image, at) = (scratch.on_disk("probe"), scratch.on_disk("probe.mount"));
    let node = Node::File { data: b"x".repeat(1 << 12), executable: false };
    let entry = Entry { path: TreePath::new("probe.h")?, mtime: 0, node };
    if let Err(error) = form.build(&Tree::new(vec![entry], 0)?, &image) {
        scratch::remove(&image)?;
        return Ok(Err(Unavailable::reason(&error).unwrap_or_else(|| format!("{error:#}"))));
    }
    scratch::make_empty(&at)?;
    let job = Job::Mount {
        filesystem: filesystem.to_owned(),
        artifact: image.clone(),
        cache: Cache::Warm,
        at: at.clone(),
        what: Vec::new(),
    };
    let reply = worker::run(&job)?;
    scratch::remove(&image)?;
    scratch::remove(&at)?;
    Ok(match reply {
        Reply::Done(_) => Ok(()),
        Reply::Skipped(why) | Reply::Failed(why) => Err(why),
    })
}

/// Whether a file in the work folder can be dropped from the page cache. The inner error is the reason why
/// not.
///
/// # Errors
/// The work folder can\'t be used.
pub fn cold(scratch: &Scratch) -> Result<Result<Dropped, String>> {
    let file = scratch.on_disk("probe");
    fs::write(&file, b"x".repeat(1 << 16)).with_context(|| file.display().to_string())?;
    let dropped = page_cache::drop(std::slice::from_ref(&file))?;
    scratch::remove(&file)?;
    Ok(dropped)
}
