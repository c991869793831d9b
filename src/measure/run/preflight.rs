//! What the extract axis needs of this machine and header set, checked once before the loop.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::dataset::Prepared;
use crate::form;
use crate::kbuild::compiler::{Compiler, PROGRAM};
use crate::measure::axis::extract::Needs;
use crate::record::Closure;
use crate::sys::scratch;
use crate::sys::scratch::Scratch;
use crate::tree::{Tree, TreePath};

/// The findings.
pub(crate) struct Found {
    pub(crate) needs: Needs,
    pub(crate) closure: Option<Closure>,
}

impl Found {
    pub(crate) fn look(prepared: &Prepared, scratch: &Scratch) -> Result<Self> {
        let (text, listed) = match &prepared.closure {
            Some((text, listed)) => (text.as_str(), Some(listed)),
            None => (PROGRAM, None),
        };
        let program = scratch.on_disk("program.c");
        fs::write(&program, text).with_context(|| program.display().to_string())?;
        let compiled = compile(prepared, scratch, &program)?;
        let (closure, origin) = match (&compiled, listed) {
            (Ok((compiler, headers)), _) => (Ok(headers.clone()), compiler.version.clone()),
            (Err(_), Some(listed)) => (Ok(listed.clone()), "the manifest".to_owned()),
            (Err(reason), None) => (Err(reason.clone()), String::new()),
        };
        let closure = closure.and_then(|paths| present(&prepared.tree, paths));
        let info = closure.as_ref().ok().map(|paths| Closure {
            program: text.to_owned(),
            origin,
            files: paths.len() as u64,
            bytes: paths
                .iter()
                .filter_map(|path| prepared.tree.file(path))
                .map(|d| d.len() as u64)
                .sum(),
        });
        let needs = Needs {
            tmpfs: scratch.tmpfs(),
            ends: ends(&prepared.tree),
            closure,
            compile: compiled.map(|(compiler, _)| (compiler, program)),
        };
        Ok(Self { needs, closure: info })
    }
}

/// A compiler that takes the program, and the headers it reads; or why there is none.
fn compile(
    prepared: &Prepared,
    scratch: &Scratch,
    program: &Path,
) -> Result<Result<(Compiler, Vec<TreePath>), String>> {
    let Some(arch) = &prepared.arch else {
        return Ok(Err("not known to be kernel headers".to_owned()));
    };
    let compiler = match Compiler::find(arch) {
        Ok(compiler) => compiler,
        Err(error) => return Ok(Err(format!("{error:#}"))),
    };
    let root = scratch.tmpfs().map_or_else(|_| scratch.on_disk("root"), |tmpfs| tmpfs.join("root"));
    scratch::remove(&root)?;
    form::by_id("tree")?.build(&prepared.tree, &root)?;
    let closure = compiler.closure(&root, program).and_then(|headers| {
        compiler.check(&root, program)?;
        Ok(headers)
    });
    scratch::remove(&root)?;
    Ok(match closure {
        Ok(headers) => Ok((compiler, headers)),
        Err(error) => {
            Err(format!("the program does not compile against the header set: {error:#}"))
        }
    })
}

fn present(tree: &Tree, paths: Vec<TreePath>) -> Result<Vec<TreePath>, String> {
    if paths.is_empty() {
        return Err("the program reads no header of the set".to_owned());
    }
    match paths.iter().find(|path| tree.file(path).is_none()) {
        Some(missing) => Err(format!("the closure has {missing}, which is not in the header set")),
        None => Ok(paths),
    }
}

fn ends(tree: &Tree) -> Result<[TreePath; 3], String> {
    let files: Vec<_> = tree.files().map(|(path, _)| path).collect();
    match files.as_slice() {
        [] => Err("the set has no file".to_owned()),
        [first, .., last] => {
            Ok([(*first).clone(), files[files.len() / 2].clone(), (*last).clone()])
        }
        [only] => Ok([(*only).clone(), (*only).clone(), (*only).clone()]),
    }
}
