//! Properties in which two runs differ, and the figures that are not comparable for that reason.

use serde::Serialize;

use crate::record::{Guest, Nature, Record, is_of_guest};

/// A property in which two runs differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub what: &'static str,
    pub base: String,
    pub new: String,
    /// Whether it makes any comparison one of unlike things.
    pub refuses: bool,
    #[serde(skip)]
    bars: Bars,
}

/// Which figures a difference keeps from being compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bars {
    /// None: it is only reported.
    Nothing,
    /// Noisy ones of this machine: times and the memory of processes.
    Native,
    /// The same, but only in one record: between records its effect is worth comparing.
    Beside,
    Guest,
}

impl Difference {
    /// Whether it keeps figures of `metric` from being compared.
    pub fn bars(&self, metric: &str, nature: Nature) -> bool {
        self.bars != Bars::Beside && self.keeps_apart(metric, nature)
    }

    /// Whether the runs are of two guests.
    pub fn is_of_guest(&self) -> bool {
        self.bars == Bars::Guest
    }

    /// Whether figures of `metric` must not be merged into one record.
    pub fn keeps_apart(&self, metric: &str, nature: Nature) -> bool {
        let guest = is_of_guest(metric);
        match self.bars {
            Bars::Nothing => false,
            Bars::Native | Bars::Beside => nature == Nature::Noisy && !guest,
            Bars::Guest => guest,
        }
    }
}

/// A property of a run.
struct Property {
    what: &'static str,
    of: fn(&Record) -> String,
    refuses: bool,
    bars: Bars,
}

const PROPERTIES: &[Property] = &[
    property("datasets", |r| r.dataset.name.clone(), Bars::Nothing),
    Property {
        what: "digests",
        of: |r| r.dataset.digest.clone(),
        refuses: true,
        bars: Bars::Nothing,
    },
    Property { what: "settings", of: settings, refuses: true, bars: Bars::Nothing },
    property("machines", |r| r.machine.id.clone(), Bars::Native),
    property("processors in use", |r| r.machine.cores.to_string(), Bars::Native),
    property("frequency governors", |r| r.machine.governor.clone(), Bars::Beside),
    property("machine kernels", |r| r.machine.kernel.clone(), Bars::Beside),
    property("guests", guest, Bars::Guest),
    property("programs", Record::written_by, Bars::Beside),
];

const fn property(what: &'static str, of: fn(&Record) -> String, bars: Bars) -> Property {
    Property { what, of, refuses: false, bars }
}

/// How samples were taken. Axes don't matter: a missing figure is reported by itself.
fn settings(record: &Record) -> String {
    match (record.settings.quick, record.settings.samples) {
        (true, _) => "quick, one round".to_owned(),
        (false, None) => "as many rounds as the time allowed".to_owned(),
        (false, Some(1)) => "1 round".to_owned(),
        (false, Some(rounds)) => format!("{rounds} rounds"),
    }
}

/// The identity of the guest; empty without the memory axis.
fn guest(record: &Record) -> String {
    record.laboratory.as_ref().map(Guest::identity).unwrap_or_default()
}

/// In what the runs are not of one kind.
pub fn differences(base: &Record, new: &Record) -> Vec<Difference> {
    let mut differences = Vec::new();
    for property in PROPERTIES {
        let (old, now) = ((property.of)(base), (property.of)(new));
        // A guest that one of them lacks is no other guest.
        if old != now && !(old.is_empty() || now.is_empty()) {
            differences.push(Difference {
                what: property.what,
                base: old,
                new: now,
                refuses: property.refuses,
                bars: property.bars,
            });
        }
    }
    differences.extend(tools(base, new));
    differences
}

/// Forms of one id that other versions of their libraries made.
fn tools(base: &Record, new: &Record) -> Vec<Difference> {
    let mut differences: Vec<Difference> = Vec::new();
    for form in &new.forms {
        let Some(old) = base.forms.iter().find(|old| old.id == form.id) else { continue };
        let known = differences.iter().any(|d| d.base == old.tool && d.new == form.tool);
        if old.tool != form.tool && !known {
            differences.push(Difference {
                what: "libraries",
                base: old.tool.clone(),
                new: form.tool.clone(),
                refuses: false,
                bars: Bars::Nothing,
            });
        }
    }
    differences
}

/// Every form and metric that either observed, the new record's order first.
pub(crate) fn cells<'r>(base: &'r Record, new: &'r Record) -> Vec<(&'r str, &'r str)> {
    let mut cells: Vec<(&str, &str)> = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for seen in new.observations.iter().chain(&base.observations) {
        let cell = (seen.form.as_str(), seen.metric.as_str());
        if known.insert(cell) {
            cells.push(cell);
        }
    }
    cells
}
