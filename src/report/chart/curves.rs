//! Break-even as curves: the total time of a boot over how often headers are used, and the memory
//! that a kernel keeps over the share of them that is.

use anyhow::Result;

use super::super::palette::Ink;
use super::super::units;
use super::canvas::{Anchor, Canvas, FONT, Fill, Point, width};
use super::scale::{Run, Scale};
use super::{Chart, Family, clipped, family_of};
use crate::choose::break_even::{Habit, Plan, Use};
use crate::choose::turn::{Holding, holdings};
use crate::record::{FormInfo, Record, Unit};

/// A wide picture, and a tall one for narrow screens.
const SIZES: [(u32, u32); 2] = [(760, 380), (440, 420)];
/// The most letters of a line's name.
const NAME: usize = 36;

/// What is drawn over what.
struct Frame {
    title: String,
    caption: &'static str,
    /// What counts upwards.
    up: &'static str,
    unit: Unit,
    /// What counts across.
    across: &'static str,
    /// The uses that are marked, the first and the last the ends, with their text.
    marks: &'static [(f64, &'static str)],
}

/// A tool is started a thousand times in a long tracing session.
const TIMES: &[(f64, &str)] = &[(1.0, "1"), (10.0, "10"), (100.0, "100"), (1000.0, "1,000")];
const SHARES: &[(f64, &str)] =
    &[(0.01, "1 %"), (0.03, "3 %"), (0.1, "10 %"), (0.3, "30 %"), (1.0, "100 %")];

impl Frame {
    fn ends(&self) -> (f64, f64) {
        let at = |mark: Option<&(f64, &str)>| mark.map_or(1.0, |(uses, _)| *uses);
        (at(self.marks.first()), at(self.marks.last()))
    }
}

/// So much at the start, and so much for each use.
struct Line {
    name: String,
    family: &'static Family,
    fill: Fill,
    setup: f64,
    each: f64,
}

impl Line {
    fn total(&self, uses: f64) -> f64 {
        self.setup + uses * self.each
    }
}

/// The layout of a form of `record`.
fn layout<'r>(record: &'r Record, form: &str) -> &'r str {
    let info = record.forms.iter().find(|info| info.id == form);
    info.map_or("", |info| info.layout.as_str())
}

/// The chart of `plans`; `None` when there are not two to hold against each other.
pub(in super::super) fn curves(
    record: &Record,
    plans: &[Plan],
    of: Use,
    reference: &str,
    prefix: &str,
) -> Result<Option<Chart>> {
    let line = |plan: &Plan| Line {
        name: plan.name(),
        family: family_of(layout(record, &plan.form)),
        fill: match plan.habit {
            Habit::ExtractOnce => Fill::Solid,
            Habit::EachTime => Fill::Hollow,
            Habit::Mount => Fill::Cross,
        },
        setup: plan.setup.value,
        each: plan.each.value,
    };
    let lines: Vec<Line> = shown(record, plans, reference).into_iter().map(line).collect();
    let frame = Frame {
        title: format!("Total time of a boot over {}", of.name()),
        caption: "Computed from medians as setup and so much for each use; both axes are \
                  logarithmic. Lower is better; where two lines cross, they break even. Of each \
                  kind the plan that is soonest at a hundred uses is drawn, beside the kernel’s \
                  own archive.",
        up: "↑ total time",
        unit: Unit::Nanoseconds,
        across: of.name(),
        marks: TIMES,
    };
    let id = if of == Use::HeaderReads { "reads" } else { "starts" };
    chart(&frame, &lines, &format!("{prefix}-even-{id}"))
}

/// The memory of the kernel's archive, extracted, beside the lightest of each kind that is read in
/// place; `None` when there are not two to hold against each other.
pub(in super::super) fn memory_curve(
    record: &Record,
    reference: &str,
    prefix: &str,
) -> Result<Option<Chart>> {
    let of = |wanted: &dyn Fn(&FormInfo) -> bool| -> Vec<Holding> {
        let forms = record.forms.iter().filter(|form| wanted(form));
        let held = forms.flat_map(|form| holdings(record, form));
        // What is held within noise of nothing has no place on a logarithmic axis.
        held.filter(|held| held.total(1.0) > 0.0).collect()
    };
    let lightest = |layout: &str| {
        let held = of(&|form| form.layout == layout).into_iter();
        held.min_by(|a, b| a.total(1.0).total_cmp(&b.total(1.0)))
    };
    let archive = of(&|form| form.id == reference).into_iter();
    let shown = archive.chain(["per-file", "image"].into_iter().filter_map(lightest));
    let line = |held: Holding| Line {
        name: held.name(),
        family: family_of(layout(record, &held.form)),
        fill: match (held.setup.value > 0.0, held.whole.value > 0.0) {
            (false, _) => Fill::Solid,
            (true, true) => Fill::Hollow,
            (true, false) => Fill::Cross,
        },
        setup: held.setup.value,
        each: held.whole.value,
    };
    let lines: Vec<Line> = shown.map(line).collect();
    let frame = Frame {
        title: "Memory that a kernel keeps over the share of the headers used".to_owned(),
        caption: "Computed from medians: extracted files are taken to hold memory in proportion to \
                  their share; both axes are logarithmic. Lower is better; where two lines cross, \
                  memory turns. Beside the kernel’s own archive stands the lightest of each kind \
                  that is read in place.",
        up: "↑ pinned memory",
        unit: Unit::Bytes,
        across: "share of the headers used",
        marks: SHARES,
    };
    chart(&frame, &lines, &format!("{prefix}-even-memory"))
}

fn chart(frame: &Frame, lines: &[Line], id: &str) -> Result<Option<Chart>> {
    if lines.len() < 2 {
        return Ok(None);
    }
    let told = lines.iter().map(|line| {
        let at = |mark: Option<&(f64, &str)>| {
            let (uses, name) = mark.copied().unwrap_or((1.0, "1"));
            format!("{} for {name}", units::short(frame.unit, line.total(uses)))
        };
        format!("{}: {}, {}", line.name, at(frame.marks.first()), at(frame.marks.last()))
    });
    let description = format!("{}.", told.collect::<Vec<_>>().join("; "));
    let svg = |(index, size): (usize, (u32, u32))| {
        let id = format!("{id}-{index}");
        let svg = Canvas::draw(&id, &frame.title, &description, size, |canvas| {
            draw(canvas, size, frame, lines)
        });
        svg.map(minijinja::Value::from_safe_string)
    };
    Ok(Some(Chart {
        caption: frame.caption.to_owned(),
        svgs: SIZES.into_iter().enumerate().map(svg).collect::<Result<_>>()?,
        title: frame.title.clone(),
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
        for family in ["stream", "per-file", "image"] {
            let kind =
                compressed.iter().filter(|p| p.habit == habit && layout(record, &p.form) == family);
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

fn draw(canvas: &Canvas, size: (u32, u32), frame: &Frame, lines: &[Line]) -> Result<()> {
    let names: Vec<String> = lines.iter().map(|line| clipped(&line.name, NAME)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let narrow = size.0 < 600;
    // On a narrow screen names stand below the plot, where they do not press it together.
    let below = if narrow { (FONT + 6) * i32::try_from(lines.len()).unwrap_or(0) } else { 0 };
    let right = size.0 as i32 - if narrow { 14 } else { widest + 30 };
    let (left, top, bottom) = (58, 28, size.1 as i32 - 44 - below);
    let (least, most) = frame.ends();
    let ends = lines.iter().flat_map(|line| [line.total(least), line.total(most)]);
    let low = ends.clone().fold(f64::INFINITY, f64::min);
    let high = ends.fold(0.0, f64::max);
    let x = Scale::log(frame.unit, least, most, (left, right));
    let y = Scale::log(frame.unit, low, high, (bottom, top));
    for (uses, name) in frame.marks {
        let at = x.place(*uses);
        canvas.line(&[(at, top), (at, bottom)], Ink::Line, 1)?;
        canvas.text((at, bottom + 14), Anchor::Middle, Ink::Muted, name)?;
    }
    for (value, label) in y.ticks(Run::Up) {
        let at = y.place(value);
        canvas.line(&[(left, at), (right, at)], Ink::Line, 1)?;
        canvas.text((left - 6, at), Anchor::End, Ink::Muted, &label)?;
    }
    canvas.text((right, bottom + 32), Anchor::End, Ink::Muted, &format!("{} →", frame.across))?;
    canvas.text((2, 10), Anchor::Start, Ink::Muted, frame.up)?;

    let point = |line: &Line, uses: f64| -> Point { (x.place(uses), y.place(line.total(uses))) };
    for line in lines {
        let steps = (0..=60).map(|step| least * (most / least).powf(f64::from(step) / 60.0));
        let path: Vec<Point> = steps.map(|uses| point(line, uses)).collect();
        canvas.line(&path, line.family.ink, 2)?;
        for (uses, mark) in frame.marks {
            let at = point(line, *uses);
            canvas.marker(at, line.family.shape, line.fill, line.family.ink, 4)?;
            let total = units::short(frame.unit, line.total(*uses));
            canvas.name(at, &format!("{}: {total} for {mark} {}", line.name, frame.across));
        }
    }
    let heights: Vec<i32> = lines.iter().map(|line| point(line, most).1).collect();
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
            let end = point(line, most);
            canvas.line(&[(end.0 + 5, end.1), (right + 17, height)], Ink::Muted, 1)?;
        }
        canvas.text(at, Anchor::Start, Ink::Text, name)?;
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
