//! Size against one cost: which forms are points, and which are Pareto-optimal.

use crate::judge::pareto::{COSTS, Front, fronts, swept};
use crate::record::{Layout, Record};

use super::family::family;
use super::scatter::{Chart, Dot};

/// A chart for each cost of which `record` has figures: of a sweep for all, of a run for the two that most
/// devices choose by.
pub(in crate::report) fn against(record: &Record, run: usize) -> Vec<Chart> {
    let all = swept(record);
    let fronts = fronts(record).into_iter();
    let fronts = fronts.filter(|front| all || ["one", "pinned"].contains(&front.cost));
    fronts.filter_map(|front| chart(record, &front, run)).collect()
}

fn chart(record: &Record, front: &Front, run: usize) -> Option<Chart> {
    let cost = COSTS.iter().find(|cost| cost.id == front.cost)?;
    let (up, about) = match cost.id {
        "build" => {
            ("build time", "Build time is wall time, on as many processors as the form builds with")
        }
        "all" => (
            "the time to all headers",
            "The time is that of extracting all to memory, page cache warm",
        ),
        "one" => {
            ("the time to one header", "The time is that of the middle header, page cache warm")
        }
        _ => (
            "unreclaimable memory",
            "The memory is that after reading everything, in the form’s usual delivery",
        ),
    };
    let layout = |form: &str| {
        let info = record.forms.iter().find(|info| info.id == form);
        info.map_or(Layout::Other, |info| info.layout)
    };
    let dots = front.points.iter().map(|point| Dot {
        name: point.form.clone(),
        // Variants behind the front are too many to be named.
        named: point.front || point.listed,
        family: family(layout(&point.form)),
        bytes: point.bytes,
        cost: point.value,
        listed: point.listed,
        front: point.front,
    });
    let dots: Vec<Dot> = dots.collect();
    let on = dots.iter().filter(|dot| dot.front).map(|dot| dot.name.as_str());
    let on = on.collect::<Vec<_>>().join("; ");
    let variants = match dots.iter().all(|dot| dot.listed) {
        true => "",
        false => {
            " Solid markers are forms of the program’s own list, hollow ones variants of them."
        }
    };
    let modelled = front.points.iter().any(|point| point.modelled);
    (!dots.is_empty()).then(|| Chart {
        id: format!("r{run}-front-{}", cost.id),
        title: format!("Size against {up}{}", if modelled { " (modelled)" } else { "" }),
        caption: format!(
            "Lower left is better; both axes are logarithmic. {about}. The line is the Pareto front: for a \
             form on it no other has both medians as low or lower and one of them lower beyond noise.{variants}"
        ),
        description: format!("Pareto front, from the smallest: {on}."),
        dropped: front.absent.iter().map(|(form, why)| format!("{form} ({why})")).collect(),
        up,
        unit: cost.unit,
        dots,
    })
}
