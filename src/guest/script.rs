//! The steps that a guest takes, one a line, for programs and people alike.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `begin NAME`: settles, and takes what is held now as the base of what follows.
    Begin(String),
    /// `end`: the group ends; what it left mounted or loaded is taken away.
    End,
    /// `keep`: what is loaded so far stays when the group ends.
    Keep,
    /// `load MODULE [BLOB]`: a module by name, with the file BLOB as its blob.
    Load(String, Option<PathBuf>),
    /// `unload MODULE`.
    Unload(String),
    /// `mount TYPE SOURCE DIR`: read-only except for tmpfs. DIR is made if need be.
    Mount(String, String, PathBuf),
    /// `umount DIR`.
    Unmount(PathBuf),
    /// `loop FILE`: makes /dev/loop0 of it, read-only.
    Loop(PathBuf),
    /// `unloop`: frees /dev/loop0.
    Unloop,
    /// `copy FILE TO`.
    Copy(PathBuf, PathBuf),
    /// `extract FORM ARTIFACT DIR`: by the form's own reader, in a process of its own.
    Extract(String, PathBuf, PathBuf),
    /// `scatter FORM ARTIFACT DIR`: files as the artifact stores them, each compressed on its own.
    Scatter(String, PathBuf, PathBuf),
    /// `read PATH`: a file, or all files below a folder, by read(2).
    Read(PathBuf),
    /// `same FILE FILE`: reads both through, and fails unless they are equal.
    Same(PathBuf, PathBuf),
    /// `list DIR FILE`: reads the files below DIR that FILE names, one a line.
    List(PathBuf, PathBuf),
    /// `digest DIR DIGEST`: fails unless the tree at DIR has it.
    Digest(PathBuf, String),
    /// `measure NAME`: counters before and after settling.
    Measure(String),
    /// `settle`.
    Settle,
    /// `show FILE`: its text, to the console.
    Show(PathBuf),
    /// `log TEXT`: fails unless the kernel has logged a line with TEXT since the last such step.
    Log(String),
    /// `expect-error STEP`: fails unless STEP fails.
    ExpectError(Box<Step>),
}

impl FromStr for Step {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> Result<Self> {
        if let Some(rest) = line.trim().strip_prefix("expect-error ") {
            return Ok(Step::ExpectError(Box::new(rest.parse()?)));
        }
        if let Some(text) = line.trim().strip_prefix("log ") {
            return Ok(Step::Log(text.trim().to_owned()));
        }
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let own = |word: &&str| (*word).to_owned();
        Ok(match words.as_slice() {
            ["begin", name] => Step::Begin(own(name)),
            ["end"] => Step::End,
            ["keep"] => Step::Keep,
            ["load", module] => Step::Load(own(module), None),
            ["load", module, blob] => Step::Load(own(module), Some(blob.into())),
            ["unload", module] => Step::Unload(own(module)),
            ["mount", kind, source, dir] => Step::Mount(own(kind), own(source), dir.into()),
            ["umount", dir] => Step::Unmount(dir.into()),
            ["loop", file] => Step::Loop(file.into()),
            ["unloop"] => Step::Unloop,
            ["copy", file, to] => Step::Copy(file.into(), to.into()),
            ["extract", form, artifact, dir] => {
                Step::Extract(own(form), artifact.into(), dir.into())
            }
            ["scatter", form, artifact, dir] => {
                Step::Scatter(own(form), artifact.into(), dir.into())
            }
            ["read", path] => Step::Read(path.into()),
            ["same", a, b] => Step::Same(a.into(), b.into()),
            ["list", dir, file] => Step::List(dir.into(), file.into()),
            ["digest", dir, digest] => Step::Digest(dir.into(), own(digest)),
            ["measure", name] => Step::Measure(own(name)),
            ["settle"] => Step::Settle,
            ["show", file] => Step::Show(file.into()),
            _ => bail!(
                "no such step, or not with that many words; there are: begin NAME, end, \
                 keep, load MODULE [BLOB], unload MODULE, mount TYPE SOURCE DIR, umount DIR, loop FILE, \
                 unloop, copy FILE TO, extract FORM ARTIFACT DIR, scatter FORM ARTIFACT DIR, \
                 read PATH, same FILE FILE, list DIR FILE, digest DIR DIGEST, measure NAME, settle, show FILE, log TEXT, expect-error STEP"
            ),
        })
    }
}

/// The steps in `text`; empty lines and those that start with `#` are none.
///
/// # Errors
/// A line that is no step, with its number.
pub fn parse(text: &str) -> Result<Vec<(String, Step)>> {
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            let step = line.parse().with_context(|| format!("line {number}: {line}"))?;
            Ok((line.to_owned(), step))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_steps_and_remarks_do_not() {
        let steps = parse("# a remark\n\nload khfs /b\nexpect-error read /mnt/a.h\n").unwrap();
        assert_eq!(steps[0].1, Step::Load("khfs".into(), Some("/b".into())));
        let read = Step::Read("/mnt/a.h".into());
        assert_eq!(steps[1].1, Step::ExpectError(Box::new(read)));
    }

    #[test]
    fn what_is_no_step_is_told_with_its_line() {
        let error = parse("settle\nload\n").unwrap_err();
        assert!(format!("{error:#}").starts_with("line 2: load: no such step"));
    }
}
