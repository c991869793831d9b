//! What is to be delivered, how much of it each boot looks at, and which guest takes what.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Request;
use super::model::Contents;
use crate::form::{Form, Layout, little_endian};
use crate::guest::deliver::{self, DELIVERIES, Delivery, Subject};
use crate::guest::inside;
use crate::tree::{Tree, TreePath};

/// Where a guest finds the list of the closure.
pub(super) const CLOSURE: &str = "/kheaders/files/closure.list";
/// What a boot takes in software, in tenths of a second: no guest is booted for less.
const BOOT: u64 = 27;
/// Bytes of block for each tenth of a second that an image takes longer to be read whole.
const BLOCK_COST: u64 = 14 << 10;

/// A delivery of a form.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) form: &'static dyn Form,
    pub(super) delivery: &'static Delivery,
    /// As the first boot has it.
    pub(super) subject: Subject,
    /// What is put into the guest for it.
    pub(super) source: PathBuf,
}

/// Everything that `request` has to be delivered. `software`: no processor of the host helps, and
/// reading all of an image takes ten seconds and more.
pub(super) fn items(request: &Request, software: bool) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for delivery in DELIVERIES {
        let fitting = request.forms.iter().filter(|(form, _)| delivery.takes(*form));
        for (at, (form, artifact)) in fitting.enumerate() {
            let leads = at == 0;
            let folder = form.layout() == Layout::Folder;
            // A folder comes as a tar.
            let name = if folder { "tree.tar" } else { form.id() };
            let digest = match scattered(delivery, *form) {
                true => digest_as_stored(*form, artifact)?,
                false => request.digest.to_owned(),
            };
            let subject = Subject {
                form: form.id().to_owned(),
                layout: form.layout(),
                artifact: Path::new(inside::HOME).join("files").join(name).display().to_string(),
                one: word(request.one),
                closure: request.closure.map(|_| CLOSURE.to_owned()),
                all: !software || leads || !request.quick || !looped(delivery),
                digest: Some(digest),
            };
            let source = if folder { request.tree.to_path_buf() } else { artifact.clone() };
            items.push(Item { form: *form, delivery, subject, source });
        }
    }
    Ok(items)
}

/// The file that is read alone as a word of a step, or why there is none: steps are text, parted by white
/// space, and one that is malformed would end all of a guest's.
fn word(one: Option<&TreePath>) -> Result<String, &'static str> {
    let one = one.ok_or("the set has no file to read")?;
    let apart = |c: char| c.is_whitespace() || c.is_control();
    let text = std::str::from_utf8(one.as_bytes()).ok().filter(|text| !text.contains(apart));
    text.map(str::to_owned)
        .ok_or("the name of the file has white space or is no text: no step takes it")
}

/// Whether an image comes through a loop device.
fn looped(delivery: &Delivery) -> bool {
    delivery.id.starts_with("loop-")
}

/// Whether files lie in the kernel as the artifact stores them, each compressed on its own.
fn scattered(delivery: &Delivery, form: &dyn Form) -> bool {
    delivery.id == "tmpfs" && form.layout() == Layout::PerFile
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
    /// The name of its group of steps.
    pub(super) fn group(&self) -> String {
        deliver::name(self.delivery, self.form.id())
    }

    /// The files as they lie in the kernel, where `tree` is what they are uncompressed.
    pub(super) fn contents<'t>(&self, tree: &'t Contents) -> Result<Cow<'t, Contents>> {
        Ok(match scattered(self.delivery, self.form) {
            true => Cow::Owned(Contents::as_stored(self.form, &self.source)?),
            false => Cow::Borrowed(tree),
        })
    }

    /// It in a boot after the first: the same bytes in the same kernel, so what was verified once is,
    /// and in software what differs by its device alone is read whole through one device.
    pub(super) fn again(&self, software: bool) -> Self {
        let all = self.subject.all && (!software || !looped(self.delivery));
        Self { subject: Subject { digest: None, all, ..self.subject.clone() }, ..self.clone() }
    }

    /// Why there is no figure of `state` though the delivery went well.
    pub(super) fn absent(&self, state: &str) -> &'static str {
        match (state, &self.subject.one) {
            ("one", &Err(why)) => why,
            ("closure", _) if self.subject.closure.is_none() => "the set has no known closure",
            ("all", _) if !self.subject.all => {
                "without KVM a quick run reads whole only the first image through loop devices, and the \
                 others through their block device"
            }
            _ => "the guest did not come to it",
        }
    }
}

/// The block size of an image, bytes; 0 of what is none.
fn block(item: &Item) -> u64 {
    let Layout::Image(_) = item.form.layout() else { return 0 };
    let mut head = [0; 16];
    let read = File::open(&item.source).and_then(|mut file| file.read_exact(&mut head));
    if read.is_err() { 0 } else { little_endian(&head[12..16]) }
}

/// `items` in up to `guests` shares of about the same cost over all `boots`, each in the order they
/// come in.
pub(super) fn share(items: &[Item], boots: u64, software: bool, guests: usize) -> Vec<Vec<Item>> {
    let cost = |item: &Item| {
        let steps = deliver::cost(&deliver::group(item.delivery, &item.subject));
        // What is read whole takes the longer the larger the blocks, as it comes with its block.
        let whole = if item.subject.all { block(item) / BLOCK_COST } else { 0 };
        steps + whole
    };
    let over_all = |item: &Item| cost(item) + (boots - 1) * cost(&item.again(software));
    let mut by_cost: Vec<_> = items.iter().map(over_all).enumerate().collect();
    let all: u64 = by_cost.iter().map(|(_, cost)| cost).sum();
    let guests = guests.min(usize::try_from(all / BOOT / boots).unwrap_or(guests)).max(1);
    by_cost.sort_by_key(|&(at, cost)| (std::cmp::Reverse(cost), at));
    let mut shares = vec![(0, Vec::new()); guests];
    for (at, cost) in by_cost {
        if let Some((sum, share)) = shares.iter_mut().min_by_key(|(sum, _)| *sum) {
            *sum += cost;
            share.push(at);
        }
    }
    shares.retain(|(_, share)| !share.is_empty());
    let in_order = |(_, mut share): (u64, Vec<usize>)| {
        share.sort_unstable();
        share.into_iter().filter_map(|at| items.get(at).cloned()).collect()
    };
    shares.into_iter().map(in_order).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;
    use crate::guest::script;
    use crate::tree::{Entry, Node};

    /// Eight pages that compress to one, and two that don't compress.
    fn tree() -> Tree {
        let next = |n: &u64| Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        let noise = std::iter::successors(Some(1), next).map(|n| (n >> 56) as u8).take(8000);
        let file = |name: &str, data: Vec<u8>| {
            let node = Node::File { data, executable: false };
            Entry { path: TreePath::new(name).unwrap(), mtime: 0, node }
        };
        let entries = vec![file("a.h", b"long\n".repeat(6000)), file("b.h", noise.collect())];
        Tree::new(entries, 0).unwrap()
    }

    #[test]
    fn files_on_tmpfs_are_as_long_as_they_are_stored_and_read_through_a_file_system_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (tar, artifact) = (folder.path().join("tree.tar"), folder.path().join("files"));
        let form = form::by_id("files.gz-9").unwrap();
        form::by_id("tar").unwrap().build(&tree(), &tar).unwrap();
        form.build(&tree(), &artifact).unwrap();
        let request = Request {
            forms: &[(form, artifact)],
            tree: &tar,
            digest: "",
            one: None,
            closure: None,
            quick: true,
            scratch: folder.path(),
            interrupted: &false.into(),
        };
        let of_tree = Contents::of_tar(&tar).unwrap();
        let items = items(&request, true).unwrap();
        let pages = |delivery: &str| {
            let item = items.iter().find(|item| item.delivery.id == delivery).unwrap();
            item.contents(&of_tree).unwrap().pages()
        };
        assert_eq!((pages("tmpfs"), pages("pseudofs")), (1 + 2, 8 + 2));
    }

    #[test]
    fn a_file_whose_name_fits_no_step_is_left_out_and_nothing_else() {
        let forms = [(form::by_id("squashfs.xz-4k").unwrap(), PathBuf::new())];
        let names: [(&[u8], bool); 4] =
            [(b"a.h", true), (b"a b.h", false), (b"a\nb.h", false), (b"\xff.h", false)];
        for (name, fits) in names {
            let one = TreePath::new(name).unwrap();
            let request = Request {
                forms: &forms,
                tree: "tree.tar".as_ref(),
                digest: "d",
                one: Some(&one),
                closure: None,
                quick: true,
                scratch: "".as_ref(),
                interrupted: &false.into(),
            };
            for item in items(&request, false).unwrap() {
                let steps = deliver::group(item.delivery, &item.subject);
                script::parse(&steps).unwrap();
                assert!(item.delivery.id != "blockdev" || steps.contains("measure one") == fits);
                assert!(fits || item.absent("one").contains("white space"), "{one}");
            }
        }
    }
}
