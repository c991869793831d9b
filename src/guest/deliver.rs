//! The one table of deliveries: how a running kernel holds an artifact, as steps for a guest.

use std::fmt::Write as _;

use crate::form::{Form, Layout};

/// One way to hold an artifact in a kernel.
#[derive(Debug)]
pub struct Delivery {
    /// Its name, the second word of its metrics.
    pub id: &'static str,
    /// What artifacts it is for, for those that it does not take.
    kind: &'static str,
    /// Whether it is for those of a form.
    fits: fn(&dyn Form) -> bool,
    /// Adds its steps to a script.
    steps: fn(&Subject, &mut String),
}

impl Delivery {
    /// Whether it takes artifacts of `form`.
    pub fn takes(&self, form: &dyn Form) -> bool {
        (self.fits)(form)
    }

    /// Why it does not.
    pub fn refusal(&self) -> String {
        format!("{} takes {}", self.id, self.kind)
    }
}

/// What is delivered.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The form's id.
    pub form: String,
    /// How its artifact is laid out.
    pub layout: Layout,
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
    /// The file system's module, where the guest can load it anew.
    pub reload: Option<&'static str>,
}

/// What is read of some headers, as instruction counts name it.
pub const READS: [&str; 4] = ["first", "last", "middle", "closure"];

/// Every delivery, in the order of reports.
pub static DELIVERIES: &[Delivery] = &[
    Delivery {
        id: "module",
        kind: "artifacts of one file",
        fits: |form| form.layout() != Layout::Folder,
        steps: module,
    },
    Delivery {
        id: "extract-unload",
        kind: "archives that are extracted",
        fits: |form| form.layout() == Layout::Stream,
        steps: extract_unload,
    },
    Delivery {
        id: "tmpfs",
        kind: "files, as they are or each compressed on its own",
        fits: |form| matches!(form.layout(), Layout::Folder | Layout::PerFile),
        steps: tmpfs,
    },
    Delivery {
        id: "blockdev",
        kind: "file-system images",
        fits: is_image,
        steps: |subject, script| {
            add(script, &format!("count load load kblk {}\nmeasure loaded", subject.artifact));
            image_mounted(subject, None, "/dev/kheaders", script);
            unloaded(subject, "unload kblk", script);
        },
    },
    Delivery {
        id: "loop-module",
        kind: "file-system images",
        fits: is_image,
        steps: |subject, script| {
            add(script, &format!("count load load khdr {}\nmeasure loaded", subject.artifact));
            image_mounted(subject, Some("/sys/kernel/kheaders_blob"), "/dev/loop0", script);
            unloaded(subject, "unload khdr", script);
        },
    },
    Delivery {
        id: "loop-tmpfs",
        kind: "file-system images",
        fits: is_image,
        steps: |subject, script| {
            add(script, "mount tmpfs none /t");
            add(script, &format!("count load copy {} /t/image\nmeasure loaded", subject.artifact));
            image_mounted(subject, Some("/t/image"), "/dev/loop0", script);
            unloaded(subject, "umount /t", script);
        },
    },
    Delivery {
        id: "pseudofs",
        kind: "containers of this project, of files compressed one by one",
        fits: |form| form.layout() == Layout::PerFile && form.id().starts_with("files."),
        steps: |subject, script| {
            add(script, &format!("count load load khfs {}\nmeasure loaded", subject.artifact));
            mounted(subject, None, "khfs none /sys/kernel/headers", script);
            unloaded(subject, "unload khfs", script);
        },
    },
];

fn is_image(form: &dyn Form) -> bool {
    matches!(form.layout(), Layout::Image(_))
}

fn add(script: &mut String, lines: &str) {
    // Writing to a string can't fail.
    let _ = writeln!(script, "{lines}");
}

/// This program's own reader reads the artifact where the module shows it.
fn module(subject: &Subject, script: &mut String) {
    const BLOB: &str = "/sys/kernel/kheaders_blob";
    let Subject { form, artifact, .. } = subject;
    add(script, &format!("count load load khdr {artifact}\nmeasure loaded"));
    for (name, list) in lists(subject) {
        add(script, &format!("count {name} fetch {form} {BLOB} {list}"));
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
    add(script, &format!("count extract extract {form} /sys/kernel/kheaders_blob /t"));
    add(script, "measure extracted\nunload khdr\nmeasure unloaded");
    add(script, &format!("read /t {}", subject.bytes));
    verify("/t", subject, script);
    add(script, "umount /t\nmeasure removed");
}

/// The artifact of a folder is a tar of the tree here, as a guest has no other way to be given one.
fn tmpfs(subject: &Subject, script: &mut String) {
    let Subject { form, artifact, .. } = subject;
    add(script, "mount tmpfs none /t");
    match subject.layout {
        Layout::Folder => {
            add(script, &format!("count extract extract tar {artifact} /t"));
            add(script, "measure present");
            for (name, list) in lists(subject) {
                add(script, &format!("count {name} list /t {list}"));
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
fn lists(subject: &Subject) -> impl Iterator<Item = (&'static str, &String)> {
    let read = |name: &&str| subject.whole || *name != "closure";
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
    let Layout::Image(filesystem) = subject.layout else { return };
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
        add(script, &format!("drop\ncount {name} list {dir} {list}"));
        match name {
            "middle" => add(script, "measure one"),
            "closure" => add(script, "measure closure"),
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

/// What was loaded is taken away, and with it what the file system's module keeps of its mounts.
fn unloaded(subject: &Subject, unload: &str, script: &mut String) {
    add(script, unload);
    if let Some(module) = subject.reload {
        add(script, &format!("reload {module}"));
    }
    add(script, "measure unloaded");
}

/// The steps by which `delivery` holds `subject`, as a group of its own.
pub fn group(delivery: &Delivery, subject: &Subject) -> String {
    let mut script = format!("begin {}\n", delivery.id);
    (delivery.steps)(subject, &mut script);
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
    deliveries: impl Iterator<Item = (&'a Delivery, &'a Subject)>,
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
        add(&mut script, &format!("begin {WARM_UP}:{}", delivery.id));
        let mut steps = String::new();
        (delivery.steps)(subject, &mut steps);
        for line in steps.lines() {
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
    use crate::form;
    use crate::guest::script;
    use crate::record::metric;

    fn subject() -> Subject {
        Subject {
            form: "x".into(),
            layout: Layout::Image("erofs"),
            artifact: "/a".into(),
            lists: READS.map(|name| Some(format!("/{name}"))),
            whole: true,
            bytes: 1,
            digest: Some("d".into()),
            reload: Some("erofs"),
        }
    }

    #[test]
    fn every_script_parses_and_every_state_and_count_is_a_metric() {
        for delivery in DELIVERIES {
            for layout in [Layout::Image("erofs"), Layout::Folder] {
                let text = group(delivery, &Subject { layout, ..subject() });
                script::parse(&text).unwrap();
                for state in text.lines().filter_map(|line| line.strip_prefix("measure ")) {
                    let id = format!("memory.{}.{state}.pinned", delivery.id);
                    assert!(metric(&id).is_some(), "{id}");
                }
                for count in text.lines().filter_map(|line| line.strip_prefix("count ")) {
                    let name = count.split(' ').next().unwrap();
                    let id = format!("instructions.{}.{name}", delivery.id);
                    assert!(metric(&id).is_some(), "{id}");
                }
            }
        }
        let subject = subject();
        let warm_up = warm_up(&[], 3, DELIVERIES.iter().map(|d| (d, &subject)));
        script::parse(&warm_up).unwrap();
        assert!(!warm_up.contains("read") && !warm_up.contains("count"), "{warm_up}");
    }

    #[test]
    fn every_form_is_delivered_somehow() {
        for form in form::all() {
            let taken = DELIVERIES.iter().any(|delivery| delivery.takes(&*form));
            assert!(taken, "{}", form.id());
        }
    }
}
