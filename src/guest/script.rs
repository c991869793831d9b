//! The script of a guest: one step per line.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `begin NAME`: settles, and takes the current memory as the base of the following states.
    Begin(String),
    /// `end`: the group ends; what it left mounted or loaded is taken away.
    End,
    /// `keep`: what is loaded so far stays when the group ends.
    Keep,
    /// `load MODULE [BLOB]`: a module by name, with the file BLOB as its blob.
    Load(String, Option<PathBuf>),
    /// `unload MODULE`.
    Unload(String),
    /// `reload MODULE`: unloads it and loads it again, so that it keeps nothing of earlier mounts.
    Reload(String),
    /// `mount TYPE SOURCE DIR`: read-only except for tmpfs. DIR is made if necessary.
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
    /// `read PATH [BYTES]`: a file, or all files below a folder, by read(2); fails unless they have
    /// BYTES.
    Read(PathBuf, Option<u64>),
    /// `walk DIR`: all names below a folder, by stat(2).
    Walk(PathBuf),
    /// `fetch FORM ARTIFACT LIST`: the files that the file LIST names, by the form's own reader.
    Fetch(String, PathBuf, PathBuf),
    /// `scan FORM ARTIFACT BYTES`: every entry, by the form's own reader; fails unless all files together
    /// have BYTES.
    Scan(String, PathBuf, u64),
    /// `same FILE FILE`: reads both through, and fails unless they are equal.
    Same(PathBuf, PathBuf),
    /// `list DIR LIST`: the files below DIR that the file LIST names, by read(2). A zero byte ends
    /// each name.
    List(PathBuf, PathBuf),
    /// `digest DIR DIGEST`: fails unless the tree at DIR has it.
    Digest(PathBuf, String),
    /// `measure NAME`: counters before and after settling.
    Measure(String),
    /// `settle`.
    Settle,
    /// `drop`: drops caches, so that the next read finds nothing in them.
    Drop,
    /// `litter N`: makes N empty files that stay.
    Litter(u64),
    /// `spin N`: N instructions.
    Spin(u64),
    /// `count NAME STEP`: carries out STEP and reports the instructions that it took.
    Count(String, Box<Step>),
    /// `show FILE`: its text, to the console.
    Show(PathBuf),
    /// `log TEXT`: fails unless the kernel has logged a line with TEXT since the last such step.
    Log(String),
    /// `expect-error STEP`: fails unless STEP fails.
    ExpectError(Box<Step>),
}

impl Step {
    /// The step itself, whether it is counted or not.
    pub fn work(&self) -> &Step {
        match self {
            Step::Count(_, step) => step.work(),
            step => step,
        }
    }
}

impl FromStr for Step {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> Result<Self> {
        if let Some(rest) = line.trim().strip_prefix("expect-error ") {
            return Ok(Step::ExpectError(Box::new(rest.parse()?)));
        }
        if let Some((name, rest)) =
            line.trim().strip_prefix("count ").and_then(|rest| rest.split_once(' '))
        {
            return Ok(Step::Count(name.to_owned(), Box::new(rest.parse()?)));
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
            ["reload", module] => Step::Reload(own(module)),
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
            ["read", path] => Step::Read(path.into(), None),
            ["read", path, bytes] => Step::Read(path.into(), Some(bytes.parse()?)),
            ["walk", dir] => Step::Walk(dir.into()),
            ["fetch", form, artifact, list] => Step::Fetch(own(form), artifact.into(), list.into()),
            ["scan", form, artifact, bytes] => {
                Step::Scan(own(form), artifact.into(), bytes.parse()?)
            }
            ["same", a, b] => Step::Same(a.into(), b.into()),
            ["list", dir, file] => Step::List(dir.into(), file.into()),
            ["digest", dir, digest] => Step::Digest(dir.into(), own(digest)),
            ["measure", name] => Step::Measure(own(name)),
            ["settle"] => Step::Settle,
            ["drop"] => Step::Drop,
            ["litter", count] => Step::Litter(count.parse()?),
            ["spin", count] => Step::Spin(count.parse()?),
            ["show", file] => Step::Show(file.into()),
            _ => bail!(
                "no such step, or wrong number of arguments; known are: begin NAME, end, \
                 keep, load MODULE [BLOB], unload MODULE, reload MODULE, mount TYPE SOURCE DIR, umount DIR, loop FILE, \
                 unloop, copy FILE TO, extract FORM ARTIFACT DIR, scatter FORM ARTIFACT DIR, \
                 read PATH [BYTES], walk DIR, fetch FORM ARTIFACT LIST, scan FORM ARTIFACT BYTES, same FILE FILE, \
                 list DIR LIST, digest DIR DIGEST, measure NAME, settle, drop, litter N, spin N, \
                 show FILE, log TEXT, count NAME STEP, expect-error STEP"
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
        let read = Step::Read("/mnt/a.h".into(), None);
        assert_eq!(steps[1].1, Step::ExpectError(Box::new(read)));
    }

    #[test]
    fn what_is_no_step_is_told_with_its_line() {
        let error = parse("settle\nload\n").unwrap_err();
        assert!(format!("{error:#}").starts_with("line 2: load: no such step"));
    }
}
