//! Break-even: from how many header reads or tool starts on one plan overtakes another in total
//! time.
//!
//! Total time is modelled as `setup + n × each` from measured figures: extracting once and reading
//! files, reading from the artifact each time, or mounting once and reading through the kernel.
//! `each` of a mount is measured on a fresh mount, so it is an upper bound for later reads.

use serde::Serialize;

use crate::record::figure::{Estimate, Figure, figure};
use crate::record::{Layout, Record, TREE, id};

/// How headers are read during one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Habit {
    /// All are extracted once, then read as files.
    ExtractOnce,
    /// Each read goes to the artifact.
    EachTime,
    /// The image is mounted once, then read through the kernel.
    Mount,
}

impl Habit {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Habit::ExtractOnce => "extracted once",
            Habit::EachTime => "read each time",
            Habit::Mount => "mounted",
        }
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    HeaderReads,
    /// Starts of a tool that reads the headers of its program.
    ToolStarts,
}

impl Use {
    /// Both.
    pub const ALL: [Use; 2] = [Use::HeaderReads, Use::ToolStarts];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Use::HeaderReads => "header reads",
            Use::ToolStarts => "tool starts",
        }
    }

    /// The metric of one use of an artifact read by a program, and of one read through a mount.
    fn metrics(self) -> (&'static str, &'static str) {
        match self {
            Use::HeaderReads => (id::EXTRACT_ONE_MIDDLE_WARM, id::EXTRACT_MOUNT_ONE),
            Use::ToolStarts => (id::EXTRACT_CLOSURE_WARM, id::EXTRACT_MOUNT_CLOSURE),
        }
    }
}

/// A form with a habit: what its total time is made of, nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    pub form: String,
    pub habit: Habit,
    pub setup: Estimate,
    pub each: Estimate,
    /// The observations that these come from, from 0.
    pub observations: Vec<usize>,
}

impl Plan {
    /// The form with its habit.
    pub fn name(&self) -> String {
        format!("{}, {}", self.form, self.habit.name())
    }
}

/// Every plan of `record` that was measured, for `of`.
pub fn plans(record: &Record, of: Use) -> Vec<Plan> {
    let (own, mounted) = of.metrics();
    let file = figure(record, TREE, own).ok();
    let get = |form: &str, metric: &str| figure(record, form, metric).ok();
    let mut plans = Vec::new();
    for form in &record.forms {
        let mut add = |habit, setup: Option<Figure>, each: Option<Figure>| {
            let (Some(setup), Some(each)) = (setup, each) else { return };
            let observations = vec![setup.observation, each.observation];
            let (setup, each) = (setup.estimate, each.estimate);
            plans.push(Plan { form: form.id.clone(), habit, setup, each, observations });
        };
        // Files as they are have nothing to extract.
        if form.layout != Layout::Folder {
            add(Habit::ExtractOnce, get(&form.id, id::EXTRACT_ALL_WARM_WALL), file.clone());
        }
        add(Habit::Mount, get(&form.id, id::EXTRACT_MOUNT_ATTACH), get(&form.id, mounted));
        if let Some(each) = get(&form.id, own) {
            plans.push(Plan {
                form: form.id.clone(),
                habit: Habit::EachTime,
                setup: Estimate::exact(0.0),
                each: each.estimate,
                observations: vec![each.observation],
            });
        }
    }
    plans
}

/// How the totals of two plans compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Crossing {
    /// The first costs less to set up and more for each use: from here on the second is ahead.
    SecondOvertakes {
        uses: Estimate,
    },
    FirstOvertakes {
        uses: Estimate,
    },
    /// The first is ahead however often it is used.
    FirstLeads,
    SecondLeads,
    /// Noise, or a single sample, hides which it is.
    NotEstablished,
}

/// Where the totals of `first` and `second` cross. The range of the number is that of the worst
/// case: every figure at one end of its interval.
pub fn crossing(first: &Plan, second: &Plan) -> Crossing {
    let extracted = |plan: &Plan| plan.habit == Habit::ExtractOnce;
    let each = match extracted(first) && extracted(second) {
        // The same files, whatever they were extracted from.
        true => Some(Difference::NONE),
        false => apart(first.each, second.each),
    };
    cross(apart(first.setup, second.setup), each)
}

/// Where two lines cross, from how they differ at the start and in each step.
fn cross(setup: Option<Difference>, each: Option<Difference>) -> Crossing {
    let Some((setup, each)) = setup.zip(each) else { return Crossing::NotEstablished };
    // Zero is a sign of its own: nothing to overtake.
    match (setup.sign, each.sign) {
        (Some(s), Some(e)) if s <= 0 && e <= 0 => Crossing::FirstLeads,
        (Some(s), Some(e)) if s >= 0 && e >= 0 => Crossing::SecondLeads,
        (Some(s), Some(_)) => {
            let bounds = [
                setup.low / each.low,
                setup.low / each.high,
                setup.high / each.low,
                setup.high / each.high,
            ]
            .map(f64::abs);
            let low = bounds.iter().copied().fold(f64::INFINITY, f64::min);
            let high = bounds.iter().copied().fold(0.0, f64::max);
            let value = (setup.value / each.value).abs();
            let uses = Estimate { value, range: Some((low, high)) };
            match s {
                ..0 => Crossing::SecondOvertakes { uses },
                _ => Crossing::FirstOvertakes { uses },
            }
        }
        _ => Crossing::NotEstablished,
    }
}

/// A difference with its ends; `sign` is `None` where noise covers zero.
struct Difference {
    value: f64,
    low: f64,
    high: f64,
    sign: Option<i8>,
}

impl Difference {
    /// Of a figure to itself.
    const NONE: Self = Self { value: 0.0, low: 0.0, high: 0.0, sign: Some(0) };
}

/// `a` minus `b`; `None` for a single sample, whose noise is unknown.
fn apart(a: Estimate, b: Estimate) -> Option<Difference> {
    let ((a_low, a_high), (b_low, b_high)) = (a.range?, b.range?);
    let (low, high) = (a_low - b_high, a_high - b_low);
    let sign = if low > 0.0 {
        Some(1)
    } else if high < 0.0 {
        Some(-1)
    } else if low == 0.0 && high == 0.0 {
        Some(0)
    } else {
        None
    };
    Some(Difference { value: a.value - b.value, low, high, sign })
}

/// The comparison of two plans for one kind of use.
#[derive(Debug, Clone, Serialize)]
pub struct BreakEven {
    pub of: Use,
    pub first: Plan,
    pub second: Plan,
    pub crossing: Crossing,
}

/// Extracting the kernel's `archive` once, as tools do today, compared with every other use of what is
/// compressed. Other forms extracted once differ in their setup alone: nothing crosses.
pub fn against(record: &Record, archive: &str) -> Vec<BreakEven> {
    let today = |plan: &Plan| plan.form == archive && plan.habit == Habit::ExtractOnce;
    paired(record, today, |plan| plan.habit != Habit::ExtractOnce && plan.form != TREE)
}

/// Every plan of the form `first` compared with every plan of `second`.
pub fn between(record: &Record, first: &str, second: &str) -> Vec<BreakEven> {
    paired(record, |plan| plan.form == first, |plan| plan.form == second)
}

fn paired(
    record: &Record,
    first: impl Fn(&Plan) -> bool,
    second: impl Fn(&Plan) -> bool,
) -> Vec<BreakEven> {
    let mut evens = Vec::new();
    for of in Use::ALL {
        let plans = plans(record, of);
        for one in plans.iter().filter(|plan| first(plan)) {
            for other in plans.iter().filter(|plan| second(plan) && *plan != one) {
                let crossing = crossing(one, other);
                evens.push(BreakEven { of, first: one.clone(), second: other.clone(), crossing });
            }
        }
    }
    evens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(setup: (f64, f64), each: (f64, f64)) -> Plan {
        let of = |(low, high): (f64, f64)| Estimate {
            value: (low + high) / 2.0,
            range: Some((low, high)),
        };
        Plan {
            form: "x".to_owned(),
            habit: Habit::Mount,
            setup: of(setup),
            each: of(each),
            observations: Vec::new(),
        }
    }

    #[test]
    fn the_dear_to_set_up_overtakes_when_its_uses_are_cheaper() {
        let extract = plan((300.0, 300.0), (1.0, 1.0));
        let each = plan((0.0, 0.0), (101.0, 101.0));
        let Crossing::FirstOvertakes { uses } = crossing(&extract, &each) else { panic!() };
        assert_eq!(uses.value, 3.0);
        let total = |plan: &Plan, uses: f64| plan.setup.value + uses * plan.each.value;
        assert!(
            total(&extract, 4.0) < total(&each, 4.0) && total(&extract, 2.0) > total(&each, 2.0)
        );
        assert!(matches!(crossing(&each, &extract), Crossing::SecondOvertakes { .. }));
    }

    #[test]
    fn archives_that_are_extracted_once_differ_in_their_setup_alone() {
        let once = |setup| Plan { habit: Habit::ExtractOnce, ..plan(setup, (1.0, 2.0)) };
        assert_eq!(crossing(&once((3.0, 4.0)), &once((1.0, 2.0))), Crossing::SecondLeads);
        assert_eq!(crossing(&once((3.0, 4.0)), &once((4.0, 5.0))), Crossing::NotEstablished);
    }

    #[test]
    fn ranges_are_of_the_worst_case() {
        let extract = plan((200.0, 400.0), (0.0, 0.0));
        let each = plan((0.0, 0.0), (50.0, 200.0));
        let Crossing::FirstOvertakes { uses } = crossing(&extract, &each) else { panic!() };
        assert_eq!(uses.range, Some((1.0, 8.0)));
    }

    #[test]
    fn what_is_cheaper_in_both_leads_and_noise_establishes_nothing() {
        let (low, high) = (plan((1.0, 2.0), (1.0, 2.0)), plan((3.0, 4.0), (3.0, 4.0)));
        assert_eq!(crossing(&low, &high), Crossing::FirstLeads);
        assert_eq!(crossing(&high, &low), Crossing::SecondLeads);
        let wide = plan((3.0, 4.0), (0.0, 9.0));
        assert_eq!(crossing(&low, &wide), Crossing::NotEstablished);
        let mut one = high.clone();
        one.each.range = None;
        assert_eq!(crossing(&low, &one), Crossing::NotEstablished);
        let none = plan((0.0, 0.0), (1.0, 1.0));
        assert_eq!(crossing(&none, &plan((0.0, 0.0), (2.0, 2.0))), Crossing::FirstLeads);
    }
}
