//! Features that a delivery needs and the guest's kernel lacks.

use crate::guest::TestVm;
use crate::guest::script::{self, Step};

/// Parts that deliveries need and the kernel lacks, with the reason.
pub(crate) struct MissingFeatures<'a> {
    lab: &'a TestVm,
    filesystems: [(&'static str, Option<String>); 2],
    looped: Option<String>,
    dictionary: Option<String>,
}

/// The file systems of images.
pub(crate) const FILESYSTEMS: [&str; 2] = ["squashfs", "erofs"];

/// The symbol that the module khfs needs for dictionaries of zstd.
const DICTIONARY: &[u8] = b"zstd_create_ddict_byreference";

impl<'a> MissingFeatures<'a> {
    pub(crate) fn look(lab: &'a TestVm) -> Self {
        let lacks = |name: &str| lab.image.module(name).err().map(|error| format!("{error:#}"));
        let khfs = lab.modules.iter().find(|(name, _)| name == "khfs");
        let without = khfs.filter(|(_, image)| memchr::memmem::find(image, DICTIONARY).is_none());
        let release = &lab.image.release;
        let dictionary = without.map(|_| format!("the zstd of {release} takes no dictionary"));
        let filesystems = FILESYSTEMS.map(|name| (name, lacks(name)));
        Self { lab, filesystems, looped: lacks("loop"), dictionary }
    }

    /// Why the steps of `script`, which deliver `form`, can't be taken; `None` where they can.
    pub(crate) fn reason(&self, form: &str, script: &str) -> Option<String> {
        let steps = script::parse(script).ok()?;
        steps.iter().map(|(_, step)| step.work()).find_map(|step| match step {
            Step::Load(name, _) => self.module(name),
            Step::Loop(_) => self.looped.clone(),
            Step::Mount(kind, ..) if kind == "khfs" && form.contains("+dict") => {
                self.dictionary.clone()
            }
            Step::Mount(kind, ..) => {
                let known = self.filesystems.iter().find(|(name, _)| name == kind);
                known.and_then(|(_, lack)| lack.clone())
            }
            _ => None,
        })
    }

    fn module(&self, name: &str) -> Option<String> {
        let (_, why) = self.lab.unbuilt.iter().find(|(known, _)| *known == name)?;
        Some(format!("no module {name} for Linux {}: {why}", self.lab.image.release))
    }
}
