//! Break-even as curves: the total time of a boot over how often headers are used.

use anyhow::Result;

use super::super::palette::Ink;
use super::super::units;
use super::canvas::{Anchor, Canvas, FONT, Fill, Point, width};
use super::scale::{Run, Scale};
use super::{Chart, Family, clipped, family_of};
use crate::choose::break_even::{Habit, Plan, Use};
use crate::record::{Record, Unit};

/// A wide picture, and a tall one for narrow screens.
const SIZES: [(u32, u32); 2] = [(760, 380), (440, 420)];
/// How often headers are used, at most: a tracing session that starts a tool a thousand times.
const MOST: f64 = 1000.0;
/// The most letters of a line's name.
const NAME: usize = 36;

/// A plan as a line.
struct Line<'p> {
    plan: &'p Plan,
    name: String,
    family: &'static Family,
}

/// The chart of `plans`; `None` when there are not two to hold against each other.
pub(in super::super) fn curves(
    record: &Record,
    plans: &[Plan],
    of: Use,
    reference: &str,
    prefix: &str,
) -> Result<Option<Chart>> {
    let lines: Vec<Line> = shown(record, plans, reference)
        .into_iter()
        .map(|plan| {
            let info = record.forms.iter().find(|info| info.id == plan.form);
            let family = family_of(info.map_or("", |info| info.layout.as_str()));
            Line { plan, name: clipped(&plan.name(), NAME), family }
        })
        .collect();
    if lines.len() < 2 {
        return Ok(None);
    }
    let title = format!("Total time of a boot over {}", of.name());
    let told = lines.iter().map(|line| {
        let (one, most) = (line.plan.total(1.0), line.plan.total(MOST));
        let time = |ns| units::short(Unit::Nanoseconds, ns);
        format!("{}: {} for one, {} for 1,000", line.plan.name(), time(one), time(most))
    });
    let description = format!("{}.", told.collect::<Vec<_>>().join("; "));
    let id = format!("{prefix}-even-{}", if of == Use::HeaderReads { "reads" } else { "starts" });
    let svg = |(index, size): (usize, (u32, u32))| {
        let id = format!("{id}-{index}");
        let svg =
            Canvas::draw(&id, &title, &description, size, |canvas| draw(canvas, size, of, &lines));
        svg.map(minijinja::Value::from_safe_string)
    };
    Ok(Some(Chart {
        caption: "Computed from medians as setup and so much for each use; both axes are \
                  logarithmic. Lower is better; where two lines cross, they break even. Of each \
                  kind the plan that is soonest at a hundred uses is drawn, beside the kernel’s \
                  own archive."
            .to_owned(),
        svgs: SIZES.into_iter().enumerate().map(svg).collect::<Result<_>>()?,
        title,
        dropped: Vec::new(),
    }))
}

/// The kernel's archive, and of each layout and habit the soonest plan at a hundred uses.
fn shown<'p>(record: &Record, plans: &'p [Plan], reference: &str) -> Vec<&'p Plan> {
    let layout = |plan: &Plan| {
        let info = record.forms.iter().find(|info| info.id == plan.form);
        info.map_or("", |info| info.layout.as_str())
    };
    let compressed = plans.iter().filter(|plan| plan.form != "tree" && plan.form != "tar");
    let compressed: Vec<&Plan> =
        compressed.filter(|plan| plan.total(1.0) > 0.0 && plan.total(1.0).is_finite()).collect();
    let mut shown: Vec<&Plan> =
        compressed.iter().copied().filter(|plan| plan.form == reference).collect();
    for habit in [Habit::ExtractOnce, Habit::EachTime, Habit::Mount] {
        for family in ["stream", "per-file", "image"] {
            let kind = compressed.iter().filter(|p| p.habit == habit && layout(p) == family);
            let soonest = kind.min_by(|a, b| a.total(100.0).total_cmp(&b.total(100.0)));
            let Some(soonest) = soonest else { continue };
            // An image read by a program each time is no one's proposal once it can be mounted.
            let mounted = compressed.iter().any(|p| p.habit == Habit::Mount);
            let moot = family == "image" && habit == Habit::EachTime && mounted;
            if !moot && !shown.contains(soonest) {
                shown.push(soonest);
            }
        }
    }
    shown
}

fn draw(canvas: &Canvas, size: (u32, u32), of: Use, lines: &[Line]) -> Result<()> {
    let names = lines.iter().map(|line| width(&line.name)).max().unwrap_or(0);
    let narrow = size.0 < 600;
    // On a narrow screen names stand below the plot, where they do not press it together.
    let below = if narrow { (FONT + 6) * i32::try_from(lines.len()).unwrap_or(0) } else { 0 };
    let right = size.0 as i32 - if narrow { 14 } else { names + 30 };
    let (left, top, bottom) = (58, 28, size.1 as i32 - 44 - below);
    let ends = lines.iter().flat_map(|line| [line.plan.total(1.0), line.plan.total(MOST)]);
    let low = ends.clone().fold(f64::INFINITY, f64::min);
    let high = ends.fold(0.0, f64::max);
    let x = Scale::log(Unit::Nanoseconds, 1.0, MOST, (left, right));
    let y = Scale::log(Unit::Nanoseconds, low, high, (bottom, top));
    for uses in [1.0, 10.0, 100.0, MOST] {
        let at = x.place(uses);
        canvas.line(&[(at, top), (at, bottom)], Ink::Line, 1)?;
        canvas.text((at, bottom + 14), Anchor::Middle, Ink::Muted, &units::count(uses as u64))?;
    }
    for (value, label) in y.ticks(Run::Up) {
        let at = y.place(value);
        canvas.line(&[(left, at), (right, at)], Ink::Line, 1)?;
        canvas.text((left - 6, at), Anchor::End, Ink::Muted, &label)?;
    }
    canvas.text((right, bottom + 32), Anchor::End, Ink::Muted, &format!("{} →", of.name()))?;
    canvas.text((2, 10), Anchor::Start, Ink::Muted, "↑ total time")?;

    let point = |plan: &Plan, uses: f64| -> Point { (x.place(uses), y.place(plan.total(uses))) };
    for line in lines {
        let steps = (0..=60).map(|step| MOST.powf(f64::from(step) / 60.0));
        let path: Vec<Point> = steps.map(|uses| point(line.plan, uses)).collect();
        canvas.line(&path, line.family.ink, 2)?;
        for uses in [1.0, 10.0, 100.0, MOST] {
            let fill = fill(line.plan.habit);
            canvas.marker(point(line.plan, uses), line.family.shape, fill, line.family.ink, 4)?;
        }
    }
    let heights: Vec<i32> = lines.iter().map(|line| point(line.plan, MOST).1).collect();
    for (number, (line, height)) in lines.iter().zip(spread(&heights)).enumerate() {
        let row = i32::try_from(number).unwrap_or(0);
        let at = match narrow {
            true => (14, bottom + 50 + row * (FONT + 6)),
            false => (right + 20, height),
        };
        if !narrow {
            let end = point(line.plan, MOST);
            canvas.line(&[(end.0 + 5, end.1), (right + 17, height)], Ink::Muted, 1)?;
        }
        if narrow {
            let (fill, ink) = (fill(line.plan.habit), line.family.ink);
            canvas.marker((6, at.1), line.family.shape, fill, ink, 4)?;
        }
        canvas.text(at, Anchor::Start, Ink::Text, &line.name)?;
    }
    Ok(())
}

/// Which habit a marker stands for.
fn fill(habit: Habit) -> Fill {
    match habit {
        Habit::ExtractOnce => Fill::Solid,
        Habit::EachTime => Fill::Hollow,
        Habit::Mount => Fill::Cross,
    }
}

/// `heights` moved apart, so that no two names stand on each other.
fn spread(heights: &[i32]) -> Vec<i32> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by_key(|&at| heights[at]);
    let mut placed = heights.to_vec();
    let mut last = i32::MIN / 2;
    for at in order {
        placed[at] = heights[at].max(last + FONT + 4);
        last = placed[at];
    }
    placed
}
