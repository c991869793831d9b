//! The module build files besides the headers: an approximation of v5 of the patch.

use std::path::Path;

use anyhow::Result;

use super::select;
use super::select::Layers;

/// Adds to `layers` what an external module is built with: all other files of the header folders
/// (`Kbuild` files, the stamps in `include/config`), the makefiles, configuration, symbol versions
/// and linker script, and from `kit` the scripts and objtool with their executable bit.
///
/// Object trees of Debian have a `Makefile` of one line that includes the source tree's by its
/// absolute path: the source tree's own takes its place, so that the result is self-contained.
///
/// # Errors
/// Something unreadable; the error names it.
pub(super) fn add(
    source: &Path,
    objects: Option<&Path>,
    arch: &str,
    kit: &Path,
    layers: &mut Layers,
) -> Result<()> {
    let any = |path: &Path| !select::is_header(path);
    let folder = format!("arch/{arch}");
    let trees = || std::iter::once(source).chain(objects);
    for dir in select::folders(arch) {
        for root in trees() {
            select::files(root, &dir, any, false, layers)?;
        }
    }
    select::file(source, "Makefile", false, layers)?;
    for name in ["Makefile", "Makefile_32.cpu", "Makefile.postlink"] {
        select::file(source, &format!("{folder}/{name}"), false, layers)?;
    }
    let of_objects = [".config", ".kernelvariables", "Module.symvers"];
    for root in trees() {
        for path in of_objects {
            select::file(root, path, false, layers)?;
        }
        select::file(root, &format!("{folder}/module.lds"), false, layers)?;
    }
    select::files(kit, "scripts", |_| true, false, layers)?;
    // Debian's objtool is a small program that starts the one of the target's architecture.
    for name in ["objtool".to_owned(), format!("objtool.real-{arch}")] {
        select::file(kit, &format!("tools/objtool/{name}"), false, layers)?;
    }
    Ok(())
}
