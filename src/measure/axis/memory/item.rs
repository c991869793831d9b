//! The deliveries of each form, and their order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;

use super::missing::FILESYSTEMS;
use super::request::Request;
use crate::form::Form;
use crate::guest::TestVm;
use crate::guest::deliver::{READS, Subject};
use crate::guest::inside::place;
use crate::record::{Delivery, GuestMetric, Layout, Operation, State};
use crate::sys::random::Random;
use crate::tree::Tree;

/// A delivery of a form.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) form: Arc<dyn Form>,
    pub(crate) delivery: Delivery,
    pub(crate) subject: Subject,
    /// The file that is copied into the guest.
    pub(crate) source: PathBuf,
}

/// Everything that `request` has to be delivered, form by form.
pub(crate) fn items(lab: &TestVm, request: &Request) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for (form, artifact) in request.forms {
        let folder = form.layout() == Layout::Folder;
        // A folder comes as a tar.
        let name = if folder { "tree.tar" } else { form.id() };
        let source = if folder { request.tree.to_path_buf() } else { artifact.clone() };
        let takes = |delivery: &Delivery| delivery.takes(form.layout());
        for delivery in Delivery::ALL.iter().copied().filter(takes) {
            let usual = usual(lab, delivery, form.as_ref());
            let digest = match (delivery.row().looped, delivery.is_stored(form.layout())) {
                // What differs by its device alone was verified through another device.
                (true, _) if !usual => None,
                (_, true) => Some(digest_as_stored(form.as_ref(), artifact)?),
                // The reader that extracts is the one that verified the artifact before.
                _ if request.quick && delivery == Delivery::ExtractUnload => None,
                _ => Some(request.digest.to_owned()),
            };
            let subject = Subject {
                form: form.id().to_owned(),
                layout: form.layout(),
                filesystem: form.filesystem(),
                artifact: guest_path(name),
                lists: READS.map(|read| listed(request, read).then(|| list(read))),
                whole: !request.quick || usual,
                bytes: request.bytes,
                digest,
                reload: reloaded(lab, form.as_ref()),
            };
            items.push(Item { form: Arc::clone(form), delivery, subject, source: source.clone() });
        }
    }
    Ok(items)
}

/// Where a guest finds the file called `name`.
pub(crate) fn guest_path(name: &str) -> String {
    Path::new(place::HOME).join("files").join(name).display().to_string()
}

/// Where a guest finds the list of the headers of `read`.
pub(crate) fn list(read: Operation) -> String {
    guest_path(&format!("{}.list", read.id()))
}

fn listed(request: &Request, read: Operation) -> bool {
    match read {
        Operation::Closure => request.closure.is_some(),
        _ => request.ends.is_some(),
    }
}

/// The module of the form's file system, where the kernel has it as one.
fn reloaded(lab: &TestVm, form: &dyn Form) -> Option<&'static str> {
    let filesystem = form.filesystem()?;
    let known = FILESYSTEMS.into_iter().find(|known| *known == filesystem)?;
    lab.image.module(known).is_ok_and(|modules| !modules.is_empty()).then_some(known)
}

/// Whether the form is usually delivered so; without a module for it an image is mounted from tmpfs.
fn usual(lab: &TestVm, delivery: Delivery, form: &dyn Form) -> bool {
    let unbuilt = |module: &str| lab.unbuilt.iter().any(|(known, _)| *known == module);
    match form.layout() {
        Layout::Image if unbuilt("kblk") => delivery == Delivery::LoopTmpfs,
        layout => delivery == Delivery::usual(layout),
    }
}

/// The digest of the tree whose files are those that a per-file artifact stores.
fn digest_as_stored(form: &dyn Form, artifact: &Path) -> Result<String> {
    let mut entries = Vec::new();
    form.walk_stored(artifact, &mut |entry| {
        entries.push(entry);
        Ok(())
    })?;
    Ok(Tree::new(entries, 0)?.digest())
}

impl Item {
    /// Why there is no figure of `metric` though the delivery went well; `None` where there should be one.
    pub(crate) fn absent(&self, metric: GuestMetric) -> Option<&'static str> {
        use Operation as O;
        let [first, .., closure] = &self.subject.lists;
        let (one, closed, many) = match metric {
            GuestMetric::Memory(_, state, _) => {
                (state == State::One, state == State::Closure, state == State::All)
            }
            GuestMetric::Instructions(_, work) => (
                matches!(work, O::First | O::Last | O::Middle),
                work == O::Closure,
                matches!(work, O::All | O::Walk),
            ),
        };
        Some(match () {
            () if one && first.is_none() => "the set has no header to read",
            () if closed && closure.is_none() => "the set has no known closure",
            () if self.delivery.is_stored(self.form.layout()) => {
                "nothing reads headers that lie there compressed one by one"
            }
            () if (many || closed) && !self.subject.whole => {
                "a quick run reads many headers in the form's usual delivery alone"
            }
            () => return None,
        })
    }
}

/// One form's deliveries in one of the orders, for a guest of their own.
pub(crate) struct Sequence {
    pub(crate) items: Vec<Item>,
    /// Which order, from 0.
    pub(crate) order: u64,
    /// How many empty files the guest makes before its first base, so that slabs are filled otherwise.
    pub(crate) litter: u64,
}

/// The most files of [`Sequence::litter`]: more than one slab of inodes has (32 KiB of 760 bytes).
const LITTER: u64 = 64;

/// The sequences of `items` in `orders` orders. The first is the order that they come in. Of a form that
/// is delivered in one way only the litter differs.
pub(crate) fn sequences(items: &[Item], orders: u64) -> Vec<Sequence> {
    let mut sequences = Vec::new();
    for items in items.chunk_by(|a, b| a.form.id() == b.form.id()) {
        for order in 0..orders {
            let mut items = items.to_vec();
            let mut random = Random(order);
            if order > 0 {
                random.shuffle(&mut items, Random::remainder);
            }
            let litter = if order > 0 { 1 + random.remainder(LITTER) } else { 0 };
            sequences.push(Sequence { items, order, litter });
        }
    }
    sequences
}
