//! The command lines of a reference tool and of this program, for each job.
//!
//! Every line runs in one folder, in which names are the same on both sides: `tree` is the
//! headers as files, `made` what a build makes, an id the artifact of that row once it is whole, `out`
//! an empty folder, `source` and `objects` the kernel's folders.

use super::place::{Kernel, MTIME, Place};
use super::table::{Kind, Reference};
use crate::measure::worker::{CommandLine, OWN};
use crate::sys::parallel::processors;

/// A job of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Build,
    /// Extract all of it to an empty folder.
    All,
    One,
}

impl Work {
    /// Its name in a record.
    pub fn id(self) -> &'static str {
        match self {
            Work::Build => "build",
            Work::All => "all",
            Work::One => "one",
        }
    }
}

/// One piece of work on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    pub ours: CommandLine,
    pub reference: CommandLine,
}

/// The command lines of both sides, in order.
pub type Lines = Vec<(Work, Sides)>;

/// The folder that unsquashfs extracts to: it wants to make it.
const INNER: &str = "out/tree";

/// GNU tar's options for the archive that the kernel's script makes.
const NORMAL: &[&str] =
    &["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rw,go=r,a+X"];

/// The command lines of one side.
struct Side {
    build: Vec<String>,
    all: Vec<String>,
    /// `None` without a header to be read.
    one: Option<Vec<String>>,
}

impl Reference {
    /// What both sides run in `place`.
    ///
    /// # Errors
    /// Why it can't be run here: a program, the kernel's script or its folders are missing.
    pub fn lines(&self, place: &Place) -> Result<Lines, String> {
        self.tool()?;
        // A command line of ours is text.
        let one = place.one().and_then(|path| std::str::from_utf8(path.as_bytes()).ok());
        let reference = match self.kind {
            Kind::Tar { pack, unpack } => tar(self.id, pack, unpack, one),
            Kind::Squashfs { options } => squashfs(self.id, options, one),
            Kind::Script { own } => return Ok(vec![(Work::Build, script(place, own)?)]),
        };
        let ours = ours(self.form, one);
        let sides =
            |ours, reference| Sides { ours: place.line(ours), reference: place.line(reference) };
        let mut lines = vec![
            (Work::Build, sides(ours.build, reference.build)),
            (Work::All, sides(ours.all, reference.all)),
        ];
        let one = ours.one.zip(reference.one);
        lines.extend(one.map(|(ours, reference)| (Work::One, sides(ours, reference))));
        Ok(lines)
    }

    /// The folder that all is extracted to.
    pub(crate) fn extracts_to(&self) -> &'static str {
        if matches!(self.kind, Kind::Squashfs { .. }) { INNER } else { "out" }
    }
}

fn ours(form: &str, one: Option<&str>) -> Side {
    let from = ["--tree", "tree", "--everything"];
    let build = [&[OWN, "build", "--form", form][..], &from, &["--no-verify", "-o", "made"]];
    Side {
        build: words(&build.concat()),
        all: words(&[OWN, "extract", form, "-C", "out"]),
        one: one.map(|path| words(&[OWN, "cat", form, path])),
    }
}

/// As root, tar would set the owner and the mode of each file besides. With an occurrence given, it does
/// not read on once it has what it looks for.
fn tar(id: &str, pack: &str, unpack: &str, one: Option<&str>) -> Side {
    let plain = ["--no-same-owner", "--no-same-permissions"];
    let build = [&["tar"][..], NORMAL, &["-I", pack, "-cf", "made", "-C", "tree", "."]];
    let all = [&["tar"][..], &plain, &["-I", unpack, "-xf", id, "-C", "out"]];
    let member = |path| format!("./{path}");
    let one =
        one.map(|path| words(&["tar", "-I", unpack, "--occurrence=1", "-xOf", id, &member(path)]));
    Side { build: words(&build.concat()), all: words(&all.concat()), one }
}

fn squashfs(id: &str, options: &[&str], one: Option<&str>) -> Side {
    let time = MTIME.to_string();
    let cpus = processors().to_string();
    let cpus = ["-processors", &cpus];
    let plain = ["-noappend", "-no-exports", "-no-xattrs", "-all-root", "-mkfs-time", &time];
    let quiet = ["-quiet", "-no-progress"];
    let build = [&["mksquashfs", "tree", "made"][..], options, &plain, &cpus, &quiet];
    let all = [&["unsquashfs", "-no-xattrs"][..], &cpus, &quiet, &["-d", INNER, id]];
    let one = one.map(|path| {
        words(&[&["unsquashfs"][..], &cpus, &["-no-wildcards", "-cat", id, path]].concat())
    });
    Side { build: words(&build.concat()), all: words(&all.concat()), one }
}

/// `gen_kheaders.sh` as the kernel's build runs it out of its source tree, and `dataset collect`.
fn script(place: &Place, options: &[&str]) -> Result<Sides, String> {
    let Kernel { arch } = place.kernel()?;
    let time = format!("@{MTIME}");
    let from = ["--source", "source", "--objects", "objects"];
    let to = ["--arch", arch, "--timestamp", &time, "-o", "made"];
    let ours = words(&[&[OWN, "dataset", "collect"][..], &from, options, &to].concat());
    let mut reference = place.line(words(&["sh", "../gen_kheaders.sh", "../made"]));
    reference.inner = "objects".to_owned();
    let variables = [
        ("SRCARCH", arch.as_str()),
        ("XZ", "xz"),
        ("XZ_OPT", "-T1"),
        ("KBUILD_BUILD_TIMESTAMP", &time),
        ("building_out_of_srctree", "1"),
        ("srctree", "../source"),
    ];
    reference.variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Ok(Sides { ours: place.line(ours), reference })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
