//! Which file of a source tree imports which: read from the syntax trees, names resolved through
//! re-exports to the file that defines them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// A module's path below the crate.
type Module = Vec<String>;

/// What one file has.
#[derive(Default)]
struct File {
    name: String,
    /// Names that a `use` brings in, with where they come from.
    names: BTreeMap<String, Module>,
    /// What the file's own code names, and the paths of its private `use` lines.
    paths: BTreeSet<Module>,
    /// Its child modules of tests that are files of their own.
    tests: Vec<String>,
    /// Whether a `use …::*` brings in names that can't be seen.
    globs: bool,
}

pub(crate) struct House {
    files: BTreeMap<Module, File>,
    /// A file, and one that it imports.
    pub(crate) imports: BTreeSet<(String, String)>,
}

impl House {
    pub(crate) fn read(root: &Path) -> Self {
        let mut house = Self { files: BTreeMap::new(), imports: BTreeSet::new() };
        house.add(root, root);
        let of_tests: Vec<Module> = house
            .files
            .iter()
            .flat_map(|(module, file)| {
                file.tests
                    .iter()
                    .map(|name| [module.as_slice(), std::slice::from_ref(name)].concat())
            })
            .collect();
        house.files.retain(|module, _| !of_tests.contains(module));
        for (module, file) in &house.files {
            assert!(!file.globs, "{}: a `use …::*`, whose names can't be seen", file.name);
            for path in &file.paths {
                let Some(target) = house.defines(module, path, 0) else { continue };
                let target = &house.files[&target].name;
                if *target != file.name {
                    house.imports.insert((file.name.clone(), target.clone()));
                }
            }
        }
        house
    }

    fn add(&mut self, root: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add(root, &path);
            } else if path.file_name().is_some_and(|name| name == "tests.rs") {
                // Of tests only.
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                let mut module: Module =
                    name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
                match module.last().unwrap().as_str() {
                    "main" if module.len() == 1 => module = vec!["main".to_owned()],
                    "mod" | "lib" | "main" => drop(module.pop()),
                    _ => {}
                }
                let mut reader = Reader { file: File { name, ..File::default() } };
                reader.visit_file(&syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap());
                self.files.insert(module, reader.file);
            }
        }
    }

    /// The module that defines what `path` names in `module`; `None` for what is outside the crate.
    fn defines(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        assert!(depth < 30, "{module:?}: {path:?}");
        let (first, rest) = path.split_first()?;
        let file = &self.files[module];
        match first.as_str() {
            "crate" | "kheaders_bench" => return self.below(&Module::new(), rest, depth),
            "self" => return self.below(module, rest, depth),
            "super" => return self.below(&module[..module.len() - 1].to_vec(), rest, depth),
            _ => {}
        }
        let child = [module.as_slice(), std::slice::from_ref(first)].concat();
        if self.files.contains_key(&child) {
            return self.below(&child, rest, depth);
        }
        // A crate may have an item of its own name.
        let from = file.names.get(first).filter(|from| from[0] != *first)?;
        self.defines(module, &[from.as_slice(), rest].concat(), depth + 1)
    }

    /// As [`House::defines`], from a module on whose names are followed one by one.
    fn below(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let Some((first, rest)) = path.split_first() else {
            return None; // A module as such: what is taken from it is seen where it is named.
        };
        if first == "super" {
            return self.below(&module[..module.len() - 1].to_vec(), rest, depth);
        }
        let child = [module.as_slice(), std::slice::from_ref(first)].concat();
        if self.files.contains_key(&child) {
            return self.below(&child, rest, depth);
        }
        let file = self.files.get(module)?;
        if let Some(from) = file.names.get(first) {
            let whole = [from.as_slice(), rest].concat();
            return self.defines(module, &whole, depth + 1);
        }
        Some(module.clone())
    }

    /// The imports that do not run downward.
    pub(crate) fn upward(&self, floors: &[(&str, u8)], shut: &[(&str, &[&str])]) -> Vec<String> {
        let folder = |name: &str| name.split('/').next().unwrap().to_owned();
        let floor = |name: &str| {
            let own = folder(name);
            floors.iter().find(|(known, _)| *known == own).map_or(u8::MAX, |(_, floor)| *floor)
        };
        let wrong = |(from, to): &&(String, String)| {
            let (own, other) = (folder(from), folder(to));
            let closed = shut.iter().any(|(who, whom)| *who == own && whom.contains(&&*other));
            own != other && (closed || floor(from) <= floor(to))
        };
        let line = |(from, to): &(String, String)| {
            format!("{from} (floor {}) imports {to} (floor {})", floor(from), floor(to))
        };
        self.imports.iter().filter(wrong).map(line).collect()
    }

    /// The files that reach each other by imports, circle by circle.
    pub(crate) fn circles(&self) -> Vec<Vec<String>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.files.values().map(|file| (&*file.name, self.reached(&file.name))).collect();
        let mut circles = BTreeSet::new();
        for (file, far) in &reached {
            if far.contains(file) {
                let both = far.iter().filter(|other| reached[**other].contains(file));
                circles.insert(both.map(|name| (*name).to_owned()).collect::<Vec<_>>());
            }
        }
        circles.into_iter().collect()
    }

    fn reached(&self, file: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open = vec![file];
        while let Some(file) = open.pop() {
            for (from, to) in &self.imports {
                if from == file && found.insert(to.as_str()) {
                    open.push(to);
                }
            }
        }
        found
    }
}

struct Reader {
    file: File,
}

impl Reader {
    fn import(&mut self, tree: &UseTree, before: &Module, public: bool) {
        let grown = |name: String| [before.as_slice(), &[name]].concat();
        let (name, path) = match tree {
            UseTree::Path(path) => {
                return self.import(&path.tree, &grown(path.ident.to_string()), public);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, before, public));
            }
            UseTree::Glob(_) => return self.file.globs = true,
            UseTree::Name(name) if name.ident == "self" => {
                (before.last().unwrap().clone(), before.clone())
            }
            UseTree::Name(name) => (name.ident.to_string(), grown(name.ident.to_string())),
            UseTree::Rename(rename) if rename.ident == "self" => {
                (rename.rename.to_string(), before.clone())
            }
            UseTree::Rename(rename) => (rename.rename.to_string(), grown(rename.ident.to_string())),
        };
        if !public {
            self.file.paths.insert(path.clone());
        }
        if path.len() > 1 || path[0] != name {
            self.file.names.insert(name, path);
        }
    }
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    };
    attributes.iter().any(is_test)
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if is_of_tests(&module.attrs) => {
                if module.content.is_none() {
                    self.file.tests.push(module.ident.to_string());
                }
            }
            Item::Use(import) => {
                let public = !matches!(import.vis, Visibility::Inherited);
                self.import(&import.tree, &Module::new(), public);
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let names = path.segments.iter().map(|segment| segment.ident.to_string());
            self.file.paths.insert(names.collect());
        }
        visit::visit_path(self, path);
    }
}
