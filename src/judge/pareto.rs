//! Pareto fronts: of the forms of a record, those that no other beats in size and one cost at once.
//!
//! Medians decide, whatever their noise: of a sweep most figures are single samples.

use serde::Serialize;

use crate::record::stats;
use crate::record::{Outcome, Record, Unit, held};

/// A cost that is held against size.
#[derive(Debug)]
pub struct Cost {
    /// Its name.
    pub id: &'static str,
    /// A few words for a table's head.
    pub title: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// The metric that has it, of a form of that layout.
    metric: fn(layout: &str) -> &'static str,
}

/// Every cost, in the order of reports. Pinned memory is that of the delivery that suits the form, once
/// everything was read and caches are given back.
pub const COSTS: &[Cost] = &[
    cost("build", "build", Unit::Nanoseconds, |_| "build.wall"),
    cost("all", "all headers", Unit::Nanoseconds, |_| "extract.all.warm.wall"),
    cost("one", "one header", Unit::Nanoseconds, |_| "extract.one.middle.warm"),
    cost("pinned", "unreclaimable memory", Unit::Bytes, held),
];

const fn cost(
    id: &'static str,
    title: &'static str,
    unit: Unit,
    metric: fn(&str) -> &'static str,
) -> Cost {
    Cost { id, title, unit, metric }
}

/// The forms of a record by size and one cost.
#[derive(Debug, Serialize)]
pub struct Front {
    /// The cost's name.
    pub cost: &'static str,
    /// The forms that have both figures and save space, the smallest first.
    pub points: Vec<Point>,
    /// Why other forms are not among them.
    pub absent: Vec<(String, String)>,
}

/// A form with both figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The form's id.
    pub form: String,
    /// Bytes stored.
    pub bytes: f64,
    /// The cost's median, in its base unit.
    pub value: f64,
    /// The observations of both, from 0.
    pub observations: [usize; 2],
    /// Whether the cost is computed, not measured.
    pub modelled: bool,
    /// Whether it is a form of the program's own list.
    pub listed: bool,
    /// Whether no other is at least as small and as cheap.
    pub front: bool,
}

/// The fronts of `record`, one for each cost of which it has any figure.
pub fn fronts(record: &Record) -> Vec<Front> {
    let fronts = COSTS.iter().map(|cost| front(record, cost));
    fronts.filter(|front| !front.points.is_empty()).collect()
}

/// Whether `record` is of a sweep: only with variants is there something to find on a front.
pub fn swept(record: &Record) -> bool {
    record.forms.iter().any(|form| form.variant)
}

fn front(record: &Record, cost: &Cost) -> Front {
    let mut points = Vec::new();
    let mut absent = Vec::new();
    for form in &record.forms {
        let mut lack = |why: &str| absent.push((form.id.clone(), why.to_owned()));
        let size = median(record, &form.id, "size.bytes").filter(|(bytes, ..)| *bytes > 0.0);
        let Some((bytes, _, size)) = size else {
            lack("its size is not known");
            continue;
        };
        if bytes >= record.dataset.census.bytes as f64 {
            lack("saves nothing");
            continue;
        }
        let metric = (cost.metric)(&form.layout);
        match median(record, &form.id, metric) {
            Some((value, modelled, at)) if value > 0.0 => points.push(Point {
                observations: [size, at],
                form: form.id.clone(),
                bytes,
                value,
                modelled,
                listed: !form.variant,
                front: false,
            }),
            Some(_) => lack("0 has no place on a logarithmic axis"),
            None => {
                let seen = record.get(&form.id, metric);
                lack(seen.and_then(|seen| seen.outcome.why()).unwrap_or("not observed"));
            }
        }
    }
    points.sort_by(|a, b| a.bytes.total_cmp(&b.bytes).then(a.value.total_cmp(&b.value)));
    let places: Vec<_> = points.iter().map(|point| (point.bytes, point.value)).collect();
    for (point, front) in points.iter_mut().zip(mark(&places)) {
        point.front = front;
    }
    Front { cost: cost.id, points, absent }
}

/// The median of `metric`, whether it is modelled, and where it stands.
fn median(record: &Record, form: &str, metric: &str) -> Option<(f64, bool, usize)> {
    let at = record.place(form, metric)?;
    let outcome = &record.observations.get(at)?.outcome;
    let modelled = matches!(outcome, Outcome::Modelled { .. });
    stats::summary(outcome.samples()).map(|summary| (summary.median, modelled, at))
}

/// Which of `places`, pairs of two costs sorted by the first and then by the second, no other beats.
pub fn mark(places: &[(f64, f64)]) -> Vec<bool> {
    let mut least = f64::INFINITY;
    let front = |(_, cost): &(f64, f64)| {
        let front = *cost < least;
        least = least.min(*cost);
        front
    };
    places.iter().map(front).collect()
}

#[cfg(test)]
mod tests {
    use super::mark;

    #[test]
    fn a_front_is_what_nothing_beats_in_both() {
        // The smallest; one that costs more and is larger; one that is larger and cheaper; one as dear
        // as that and larger; the cheapest of all.
        let places = [(1.0, 9.0), (2.0, 10.0), (3.0, 4.0), (5.0, 4.0), (7.0, 1.0)];
        assert_eq!(mark(&places), [true, false, true, false, true]);
    }

    #[test]
    fn of_two_alike_one_is_on_the_front() {
        assert_eq!(mark(&[(1.0, 2.0), (1.0, 2.0), (1.0, 3.0)]), [true, false, false]);
    }
}
