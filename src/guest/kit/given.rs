//! A kernel of --guest-kernel, checked against the modules and the build folder given with it.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::{Emulator, Kit, image, module};

/// The kernel image `kernel` with the folder `modules`, to be run by `emulator`.
///
/// # Errors
/// Something that is not there, and parts of different kernels.
pub(super) fn image(kernel: &Path, modules: Option<&Path>, emulator: Emulator) -> Result<Kit> {
    let mut kit = pair(kernel, modules, emulator)?;
    let build = kit.modules.join("build");
    if let Ok(header) = fs::read(build.join(module::UTS_RELEASE)) {
        agree(&kit, &build, &module::uts_release(&header).unwrap_or_default())?;
    }
    let beside = kernel.with_file_name(format!("config-{}", kit.release));
    let configs = [build.join(".config"), kit.modules.join("config"), beside];
    kit.config = configs.into_iter().find(|file| file.is_file());
    kit.build = match build.join("Makefile").is_file() {
        true => Ok(build),
        false => Err(format!(
            "{}: not the headers of {}: install its headers, or fix the link",
            build.display(),
            kit.release
        )),
    };
    Ok(kit)
}

fn pair(kernel: &Path, modules: Option<&Path>, emulator: Emulator) -> Result<Kit> {
    let Some(modules) = modules else {
        bail!("--guest-kernel: needs --guest-modules with its /lib/modules/RELEASE");
    };
    if !modules.join("kernel").is_dir() && !modules.join("modules.builtin").is_file() {
        bail!("{}: not the /lib/modules/RELEASE of a kernel", modules.display());
    }
    let kit = Kit {
        kernel: kernel.to_path_buf(),
        release: image::release(kernel)?,
        config: None,
        modules: std::path::absolute(modules)?,
        build: Err(String::new()),
        emulator,
        sources: Vec::new(),
    };
    if let Some(release) = module::release(&kit.modules)? {
        agree(&kit, modules, &release)?;
    }
    Ok(kit)
}

fn agree(kit: &Kit, folder: &Path, release: &str) -> Result<()> {
    if release != kit.release {
        bail!(
            "{}: for {release}, but {} is {}",
            folder.display(),
            kit.kernel.display(),
            kit.release
        );
    }
    Ok(())
}
