//! The options of every command that takes a header set.

use std::path::PathBuf;

use super::manifest;
use super::request::{Request, Selection};

/// The options that select a header set.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Header set")]
pub struct DatasetArgs {
    /// Named header set, see `dataset list`
    #[arg(long, value_name = "NAME", default_value = manifest::DEFAULT)]
    dataset: String,
    /// Kernel source or build tree, filtered as by gen_kheaders.sh; or any other directory, unfiltered
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dataset", "archive", "running", "url"])]
    tree: Option<PathBuf>,
    /// Archive of headers, such as /sys/kernel/kheaders.tar.xz, or a module or kernel image that
    /// contains one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dataset", "running", "url"])]
    archive: Option<PathBuf>,
    /// Headers of the running kernel, /lib/modules/$(uname -r)/build
    #[arg(long, conflicts_with_all = ["dataset", "url"])]
    running: bool,
    /// Kernel source tarball to download: .tar.xz, .tar.gz or .tar.zst
    #[arg(long, value_name = "URL", conflicts_with = "dataset", requires = "sha256")]
    url: Option<String>,
    /// Expected SHA-256 of the tarball
    #[arg(long, value_name = "HEX", requires = "url")]
    sha256: Option<String>,
    /// Architecture, as in arch/ or of `uname -m` (with --tree or --url) [default: this machine's]
    #[arg(long, value_name = "ARCH", conflicts_with_all = ["dataset", "archive", "running"])]
    arch: Option<String>,
    /// Keep comments (with --tree or --url)
    #[arg(long, conflicts_with_all = ["dataset", "archive", "running"])]
    raw: bool,
    /// Take all files, even of a kernel tree (with --tree)
    #[arg(long, requires = "tree", conflicts_with_all = ["raw", "arch"])]
    everything: bool,
}

impl DatasetArgs {
    /// The ids of these options, for `conflicts_with_all` of an option that replaces the header set.
    pub const OPTIONS: [&'static str; 9] =
        ["dataset", "tree", "archive", "running", "url", "sha256", "arch", "raw", "everything"];

    /// The header set that the options select.
    pub fn request(&self) -> Request {
        let selection =
            Selection { arch: self.arch.clone(), raw: self.raw, everything: self.everything };
        if let Some(path) = &self.tree {
            Request::Folder { path: path.clone(), selection }
        } else if let Some(path) = &self.archive {
            Request::Archive(path.clone())
        } else if self.running {
            Request::Running
        } else if let (Some(url), Some(sha256)) = (&self.url, &self.sha256) {
            Request::Url { url: url.clone(), sha256: sha256.clone(), selection }
        } else {
            Request::Named(self.dataset.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        dataset: DatasetArgs,
    }

    fn request(args: &str) -> Result<Request, String> {
        let args = std::iter::once("program").chain(args.split_whitespace());
        let program = Program::try_parse_from(args).map_err(|error| error.to_string())?;
        Ok(program.dataset.request())
    }

    #[test]
    fn the_default_is_the_pinned_set_of_the_newest_kernel() {
        assert_eq!(request(""), Ok(Request::Named("debian-6.12-x86".into())));
        assert_eq!(request("--dataset x"), Ok(Request::Named("x".into())));
    }

    #[test]
    fn each_source_excludes_the_others() {
        assert_eq!(request("--running"), Ok(Request::Running));
        assert_eq!(request("--archive a"), Ok(Request::Archive("a".into())));
        for args in [
            "--tree a --dataset b",
            "--tree a --archive b",
            "--running --url u --sha256 0",
            "--url u",
            "--sha256 0",
            "--everything",
            "--running --raw",
            "--dataset a --arch x86",
            "--tree a --everything --raw",
        ] {
            assert!(request(args).is_err(), "{args}");
        }
    }

    #[test]
    fn no_option_is_missing_among_those_to_conflict_with() {
        let program = Program::command();
        let ids: Vec<_> = program.get_arguments().map(|option| option.get_id().as_str()).collect();
        assert_eq!(ids, DatasetArgs::OPTIONS);
    }

    #[test]
    fn a_tree_may_say_its_architecture() {
        let selection = Selection { arch: Some("arm64".into()), raw: true, everything: false };
        let expected = Request::Folder { path: "t".into(), selection };
        assert_eq!(request("--tree t --arch arm64 --raw"), Ok(expected));
    }
}
