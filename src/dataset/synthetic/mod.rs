//! Headers generated from a seed: valid C, with sizes and structure like the kernel's.

mod tables;
mod text;

use std::collections::BTreeSet;

use anyhow::Result;

use crate::sys::random::Random;
use crate::tree::{Entry, Node, Tree, TreePath};
use tables::{FIXED, FOLDERS, LINKS, SIZES, WORDS};

/// The header that the closure is taken of.
const ROOT: &str = "include/linux/sched.h";

/// Makes `files` headers from `seed`, and the list of those that including `linux/sched.h` reads.
///
/// # Errors
/// None that a caller could cause.
pub(super) fn generate(seed: u64, files: u32, mtime: u32) -> Result<(Tree, Vec<TreePath>)> {
    let mut random = Random(seed);
    let mut headers: Vec<Header> = FIXED.iter().map(Header::fixed).collect();
    headers.push(autoconf(&mut random, u64::from(files) * 4));
    let made = u64::from(files).saturating_sub(headers.len() as u64);
    let mut sizes: Vec<u64> = (0..made).map(|rank| size(rank, made)).collect();
    random.shuffle(&mut sizes, Random::below);
    // The first tenth is what all others may include: shallow, as in the kernel.
    let core = headers.len() + made as usize / 10;
    let mut taken = BTreeSet::from(["sched".to_owned()]);
    for size in sizes {
        let root = headers.len() == core;
        let (path, stem) = match root {
            true => (ROOT.to_owned(), "sched".to_owned()),
            false => path(&mut random, &mut taken),
        };
        let mut includes = includes(&mut random, headers.len(), core, root);
        let spelt: Vec<&str> = includes.iter().map(|&at| spelling(&headers[at].path)).collect();
        // Nothing but a pointer to another header fits into the smallest.
        let text = if size < 150 && !root {
            includes = includes.split_off(includes.len() - 1);
            text::pointer(spelt[spelt.len() - 1])
        } else {
            text::header(&mut random, &path, &stem, &spelt, size)
        };
        headers.push(Header { path, text, includes });
    }
    let closure = closure(&headers)?;
    let mut entries = Vec::with_capacity(headers.len());
    for header in headers {
        let node = Node::File { data: header.text.into_bytes(), executable: false };
        entries.push(Entry { path: TreePath::new(header.path)?, mtime, node });
    }
    for (path, target) in LINKS {
        let node = Node::Symlink { target: target.as_bytes().to_vec() };
        entries.push(Entry { path: TreePath::new(path)?, mtime, node });
    }
    Ok((Tree::new(entries, mtime)?, closure))
}

/// One header, and which of those before it it includes.
struct Header {
    path: String,
    text: String,
    includes: Vec<usize>,
}

impl Header {
    fn fixed((path, text): &(&str, &str)) -> Self {
        Self { path: (*path).to_owned(), text: (*text).to_owned(), includes: Vec::new() }
    }
}

/// How a program includes the header at `path`.
fn spelling(path: &str) -> &str {
    let folders = [
        "include/uapi/",
        "include/",
        "arch/x86/include/uapi/",
        "arch/x86/include/generated/",
        "arch/x86/include/",
    ];
    folders.iter().find_map(|folder| path.strip_prefix(folder)).unwrap_or(path)
}

/// What the compiler's `-include` of `linux/kconfig.h` brings in.
fn autoconf(random: &mut Random, options: u64) -> Header {
    let mut text = "#ifndef __GENERATED_AUTOCONF_H\n#define __GENERATED_AUTOCONF_H\n\n".to_owned();
    for option in 0..options {
        let name = text::words(random, 3).to_ascii_uppercase();
        text += &format!("#define CONFIG_{name}_{option} 1\n");
    }
    text += "\n#endif\n";
    Header { path: "include/generated/autoconf.h".to_owned(), text, includes: Vec::new() }
}

/// The size of the header of rank `rank` among `of`, between two rows of the table.
fn size(rank: u64, of: u64) -> u64 {
    let place = (2 * rank + 1) * 500_000 / of;
    let mut below = (0, 20);
    for &(permille, bytes) in SIZES {
        if place <= permille * 1000 {
            let (from, least) = below;
            return least + (bytes - least) * (place - from * 1000) / ((permille - from) * 1000);
        }
        below = (permille, bytes);
    }
    below.1
}

/// A path that is not `taken` yet, its last part unlike any other's.
fn path(random: &mut Random, taken: &mut BTreeSet<String>) -> (String, String) {
    let mut share = random.below(FOLDERS.iter().map(|(_, share)| share).sum());
    let mut folder = FOLDERS[0].0;
    for &(name, part) in FOLDERS {
        folder = name;
        if share < part {
            break;
        }
        share -= part;
    }
    let parts = 1 + random.below(3);
    let mut stem = text::words(random, parts);
    while !taken.insert(stem.clone()) {
        stem = format!("{stem}_{}", random.pick(WORDS));
    }
    (format!("{folder}/{}.h", stem.replace('_', "-")), stem)
}

/// Some of the first `core` headers: the types always, and for the root about half of all.
fn includes(random: &mut Random, made: usize, core: usize, root: bool) -> Vec<usize> {
    let types = FIXED.len() - 1;
    let from = FIXED.len() + 1;
    let to = made.min(core);
    let mut chosen = BTreeSet::from([types]);
    if to > from {
        let count = if root { (to - from) as u64 / 2 } else { random.below(5) };
        for _ in 0..count {
            chosen.insert(from + random.below((to - from) as u64) as usize);
        }
    }
    chosen.into_iter().collect()
}

/// The headers that including the root reads, with those that the compiler includes first.
fn closure(headers: &[Header]) -> Result<Vec<TreePath>> {
    let root = headers.iter().position(|header| header.path == ROOT);
    let mut open: Vec<usize> = root.into_iter().chain(0..=FIXED.len()).collect();
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if seen.insert(at) {
            open.extend(&headers[at].includes);
        }
    }
    let mut paths = Vec::with_capacity(seen.len());
    for at in seen {
        paths.push(TreePath::new(&headers[at].path)?);
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_the_kernels() {
        let mut sizes: Vec<u64> = (0..6000).map(|rank| size(rank, 6000)).collect();
        sizes.sort_unstable();
        assert!((1400..1500).contains(&sizes[3000]), "{}", sizes[3000]);
        assert!((43_000..46_000).contains(&sizes[5940]), "{}", sizes[5940]);
        let mean = sizes.iter().sum::<u64>() / 6000;
        assert!((4000..4600).contains(&mean), "{mean}");
    }

    #[test]
    fn a_seed_gives_one_tree_and_another_seed_another() {
        let digest = |seed, files| generate(seed, files, 0).unwrap().0.digest();
        assert_eq!(digest(1, 100), digest(1, 100));
        assert_ne!(digest(1, 100), digest(2, 100));
        assert_eq!(generate(1, 250, 0).unwrap().0.census().files, 250);
    }
}
