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
    pub steps: fn(&Subject, &mut String),
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
    /// A header, as one reader wants it, or why there is none.
    pub one: Result<String, &'static str>,
    /// A file in the guest that lists the headers of the closure.
    pub closure: Option<String>,
    /// Whether all is read through a mount.
    pub all: bool,
    /// The digest that the tree must have; `None` reads it without looking.
    pub digest: Option<String>,
}

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
            add(script, &format!("load kblk {}", subject.artifact));
            add(script, "measure loaded");
            image_mounted(subject, "/dev/kheaders", script);
            add(script, "measure unmounted\nunload kblk\nmeasure unloaded");
        },
    },
    Delivery {
        id: "loop-module",
        kind: "file-system images",
        fits: is_image,
        steps: |subject, script| {
            add(script, &format!("load khdr {}", subject.artifact));
            add(script, "measure loaded\nloop /sys/kernel/kheaders_blob");
            image_mounted(subject, "/dev/loop0", script);
            add(script, "unloop\nmeasure unmounted\nunload khdr\nmeasure unloaded");
        },
    },
    Delivery {
        id: "loop-tmpfs",
        kind: "file-system images",
        fits: is_image,
        steps: |subject, script| {
            add(script, "mount tmpfs none /t");
            add(script, &format!("copy {} /t/image", subject.artifact));
            add(script, "measure loaded\nloop /t/image");
            image_mounted(subject, "/dev/loop0", script);
            add(script, "unloop\nmeasure unmounted\numount /t\nmeasure unloaded");
        },
    },
    Delivery {
        id: "pseudofs",
        kind: "containers of this project, of files compressed one by one",
        fits: |form| form.layout() == Layout::PerFile && form.id().starts_with("files."),
        steps: |subject, script| {
            add(script, &format!("load khfs {}", subject.artifact));
            add(script, "measure loaded");
            mounted(subject, "khfs none /sys/kernel/headers", script);
            add(script, "measure unmounted\nunload khfs\nmeasure unloaded");
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

fn module(subject: &Subject, script: &mut String) {
    let artifact = &subject.artifact;
    add(script, &format!("load khdr {artifact}\nmeasure loaded"));
    add(script, &format!("same /sys/kernel/kheaders_blob {artifact}\nmeasure read"));
    add(script, "unload khdr\nmeasure unloaded");
}

fn extract_unload(subject: &Subject, script: &mut String) {
    add(script, &format!("load khdr {}\nmeasure loaded", subject.artifact));
    add(script, "mount tmpfs none /t");
    add(script, &format!("extract {} /sys/kernel/kheaders_blob /t", subject.form));
    add(script, "measure extracted\nunload khdr\nmeasure unloaded");
    verify("/t", subject, script);
    add(script, "umount /t\nmeasure removed");
}

/// The artifact of a folder is a tar of the tree here, as a guest has no other way to be given one.
fn tmpfs(subject: &Subject, script: &mut String) {
    let Subject { form, artifact, .. } = subject;
    add(script, "mount tmpfs none /t");
    match subject.layout {
        Layout::Folder => add(script, &format!("extract tar {artifact} /t")),
        _ => add(script, &format!("scatter {form} {artifact} /t")),
    }
    add(script, "measure present");
    verify("/t", subject, script);
    add(script, "umount /t\nmeasure removed");
}

fn verify(dir: &str, subject: &Subject, script: &mut String) {
    if let Some(digest) = &subject.digest {
        add(script, &format!("digest {dir} {digest}"));
    }
}

/// The image on `device`, from its mount to the end of it.
fn image_mounted(subject: &Subject, device: &str, script: &mut String) {
    let Layout::Image(filesystem) = subject.layout else { return };
    mounted(subject, &format!("{filesystem} {device} /mnt"), script);
}

/// From the mount to the end of it.
fn mounted(subject: &Subject, mount: &str, script: &mut String) {
    let dir = mount.rsplit(' ').next().unwrap_or(mount);
    add(script, &format!("mount {mount}\nmeasure mounted"));
    if let Ok(one) = &subject.one {
        add(script, &format!("read {dir}/{one}\nmeasure one"));
    }
    if let Some(list) = &subject.closure {
        add(script, &format!("list {dir} {list}\nmeasure closure"));
    }
    // To take a digest is to read all.
    match &subject.digest {
        _ if !subject.all => {}
        Some(digest) => add(script, &format!("digest {dir} {digest}\nmeasure all")),
        None => add(script, &format!("read {dir}\nmeasure all")),
    }
    add(script, &format!("umount {dir}"));
}

/// The steps by which `delivery` holds `subject`, as a group of its own.
pub fn group(delivery: &Delivery, subject: &Subject) -> String {
    let mut script = format!("begin {}\n", name(delivery, &subject.form));
    (delivery.steps)(subject, &mut script);
    add(&mut script, "end");
    script
}

/// The name of the group that [`group`] makes.
pub fn name(delivery: &Delivery, form: &str) -> String {
    format!("{}:{form}", delivery.id)
}

/// About what a step takes in software, by how it begins, in tenths of a second: enough to share groups
/// out evenly. Timed on 24 November 2026, 6.12 set, one guest alone.
const COSTS: [(&str, u64); 7] = [
    ("measure ", 4),
    ("list ", 6),
    ("extract ", 14),
    ("scatter ", 6),
    ("digest /t ", 11),
    ("digest ", 45),
    ("read ", 1),
];

/// About what `group` takes in software, in tenths of a second.
pub fn cost(group: &str) -> u64 {
    let of_line = |line: &str| {
        let known = COSTS.iter().find(|(start, _)| line.starts_with(start));
        known.map_or(0, |(_, cost)| *cost)
    };
    group.lines().map(of_line).sum()
}

/// What costs memory only the first time, done once before any base: `modules` of the kernel, and
/// each delivery that is to come, unmeasured and without reading all.
pub fn warm_up<'a>(
    modules: &[String],
    to_come: impl Iterator<Item = (&'a Delivery, &'a Subject)>,
) -> String {
    const NEEDLESS: [&str; 4] = ["measure", "digest", "list", "scatter"];
    let mut script = String::from("begin warm-up\n");
    for module in modules {
        add(&mut script, &format!("load {module}"));
    }
    add(&mut script, "keep");
    let mut seen = Vec::new();
    for (delivery, subject) in to_come {
        if seen.contains(&delivery.id) {
            continue;
        }
        seen.push(delivery.id);
        let subject = Subject { all: false, ..subject.clone() };
        let mut steps = String::new();
        (delivery.steps)(&subject, &mut steps);
        let word = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        for line in steps.lines().filter(|line| !NEEDLESS.contains(&word(line).as_str())) {
            add(&mut script, line);
        }
    }
    add(&mut script, "end");
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
            one: Ok("one.h".into()),
            closure: Some("/list".into()),
            all: true,
            digest: Some("d".into()),
        }
    }

    #[test]
    fn every_script_parses_and_every_state_is_a_metric() {
        for delivery in DELIVERIES {
            let text = group(delivery, &subject());
            script::parse(&text).unwrap();
            for state in text.lines().filter_map(|line| line.strip_prefix("measure ")) {
                let id = format!("memory.{}.{state}.pinned", delivery.id);
                assert!(metric(&id).is_some(), "{id}");
            }
        }
        let subject = subject();
        script::parse(&warm_up(&[], DELIVERIES.iter().map(|d| (d, &subject)))).unwrap();
    }

    #[test]
    fn every_form_is_delivered_somehow() {
        for form in form::all() {
            let taken = DELIVERIES.iter().any(|delivery| delivery.takes(form));
            assert!(taken, "{}", form.id());
        }
    }
}
