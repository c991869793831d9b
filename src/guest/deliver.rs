//! Deliveries as steps for a guest.

use std::fmt::Write as _;

use crate::record::{Delivery, Layout, Operation};

/// What is delivered.
#[derive(Debug, Clone)]
pub struct Subject {
    pub form: String,
    pub layout: Layout,
    /// The file system of an image.
    pub filesystem: Option<&'static str>,
    /// The artifact, in the guest.
    pub artifact: String,
    /// The file in the guest that lists the headers of each read, as [`READS`] names them; `None`
    /// where the set has none.
    pub lists: [Option<String>; READS.len()],
    /// Whether many headers are read: the closure, and all.
    pub whole: bool,
    /// Their content, bytes.
    pub bytes: u64,
    /// The digest that the tree must have; `None` where reading as many bytes is enough.
    pub digest: Option<String>,
    /// The file system's module, where the guest can load it again.
    pub reload: Option<&'static str>,
}

/// The reads of some headers.
pub const READS: [Operation; 4] =
    [Operation::First, Operation::Last, Operation::Middle, Operation::Closure];

/// The steps of `delivery`.
fn steps(delivery: Delivery, subject: &Subject, script: &mut String) {
    match delivery {
        Delivery::Module => module(subject, script),
        Delivery::ExtractUnload => extract_unload(subject, script),
        Delivery::Tmpfs => tmpfs(subject, script),
        Delivery::Blockdev => {
            loaded(subject, "kblk", script);
            image_mounted(subject, None, "/dev/kheaders", script);
            unloaded(subject, "unload kblk", script);
        }
        Delivery::LoopModule => {
            loaded(subject, "khdr", script);
            image_mounted(subject, Some(BLOB), "/dev/loop0", script);
            unloaded(subject, "unload khdr", script);
        }
        Delivery::LoopTmpfs => {
            add(script, "mount tmpfs none /t");
            add(script, &format!("count load copy {} /t/image\nmeasure loaded", subject.artifact));
            image_mounted(subject, Some("/t/image"), "/dev/loop0", script);
            unloaded(subject, "umount /t", script);
        }
        Delivery::Pseudofs => {
            loaded(subject, "khfs", script);
            mounted(subject, None, "khfs none /sys/kernel/headers", script);
            unloaded(subject, "unload khfs", script);
        }
    }
}

/// Where the module `khdr` shows the artifact.
const BLOB: &str = "/sys/kernel/kheaders_blob";

fn add(script: &mut String, lines: &str) {
    // Writing to a string can't fail.
    let _ = writeln!(script, "{lines}");
}

/// This program's own reader reads the artifact where the module shows it.
fn module(subject: &Subject, script: &mut String) {
    let Subject { form, artifact, .. } = subject;
    loaded(subject, "khdr", script);
    for (name, list) in lists(subject) {
        add(script, &format!("count {} fetch {form} {BLOB} {list}", name.id()));
    }
    if subject.whole {
        add(script, &format!("count all scan {form} {BLOB} {}", subject.bytes));
    }
    add(script, &format!("same {BLOB} {artifact}\nmeasure read"));
    add(script, "unload khdr\nmeasure unloaded");
}

fn extract_unload(subject: &Subject, script: &mut String) {
    let Subject { form, artifact, .. } = subject;
    add(script, &format!("load khdr {artifact}\nmeasure loaded\nmount tmpfs none /t"));
    add(script, &format!("count extract extract {form} {BLOB} /t"));
    add(script, "measure extracted\nunload khdr\nmeasure unloaded");
    add(script, &format!("read /t {}", subject.bytes));
    verify("/t", subject, script);
    add(script, "umount /t\nmeasure removed");
}

/// The artifact of a folder is a tar of the tree here, as files of a guest's initramfs are given one by one.
fn tmpfs(subject: &Subject, script: &mut String) {
    let Subject { form, artifact, .. } = subject;
    add(script, "mount tmpfs none /t");
    match subject.layout {
        Layout::Folder => {
            add(script, &format!("count extract extract tar {artifact} /t"));
            add(script, "measure present");
            for (name, list) in lists(subject) {
                add(script, &format!("count {} list /t {list}", name.id()));
            }
            add(script, &format!("count walk walk /t\ncount all read /t {}", subject.bytes));
        }
        _ => {
            add(script, &format!("count extract scatter {form} {artifact} /t"));
            add(script, "measure present");
        }
    }
    verify("/t", subject, script);
    add(script, "umount /t\nmeasure removed");
}

/// The reads of some headers that the set has, each with its list.
fn lists(subject: &Subject) -> impl Iterator<Item = (Operation, &String)> {
    let read = |name: &Operation| subject.whole || *name != Operation::Closure;
    let lists = READS.into_iter().zip(&subject.lists).filter(move |(name, _)| read(name));
    lists.filter_map(|(name, list)| Some((name, list.as_ref()?)))
}

fn verify(dir: &str, subject: &Subject, script: &mut String) {
    if let Some(digest) = &subject.digest {
        add(script, &format!("digest {dir} {digest}"));
    }
}

/// The image on `device`, which is a loop device of the file `backing` where there is one, from its
/// mount to the end of it.
fn image_mounted(subject: &Subject, backing: Option<&str>, device: &str, script: &mut String) {
    let Some(filesystem) = subject.filesystem else { return };
    mounted(subject, backing, &format!("{filesystem} {device} /mnt"), script);
}

/// From the first mount to the end of a second one, which finds what the first has left for all.
fn mounted(subject: &Subject, backing: Option<&str>, mount: &str, script: &mut String) {
    let dir = mount.rsplit(' ').next().unwrap_or(mount);
    let attach = |name: &str, script: &mut String| {
        if let Some(backing) = backing {
            add(script, &format!("count {name} loop {backing}"));
        }
        add(script, &format!("count {name} mount {mount}"));
    };
    let detach = |script: &mut String| {
        add(script, &format!("umount {dir}"));
        if backing.is_some() {
            add(script, "unloop");
        }
    };
    attach("mount", script);
    add(script, "measure mounted");
    for (name, list) in lists(subject) {
        // Each read begins without caches, as after a mount.
        add(script, &format!("drop\ncount {} list {dir} {list}", name.id()));
        match name {
            Operation::Middle => add(script, "measure one"),
            Operation::Closure => add(script, "measure closure"),
            _ => {}
        }
    }
    if subject.whole {
        add(script, &format!("drop\ncount walk walk {dir}"));
        add(script, &format!("drop\ncount all read {dir} {}", subject.bytes));
        verify(dir, subject, script);
        add(script, "measure all");
    }
    detach(script);
    add(script, "measure unmounted");
    attach("remount", script);
    add(script, "measure remounted");
    detach(script);
}

fn loaded(subject: &Subject, module: &str, script: &mut String) {
    add(script, &format!("count load load {module} {}\nmeasure loaded", subject.artifact));
}

/// What was loaded is taken away, and with it what the file system's module keeps of its mounts.
fn unloaded(subject: &Subject, unload: &str, script: &mut String) {
    add(script, unload);
    if let Some(module) = subject.reload {
        add(script, &format!("reload {module}"));
    }
    add(script, "measure unloaded");
}

/// The steps by which `delivery` holds `subject`, as a group of its own.
pub fn group(delivery: Delivery, subject: &Subject) -> String {
    let mut script = format!("begin {delivery}\n");
    steps(delivery, subject, &mut script);
    add(&mut script, "end");
    script
}

/// The name of the groups before the first delivery.
pub const WARM_UP: &str = "warm-up";

/// What costs memory only the first time, done once before any base: `modules` of the kernel, and
/// each of `deliveries` in a group of its own, unmeasured and without reading. One that fails here
/// fails again when it is measured. `litter` files stay behind it.
pub fn warm_up<'a>(
    modules: &[String],
    litter: u64,
    deliveries: impl Iterator<Item = (Delivery, &'a Subject)>,
) -> String {
    const NEEDED: [&str; 7] = ["load", "unload", "reload", "mount", "umount", "loop", "unloop"];
    let mut script = format!("begin {WARM_UP}\n");
    for module in modules {
        add(&mut script, &format!("load {module}"));
    }
    add(&mut script, "keep");
    if litter > 0 {
        add(&mut script, &format!("litter {litter}"));
    }
    add(&mut script, "end");
    for (delivery, subject) in deliveries {
        add(&mut script, &format!("begin {WARM_UP}:{delivery}"));
        let mut own = String::new();
        steps(delivery, subject, &mut own);
        for line in own.lines() {
            let step = line.strip_prefix("count ").and_then(|rest| rest.split_once(' '));
            let step = step.map_or(line, |(_, step)| step);
            let word = step.split(' ').next().unwrap_or_default();
            if NEEDED.contains(&word) || step.starts_with("copy ") {
                add(&mut script, step);
            }
        }
        add(&mut script, "end");
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::script;
    use crate::record::State;

    fn subject() -> Subject {
        Subject {
            form: "x".into(),
            layout: Layout::Image,
            filesystem: Some("erofs"),
            artifact: "/a".into(),
            lists: READS.map(|name| Some(format!("/{}", name.id()))),
            whole: true,
            bytes: 1,
            digest: Some("d".into()),
            reload: Some("erofs"),
        }
    }

    #[test]
    fn every_script_parses_and_measures_the_states_and_counts_of_its_delivery() {
        for delivery in Delivery::ALL {
            for layout in delivery.row().layouts {
                let text = group(*delivery, &Subject { layout: *layout, ..subject() });
                script::parse(&text).unwrap();
                let words = |step: &str| -> Vec<String> {
                    let rest = text.lines().filter_map(|line| line.strip_prefix(step));
                    rest.map(|rest| rest.split(' ').next().unwrap().to_owned()).collect()
                };
                let (states, counts) = (words("measure "), words("count "));
                let row = delivery.row();
                for state in &states {
                    assert!(row.states.contains(&State::by_id(state).unwrap()), "{state}");
                }
                for count in &counts {
                    assert!(row.operations.contains(&Operation::by_id(count).unwrap()), "{count}");
                }
                if delivery.is_stored(*layout) {
                    continue;
                }
                for state in row.states.iter().filter(|state| **state != State::Extracting) {
                    assert!(states.iter().any(|known| known == state.id()), "{delivery} {state:?}");
                }
                for work in row.operations {
                    assert!(counts.iter().any(|known| known == work.id()), "{delivery} {work:?}");
                }
            }
        }
        let subject = subject();
        let warm_up = warm_up(&[], 3, Delivery::ALL.iter().map(|delivery| (*delivery, &subject)));
        script::parse(&warm_up).unwrap();
        assert!(!warm_up.contains("read") && !warm_up.contains("count"), "{warm_up}");
    }
}
