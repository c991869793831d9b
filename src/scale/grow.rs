//! A tree made several times as large, of material that is as hard to store as its own.

use anyhow::Result;

use crate::tree::{Entry, Node, Tree, TreePath};

/// `tree` with copies of itself beside it, `times` as much in all. The tree itself stays where it is; the
/// copies lie in folders of their own.
///
/// In each copy the letters of all files are exchanged for one another by a table of its own. What
/// repeats within a copy still does, so that each is stored about as well as the tree; but hardly a word
/// of one is found in another, so that neither a window that spans two copies nor a search for equal
/// files or blocks has anything to find there, as it would in plain copies.
///
/// # Errors
/// None that a caller could cause.
pub fn grow(tree: &Tree, times: u64) -> Result<Tree> {
    let mut entries = tree.entries().to_vec();
    for copy in 2..=times {
        let table = table(copy);
        let folder = TreePath::new(format!("copy-{copy}"))?;
        for entry in tree.entries() {
            let node = match &entry.node {
                Node::File { data, executable } => Node::File {
                    data: data.iter().map(|byte| table[usize::from(*byte)]).collect(),
                    executable: *executable,
                },
                other => other.clone(),
            };
            let path = folder.join(entry.path.as_bytes())?;
            entries.push(Entry { path, mtime: entry.mtime, node });
        }
    }
    Ok(Tree::new(entries, tree.mtime())?)
}

/// The bytes in whose place others stand in a copy: letters by letters, large and small alike.
fn table(copy: u64) -> [u8; 256] {
    let mut letters: Vec<u8> = (b'a'..=b'z').collect();
    // Fisher and Yates's shuffle by the splitmix64 generator (Steele, Lea and Flood, 2014).
    let mut state = copy;
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    for at in (1..letters.len()).rev() {
        letters.swap(at, (random() % (at as u64 + 1)) as usize);
    }
    let mut table = std::array::from_fn(|byte| byte as u8);
    for (from, to) in (b'a'..=b'z').zip(letters) {
        table[usize::from(from)] = to;
        table[usize::from(from.to_ascii_uppercase())] = to.to_ascii_uppercase();
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;

    fn tree() -> Tree {
        let file = |number: u32| {
            let lines = (0..300u32).map(|line| {
                let value = (line * 7919 + number).wrapping_mul(2_654_435_761);
                format!("#define NAME_{value:x} some_word_{:x}\n", value >> 7)
            });
            Entry {
                path: TreePath::new(format!("include/h{number}.h")).unwrap(),
                mtime: 7,
                node: Node::File { data: lines.collect::<String>().into(), executable: false },
            }
        };
        Tree::new((0..9).map(file).collect(), 7).unwrap()
    }

    #[test]
    fn a_grown_tree_has_so_much_of_everything_and_the_tree_itself_in_its_place() {
        let (tree, grown) = (tree(), grow(&tree(), 5).unwrap());
        let (one, five) = (tree.census(), grown.census());
        assert_eq!((five.files, five.bytes), (5 * one.files, 5 * one.bytes));
        for (path, data) in tree.files() {
            assert_eq!(grown.file(path), Some(data));
        }
    }

    /// Plain copies would be stored for next to nothing in a window this large.
    #[test]
    fn a_copy_costs_about_as_much_to_store_as_the_tree() {
        let folder = tempfile::tempdir().unwrap();
        let stored = |id: &str, times| {
            let artifact = folder.path().join(format!("{id}-{times}"));
            form::by_id(id).unwrap().build(&grow(&tree(), times).unwrap(), &artifact).unwrap();
            std::fs::metadata(&artifact).unwrap().len() as f64
        };
        for id in ["tar.xz-6", "tar.zst-10"] {
            let ratio = stored(id, 4) / stored(id, 1);
            assert!((3.0..=4.4).contains(&ratio), "{id}: {ratio}");
        }
    }
}
