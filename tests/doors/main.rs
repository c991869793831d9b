//! The floors of `src/`: a folder imports only from folders on a floor below its own, and no files
//! import each other in a circle. `docs/CONTRIBUTING.md` has the floors for people.

#![allow(clippy::unwrap_used)]

mod house;

use std::fs;
use std::path::Path;

use house::House;

/// Every folder of `src/` with its floor.
const FLOORS: &[(&str, u8)] = &[
    ("cmd", 9),
    ("measure", 8),
    ("guest", 7),
    ("dataset", 6),
    ("form", 5),
    ("kbuild", 5),
    ("report", 5),
    ("debian", 4),
    ("judge", 4),
    ("container", 3),
    ("record", 3),
    ("tree", 2),
    ("sys", 1),
];

/// Who may not see whom though the floors would allow it.
const SHUT: &[(&str, &[&str])] = &[("report", &["container", "debian"]), ("judge", &["container"])];

#[test]
fn no_import_runs_upward() {
    let house = House::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(house.imports.len() > 500, "{} imports", house.imports.len());
    assert_eq!(house.upward(FLOORS, SHUT), Vec::<String>::new());
}

#[test]
fn no_files_import_each_other() {
    let house = House::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert_eq!(house.circles(), [[""; 0]; 0]);
}

#[test]
fn no_verb_imports_another() {
    let house = House::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let verb = |file: &str| -> Option<String> {
        let name = file.strip_prefix("cmd/")?.split('/').next()?;
        (name != "common.rs").then(|| name.trim_end_matches(".rs").to_owned())
    };
    let crossed = |(from, to): &&(String, String)| {
        verb(from).zip(verb(to)).is_some_and(|(from, to)| from != to)
    };
    assert_eq!(
        house.imports.iter().filter(crossed).collect::<Vec<_>>(),
        [] as [&(String, String); 0]
    );
}

#[test]
fn every_folder_has_a_floor_and_no_file_is_loose() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    let mut known: Vec<&str> = FLOORS.iter().map(|(name, _)| *name).collect();
    known.extend(["lib.rs", "main.rs"]);
    known.sort_unstable();
    assert_eq!(names, known);
}

fn planted(files: &[(&str, &str)]) -> House {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    House::read(folder.path())
}

#[test]
fn an_import_upward_is_found_however_it_is_written() {
    for planted_import in [
        "use crate::{form::Form, tree::Tree};",
        "use crate::{tree::Tree, form as shape}; pub fn f() { shape::g(); }",
        "pub fn f() { crate::form::g(); }",
        "use super::super::form::Form;",
        "pub struct S(crate::form::Form);",
        "use crate::form; pub fn f() -> form::Form { form::Form }",
    ] {
        let house = planted(&[
            ("lib.rs", "pub mod form; pub mod record; pub mod tree;"),
            ("form/mod.rs", "pub struct Form; pub fn g() {}"),
            ("tree/mod.rs", "pub struct Tree;"),
            ("record/mod.rs", "pub mod store;"),
            ("record/store.rs", planted_import),
        ]);
        let expected = vec!["record/store.rs (floor 3) imports form/mod.rs (floor 5)".to_owned()];
        assert_eq!(house.upward(FLOORS, &[]), expected, "{planted_import}");
    }
}

#[test]
fn a_circle_is_found_and_a_table_of_contents_is_none() {
    let circle = planted(&[
        ("lib.rs", "pub mod gate;"),
        ("gate/mod.rs", "mod cause; mod limits; pub use cause::Cause; pub use limits::Limits;"),
        ("gate/cause.rs", "use super::Limits; pub struct Cause(Limits);"),
        ("gate/limits.rs", "pub struct Limits; fn f(_: &super::cause::Cause) {}"),
    ]);
    assert_eq!(circle.circles(), [["gate/cause.rs", "gate/limits.rs"]]);
    let none = planted(&[
        ("lib.rs", "pub mod gate;"),
        ("gate/mod.rs", "mod cause; mod limits; pub use cause::Cause; pub use limits::Limits;"),
        ("gate/cause.rs", "use super::Limits; pub struct Cause(Limits);"),
        ("gate/limits.rs", "pub struct Limits;"),
    ]);
    assert_eq!(none.circles(), Vec::<Vec<String>>::new());
    let parent = planted(&[
        ("lib.rs", "pub mod gate;"),
        ("gate/mod.rs", "mod cause; pub struct Limits; pub fn f() { cause::g(); }"),
        ("gate/cause.rs", "pub fn g() -> super::Limits { super::Limits }"),
    ]);
    assert_eq!(parent.circles(), [["gate/cause.rs", "gate/mod.rs"]]);
}
