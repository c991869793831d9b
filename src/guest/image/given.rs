//! A kernel of --guest-kernel, checked against the modules and the build folder given with it.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::emulator::Emulator;
use super::guest_image::GuestImage;
use super::{kernel_image, module};

/// The kernel image `kernel` with the folder `modules`, to be run by `emulator`.
///
/// # Errors
/// Something that is not there, and parts of different kernels.
pub(super) fn image(
    kernel: &Path,
    modules: Option<&Path>,
    emulator: Emulator,
) -> Result<GuestImage> {
    let mut image = pair(kernel, modules, emulator)?;
    let build = image.modules.join("build");
    if let Ok(header) = fs::read(build.join(module::UTS_RELEASE)) {
        agree(&image, &build, &module::uts_release(&header).unwrap_or_default())?;
    }
    let beside = kernel.with_file_name(format!("config-{}", image.release));
    let configs = [build.join(".config"), image.modules.join("config"), beside];
    image.config = configs.into_iter().find(|file| file.is_file());
    image.build = match build.join("Makefile").is_file() {
        true => Ok(build),
        false => Err(format!(
            "{}: not the headers of {}: install its headers, or fix the link",
            build.display(),
            image.release
        )),
    };
    Ok(image)
}

fn pair(kernel: &Path, modules: Option<&Path>, emulator: Emulator) -> Result<GuestImage> {
    let Some(modules) = modules else {
        bail!("--guest-kernel: needs --guest-modules with its /lib/modules/RELEASE");
    };
    if !modules.join("kernel").is_dir() && !modules.join("modules.builtin").is_file() {
        bail!("{}: not the /lib/modules/RELEASE of a kernel", modules.display());
    }
    let image = GuestImage {
        kernel: kernel.to_path_buf(),
        release: kernel_image::release(kernel)?,
        config: None,
        modules: std::path::absolute(modules)?,
        build: Err(String::new()),
        emulator,
        sources: Vec::new(),
    };
    if let Some(release) = module::release(&image.modules)? {
        agree(&image, modules, &release)?;
    }
    Ok(image)
}

fn agree(image: &GuestImage, folder: &Path, release: &str) -> Result<()> {
    if release != image.release {
        bail!(
            "{}: for {release}, but {} is {}",
            folder.display(),
            image.kernel.display(),
            image.release
        );
    }
    Ok(())
}
