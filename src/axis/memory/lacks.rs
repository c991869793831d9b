//! What a delivery needs of the guest's kernel that is not there.

use crate::guest::Laboratory;
use crate::guest::script::{self, Step};

/// Parts of the kernel that deliveries need and a kernel may lack, with why it can't be had.
pub(super) struct Lacks<'a> {
    lab: &'a Laboratory,
    squashfs: Option<String>,
    looped: Option<String>,
}

impl<'a> Lacks<'a> {
    pub(super) fn look(lab: &'a Laboratory) -> Self {
        let lacks = |name: &str| lab.kit.module(name).err().map(|error| format!("{error:#}"));
        Self { lab, squashfs: lacks("squashfs"), looped: lacks("loop") }
    }

    /// Why the steps of `script` can't be taken; `None` where they can.
    pub(super) fn reason(&self, script: &str) -> Option<String> {
        let steps = script::parse(script).ok()?;
        steps.iter().find_map(|(_, step)| match step {
            Step::Load(name, _) => self.module(name),
            Step::Loop(_) => self.looped.clone(),
            Step::Mount(kind, ..) if kind == "squashfs" => self.squashfs.clone(),
            _ => None,
        })
    }

    fn module(&self, name: &str) -> Option<String> {
        let there = self.lab.modules.iter().any(|(known, _)| known == name);
        let release = &self.lab.kit.release;
        (!there).then(|| format!("there is nothing to build the module {name} for {release} by"))
    }
}
