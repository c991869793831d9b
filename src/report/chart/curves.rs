//! Break-even as curves: the total time of a boot over how often headers are used.

use anyhow::Result;

use super::super::palette::Color;
use super::super::units;
use super::canvas::{Anchor, Canvas, FONT, Fill, Point, width};
use super::scale::{Run, Scale};
use super::{Chart, Family, clipped, family_of};
use crate::judge::choose::break_even::{Habit, Plan, Use};
use crate::record::{Layout, Record, Unit};

/// A wide picture, and a tall one for narrow screens.
const SIZES: [(u32, u32); 2] = [(760, 380), (440, 420)];
/// The most letters of a line's name.
const NAME: usize = 36;
const CAPTION: &str = "Computed from medians as setup and so much for each use; both axes are \
                       logarithmic. Lower is better; where two lines cross, they break even. Of each \
                       kind the plan that is soonest at a hundred uses is drawn, beside the kernel’s \
                       own archive.";

/// The uses that are marked. A tool is started a thousand times in a long tracing session.
const USES: [(f64, &str); 4] = [(1.0, "1"), (10.0, "10"), (100.0, "100"), (1000.0, "1,000")];
const LEAST: f64 = USES[0].0;
const MOST: f64 = USES[USES.len() - 1].0;

/// A plan, and how it is drawn.
struct Line<'p> {
    plan: &'p Plan,
    name: String,
    family: &'static Family,
    fill: Fill,
}

impl Line<'_> {
    /// The total of `uses` uses for people.
    fn told(&self, uses: f64) -> String {
        units::short(Unit::Nanoseconds, self.plan.total(uses))
    }
}

/// The layout of a form of `record`.
fn layout(record: &Record, form: &str) -> Layout {
    let info = record.forms.iter().find(|info| info.id == form);
    info.map_or(Layout::Other, |info| info.layout)
}

/// The chart of `plans`; `None` when there are not two to hold against each other.
pub(in super::super) fn curves(
    record: &Record,
    plans: &[Plan],
    of: Use,
    reference: &str,
    prefix: &str,
) -> Result<Option<Chart>> {
    let lines = shown(record, plans, reference).into_iter().map(|plan| Line {
        plan,
        name: plan.name(),
        family: family_of(layout(record, &plan.form)),
        fill: match plan.habit {
            Habit::ExtractOnce => Fill::Solid,
            Habit::EachTime => Fill::Hollow,
            Habit::Mount => Fill::Cross,
        },
    });
    let lines: Vec<Line> = lines.collect();
    if lines.len() < 2 {
        return Ok(None);
    }
    let title = format!("Total time of a boot over {}", of.name());
    let ends = [USES[0], USES[USES.len() - 1]];
    let told = lines.iter().map(|line| {
        let [least, most] = ends.map(|(uses, name)| format!("{} for {name}", line.told(uses)));
        format!("{}: {least}, {most}", line.name)
    });
    let description = format!("{}.", told.collect::<Vec<_>>().join("; "));
    let id = if of == Use::HeaderReads { "reads" } else { "starts" };
    let svg = |(index, size): (usize, (u32, u32))| {
        let id = format!("{prefix}-even-{id}-{index}");
        let svg = Canvas::draw(&id, &title, &description, size, |canvas| {
            draw(canvas, size, of.name(), &lines)
        });
        svg.map(minijinja::Value::from_safe_string)
    };
    Ok(Some(Chart {
        caption: CAPTION.to_owned(),
        svgs: SIZES.into_iter().enumerate().map(svg).collect::<Result<_>>()?,
        title: title.clone(),
        dropped: Vec::new(),
    }))
}

/// The kernel's archive, and of each layout and habit the soonest plan at a hundred uses.
fn shown<'p>(record: &Record, plans: &'p [Plan], reference: &str) -> Vec<&'p Plan> {
    let compressed = plans.iter().filter(|plan| plan.form != "tree" && plan.form != "tar");
    let compressed: Vec<&Plan> =
        compressed.filter(|plan| plan.total(1.0) > 0.0 && plan.total(1.0).is_finite()).collect();
    let mut shown: Vec<&Plan> =
        compressed.iter().copied().filter(|plan| plan.form == reference).collect();
    for habit in [Habit::ExtractOnce, Habit::EachTime, Habit::Mount] {
        for family in [Layout::Stream, Layout::PerFile, Layout::Image] {
            let kind =
                compressed.iter().filter(|p| p.habit == habit && layout(record, &p.form) == family);
            let soonest = kind.min_by(|a, b| a.total(100.0).total_cmp(&b.total(100.0)));
            let Some(soonest) = soonest else { continue };
            // An image read by a program each time is no one's proposal once it can be mounted.
            let mounted = compressed.iter().any(|p| p.habit == Habit::Mount);
            let moot = family == Layout::Image && habit == Habit::EachTime && mounted;
            if !moot && !shown.contains(soonest) {
                shown.push(soonest);
            }
        }
    }
    shown
}

fn draw(canvas: &Canvas, size: (u32, u32), across: &str, lines: &[Line]) -> Result<()> {
    let names: Vec<String> = lines.iter().map(|line| clipped(&line.name, NAME)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let narrow = size.0 < 600;
    // On a narrow screen names stand below the plot, where they do not press it together.
    let below = if narrow { (FONT + 6) * i32::try_from(lines.len()).unwrap_or(0) } else { 0 };
    let right = size.0 as i32 - if narrow { 14 } else { widest + 30 };
    let (left, top, bottom) = (58, 28, size.1 as i32 - 44 - below);
    let ends = lines.iter().flat_map(|line| [line.plan.total(LEAST), line.plan.total(MOST)]);
    let low = ends.clone().fold(f64::INFINITY, f64::min);
    let high = ends.fold(0.0, f64::max);
    let x = Scale::log(Unit::Nanoseconds, LEAST, MOST, (left, right));
    let y = Scale::log(Unit::Nanoseconds, low, high, (bottom, top));
    for (uses, name) in USES {
        let at = x.place(uses);
        canvas.line(&[(at, top), (at, bottom)], Color::Line, 1)?;
        canvas.text((at, bottom + 14), Anchor::Middle, Color::Muted, name)?;
    }
    for (value, label) in y.ticks(Run::Up) {
        let at = y.place(value);
        canvas.line(&[(left, at), (right, at)], Color::Line, 1)?;
        canvas.text((left - 6, at), Anchor::End, Color::Muted, &label)?;
    }
    canvas.text((right, bottom + 32), Anchor::End, Color::Muted, &format!("{across} →"))?;
    canvas.text((2, 10), Anchor::Start, Color::Muted, "↑ total time")?;

    let point =
        |line: &Line, uses: f64| -> Point { (x.place(uses), y.place(line.plan.total(uses))) };
    for line in lines {
        let steps = (0..=60).map(|step| LEAST * (MOST / LEAST).powf(f64::from(step) / 60.0));
        let path: Vec<Point> = steps.map(|uses| point(line, uses)).collect();
        canvas.line(&path, line.family.ink, 2)?;
        for (uses, mark) in USES {
            let at = point(line, uses);
            canvas.marker(at, line.family.shape, line.fill, line.family.ink, 4)?;
            let total = line.told(uses);
            canvas.name(at, &format!("{}: {total} for {mark} {across}", line.name));
        }
    }
    let heights: Vec<i32> = lines.iter().map(|line| point(line, MOST).1).collect();
    let named = lines.iter().zip(&names).zip(spread(&heights));
    for (number, ((line, name), height)) in named.enumerate() {
        let row = i32::try_from(number).unwrap_or(0);
        let at = match narrow {
            true => (14, bottom + 50 + row * (FONT + 6)),
            false => (right + 20, height),
        };
        if narrow {
            canvas.marker((6, at.1), line.family.shape, line.fill, line.family.ink, 4)?;
        } else {
            let end = point(line, MOST);
            canvas.line(&[(end.0 + 5, end.1), (right + 17, height)], Color::Muted, 1)?;
        }
        canvas.text(at, Anchor::Start, Color::Text, name)?;
    }
    Ok(())
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
