//! Two doors stay shut: judgements and reports never see what measures, and axes never see each
//! other. Checked over the `use` lines.

#![allow(clippy::unwrap_used)]
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn assert_shut(file: &Path, forbidden: &[&str]) {
    for line in fs::read_to_string(file).unwrap().lines() {
        for module in forbidden {
            let door = format!("crate::{module}");
            assert!(!line.contains(&door), "{}: {line}", file.display());
        }
    }
}

#[test]
fn reports_see_records_only() {
    let files = sources("report");
    assert!(files.len() > 3);
    for file in files {
        let doors = ["form", "axis", "dataset", "run", "worker", "compiler", "guest", "cmd"];
        assert_shut(&file, &doors);
    }
}

#[test]
fn judgements_see_records_only() {
    for folder in ["claim", "choose", "compare", "front", "gate", "merge"] {
        let files = sources(folder);
        assert!(!files.is_empty(), "{folder}");
        for file in files {
            let doors = ["form", "axis", "dataset", "run", "worker", "guest", "cmd", "report"];
            assert_shut(&file, &doors);
        }
    }
}

#[test]
fn axes_do_not_see_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/axis");
    for file in sources("axis") {
        // What lies below an axis's folder is part of it.
        let first = file.strip_prefix(&root).unwrap().components().next().unwrap();
        let own = Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned();
        for other in ["build", "extract", "memory", "size"].iter().filter(|other| **other != own) {
            let doors = [format!("axis::{other}"), format!("super::{other}")];
            let text = fs::read_to_string(&file).unwrap();
            let crossed = doors.iter().any(|door| text.contains(door.as_str()));
            assert!(own == "mod" || !crossed, "{}", file.display());
        }
    }
}

#[test]
fn the_tree_and_the_record_stand_on_nothing() {
    for file in sources("tree") {
        assert_shut(&file, &["form", "axis", "dataset", "run", "record", "report", "cmd"]);
    }
    for file in sources("record") {
        assert_shut(&file, &["form", "axis", "dataset", "run", "report", "cmd"]);
    }
}
