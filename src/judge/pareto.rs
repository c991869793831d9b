//! The one Pareto front: what no other dominates beyond noise.
//!
//! One dominates another when none of its medians is above the other's by what can be told apart, and one is
//! below it beyond noise.

use crate::record::figure::{Estimate, Order, figure, resolution};
use crate::record::stats;
use crate::record::{Absence, Delivery, Layout, Record, Unit, id};

/// Two costs of one kind, and how far apart their medians are the same, in base units.
pub type Pair = (Estimate, Estimate, f64);

/// Whether one dominates another, by `pairs` of its own cost and the other's.
pub fn dominates(pairs: impl IntoIterator<Item = Pair>) -> bool {
    let mut better = false;
    for (own, other, resolution) in pairs {
        if own.value > other.value + resolution {
            return false;
        }
        let less = own.value + resolution < other.value;
        better |= less && own.order(&other) == Order::Below;
    }
    better
}

/// Which of `places`, pairs of a size and a cost, no other dominates; medians of the cost are the same
/// within `resolution`.
pub fn front(places: &[(Estimate, Estimate)], resolution: f64) -> Vec<bool> {
    let dominated = |(size, cost): &(Estimate, Estimate)| {
        places.iter().any(|(other_size, other_cost)| {
            dominates([(*other_size, *size, 0.0), (*other_cost, *cost, resolution)])
        })
    };
    places.iter().map(|place| !dominated(place)).collect()
}

/// A cost that is compared with size.
#[derive(Debug)]
pub struct Cost {
    pub id: &'static str,
    pub title: &'static str,
    pub unit: Unit,
    /// The metric that has it, of a form of that layout.
    metric: fn(Layout) -> String,
}

/// Every cost, in the order of reports. Pinned memory is that of the delivery that suits the form, once
/// everything was read and caches are given back.
pub const COSTS: &[Cost] = &[
    cost("build", "build", Unit::Nanoseconds, |_| id::BUILD_WALL.to_owned()),
    cost("all", "all headers", Unit::Nanoseconds, |_| id::EXTRACT_ALL_WARM_WALL.to_owned()),
    cost("one", "one header", Unit::Nanoseconds, |_| id::EXTRACT_ONE_MIDDLE_WARM.to_owned()),
    cost("pinned", "unreclaimable memory", Unit::Bytes, |layout| {
        Delivery::usual(layout).pinned_in_use().to_string()
    }),
];

const fn cost(
    id: &'static str,
    title: &'static str,
    unit: Unit,
    metric: fn(Layout) -> String,
) -> Cost {
    Cost { id, title, unit, metric }
}

/// The forms of a record by size and one cost.
#[derive(Debug)]
pub struct Front {
    pub cost: &'static str,
    /// The forms that have both figures and save space, the smallest first.
    pub points: Vec<Point>,
    /// Why other forms are not among them.
    pub absent: Vec<(String, Absence)>,
}

/// A form with both figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub form: String,
    pub bytes: f64,
    pub value: f64,
    /// The observations of both, from 0.
    pub observations: [usize; 2],
    /// Whether the cost is computed, not measured.
    pub modelled: bool,
    /// Whether it is a form of the program's own list.
    pub listed: bool,
    /// Whether no other dominates it.
    pub front: bool,
}

/// The fronts of `record`, one for each cost of which it has any figure.
pub fn fronts(record: &Record) -> Vec<Front> {
    let fronts = COSTS.iter().map(|cost| by(record, cost));
    fronts.filter(|front| !front.points.is_empty()).collect()
}

/// Whether `record` is of a sweep: only with variants is there something to find on a front.
pub fn swept(record: &Record) -> bool {
    record.forms.iter().any(|form| form.variant)
}

fn by(record: &Record, cost: &Cost) -> Front {
    let mut found: Vec<(Point, Estimate, Estimate)> = Vec::new();
    let mut absent = Vec::new();
    let mut apart = 0.0;
    for form in &record.forms {
        let metric = (cost.metric)(form.layout);
        apart = resolution(&metric);
        match both(record, &form.id, &metric) {
            Ok(((size, at), (cost, cost_at, modelled))) => {
                let (bytes, value) = (size.value, cost.value);
                let (observations, listed) = ([at, cost_at], !form.variant);
                let form = form.id.clone();
                let point =
                    Point { form, bytes, value, observations, modelled, listed, front: false };
                found.push((point, size, cost));
            }
            Err(why) => absent.push((form.id.clone(), why)),
        }
    }
    found.sort_by(|(a, ..), (b, ..)| a.bytes.total_cmp(&b.bytes).then(a.value.total_cmp(&b.value)));
    let places: Vec<_> = found.iter().map(|(_, size, cost)| (*size, *cost)).collect();
    let on = front(&places, apart);
    let points = found.into_iter().zip(on).map(|((point, ..), front)| Point { front, ..point });
    Front { cost: cost.id, points: points.collect(), absent }
}

/// An estimate, and where its observation is; of a cost also whether it is modelled.
type Placed = ((Estimate, usize), (Estimate, usize, bool));

fn both(record: &Record, form: &str, metric: &str) -> Result<Placed, Absence> {
    let none = |why: &str| Absence::DoesNotApply(why.to_owned());
    let size = figure(record, form, id::SIZE_BYTES).map_err(|absent| absent.why)?;
    if size.estimate.value >= record.dataset.census.bytes as f64 {
        return Err(none("saves nothing"));
    }
    let cost = match figure(record, form, metric) {
        Ok(cost) => (cost.estimate, cost.observation, false),
        Err(absent) => modelled(record, form, metric).ok_or(absent.why)?,
    };
    match size.estimate.value > 0.0 && cost.0.value > 0.0 {
        true => Ok(((size.estimate, size.observation), cost)),
        false => Err(none("0 has no place on a logarithmic axis")),
    }
}

/// What old records have computed.
fn modelled(record: &Record, form: &str, metric: &str) -> Option<(Estimate, usize, bool)> {
    let at = record.place(form, metric)?;
    let computed = stats::summary(record.observations.get(at)?.outcome.samples())?;
    Some((Estimate::exact(computed.median), at, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(places: &[(f64, f64)]) -> Vec<bool> {
        let exact = |(size, cost): &(f64, f64)| (Estimate::exact(*size), Estimate::exact(*cost));
        front(&places.iter().map(exact).collect::<Vec<_>>(), 0.0)
    }

    #[test]
    fn a_front_is_what_nothing_dominates() {
        // The smallest; one that costs more and is larger; one that is larger and cheaper; one as costly
        // as that and larger; the cheapest of all.
        let places = [(1.0, 9.0), (2.0, 10.0), (3.0, 4.0), (5.0, 4.0), (7.0, 1.0)];
        assert_eq!(marked(&places), [true, false, true, false, true]);
        assert_eq!(marked(&[(1.0, 2.0), (1.0, 2.0), (1.0, 3.0)]), [true, true, false]);
    }

    #[test]
    fn what_is_better_within_noise_alone_dominates_nothing() {
        let cost = |value| Estimate { value, range: Some((value - 1.0, value + 1.0)) };
        let size = Estimate::exact(1.0);
        assert_eq!(front(&[(size, cost(5.0)), (size, cost(6.0))], 0.0), [true, true]);
        assert_eq!(front(&[(size, cost(5.0)), (size, cost(8.0))], 0.0), [true, false]);
        assert_eq!(front(&[(size, cost(5.0)), (size, cost(8.0))], 4.0), [true, true]);
        // A single sample says nothing of its noise.
        let once = |value| Estimate { value, range: None };
        assert_eq!(front(&[(size, once(5.0)), (size, once(8.0))], 0.0), [true, true]);
        let larger = Estimate::exact(2.0);
        assert_eq!(front(&[(size, once(5.0)), (larger, once(8.0))], 0.0), [true, false]);
    }
}
