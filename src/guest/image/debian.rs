//! The default kernel of the test VM: Debian's for virtual machines, which is small and has
//! squashfs with every decompressor.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::emulator::Emulator;
use super::guest_image::GuestImage;
use super::kernel_image;
use crate::debian::packages::{Package, PackageCache};
use crate::sys::error::Unavailable;
use crate::tree::TreePath;

const ABI: &str = "6.12.117+deb12";
const VERSION: &str = "6.12.117-1~deb12u1";
/// What is taken when that is no longer served.
const SERIES: &str = r"^linux-image-(6\.12\.[0-9.]+\+deb[0-9]+)-cloud-amd64$";

/// Distinguishes the unpacked folders from those of the header set, which have other files.
const LABEL: &str = "guest-";

/// The SHA-256 of the pinned packages, in the order of [`packages`].
const PINNED: [&str; 4] = [
    "5195b288dec79e2981d6b84457f38b7ce7310a2d702930ec7d07209c7f78ce37",
    "d554fd0fd1ba990b36a428a5982c295e365bb5598c366bdf088aeb467c4c6dd3",
    "0c70107dda266a9d26dc119d80a71589202b17fbf4d4ddf544681c89e2002742",
    "69761d1daf39e43485d278cc7066f77c15edc3b881d6e47afd61cf0da0985677",
];

/// The kernel, fetched and laid out, to be run by `emulator`.
///
/// # Errors
/// [`Unavailable`] when none is available.
pub(super) fn fetch(shelf: &mut PackageCache, emulator: Emulator) -> Result<GuestImage> {
    let (abi, packages) = choose(shelf)?;
    let mut folders = Vec::new();
    let mut sources = emulator.sources.clone();
    for package in &packages {
        let (folder, source) = shelf.unpacked(package, LABEL, &needed)?;
        folders.push(folder);
        sources.push(source);
    }
    let [image, objects, common, kbuild] = folders.as_slice() else { bail!("four packages") };
    let release = format!("{abi}-cloud-amd64");
    let build = objects.join("usr/src").join(format!("linux-headers-{release}"));
    join(&build, objects, common, kbuild, &abi)?;
    let modules = ["lib/modules", "usr/lib/modules"].map(|dir| image.join(dir).join(&release));
    let modules =
        modules.into_iter().find(|dir| dir.is_dir()).context("the package has no modules")?;
    let config = image.join("boot").join(format!("config-{release}"));
    let packed = image.join("boot").join(format!("vmlinuz-{release}"));
    let kernel = image.join("boot").join(format!("vmlinux-{release}"));
    if !kernel.is_file() {
        kernel_image::uncompress(&packed, &kernel)?;
    }
    let (config, build) = (Some(config), Ok(build));
    Ok(GuestImage { kernel, release, config, modules, build, emulator, sources })
}

/// The four packages of a kernel: image, objects, sources and tools.
fn packages(abi: &str, version: &str) -> [Package; 4] {
    let package = |name: String| Package { name, version: version.to_owned(), sha256: None };
    [
        package(format!("linux-image-{abi}-cloud-amd64")),
        package(format!("linux-headers-{abi}-cloud-amd64")),
        package(format!("linux-headers-{abi}-common")),
        package(format!("linux-kbuild-{abi}")),
    ]
}

fn choose(shelf: &mut PackageCache) -> Result<(String, [Package; 4])> {
    let mut pinned = packages(ABI, VERSION);
    for (package, sha256) in pinned.iter_mut().zip(PINNED) {
        package.sha256 = Some(sha256.to_owned());
    }
    let there = pinned.iter().all(|package| shelf.place(package, LABEL).is_dir());
    if there || shelf.served(&pinned[0])? {
        return Ok((ABI.to_owned(), pinned));
    }
    let mut abis = shelf.abis("linux-image-6.12.", &regex::Regex::new(SERIES)?)?;
    while let Some(abi) = abis.pop() {
        if let Some(version) = shelf.newest(&format!("linux-image-{abi}-cloud-amd64"))? {
            let packages = packages(&abi, &version);
            return Ok((abi, packages));
        }
    }
    Err(Unavailable {
        what: "the package sources have no kernel for the test VM".to_owned(),
        remedy: "use --guest-kernel and --guest-modules, or add Debian's package sources"
            .to_owned(),
    }
    .into())
}

/// Kernel, configuration, file systems, block devices and what they need, headers and tools.
fn needed(path: &TreePath) -> bool {
    let path = path.as_path().to_string_lossy();
    let module = |dir: &str| path.contains(&format!("/kernel/{dir}/"));
    path.starts_with("boot/")
        || path.starts_with("usr/src/")
        || path.starts_with("usr/lib/linux-kbuild")
        || path.contains("/modules.")
        || ["fs", "drivers/block", "lib", "crypto"].into_iter().any(module)
}

/// Links the sources and tools, which Debian installs separately, into the folder `build`.
fn join(build: &Path, objects: &Path, common: &Path, kbuild: &Path, abi: &str) -> Result<()> {
    let name = format!("linux-headers-{abi}-common");
    let sources = common.join("usr/src").join(&name);
    let tools = format!("usr/lib/linux-kbuild-{abi}");
    let link = objects.join(&tools);
    if !link.exists() {
        fs::create_dir_all(objects.join("usr/lib"))?;
        std::os::unix::fs::symlink(kbuild.join(&tools), &link)
            .with_context(|| link.display().to_string())?;
    }
    // The sources have a relative link to the tools, too.
    let beside = common.join(&tools);
    if !beside.exists() {
        fs::create_dir_all(common.join("usr/lib"))?;
        std::os::unix::fs::symlink(kbuild.join(&tools), &beside)
            .with_context(|| beside.display().to_string())?;
    }
    let makefile = build.join("Makefile");
    let text = format!("include {}/Makefile\n", sources.display());
    if fs::read_to_string(&makefile).ok().as_ref() != Some(&text) {
        fs::write(&makefile, text).with_context(|| makefile.display().to_string())?;
    }
    Ok(())
}
