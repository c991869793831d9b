//! Prose with figures: a template in a person's words, filled from records.
//!
//! Words that figures would belie do not render: a ratio that noise hides, a verdict that turned.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};

use crate::judge::choose::break_even;
use crate::judge::choose::break_even::{Crossing, Use};
use crate::judge::choose::{CRITERIA, Constraints, NEEDS, choose};
use crate::judge::claim;
use crate::judge::claim::{Finding, Judgement};
use crate::record::figure;
use crate::record::figure::{Absent, Estimate, Figure, Order, figure};
use crate::record::{Axis, Nature, Record, Unit, metric};

use super::block::joined;
use super::guest;
use super::topic::break_even::number_of;
use crate::record::units;

type Text = Result<String, Error>;

/// What the functions of a template read.
struct Source {
    records: Vec<Record>,
    judgements: Vec<Judgement>,
}

/// `template` with the figures of `records`, of which a template's `run` counts from 1.
///
/// | in a template | gives |
/// |---|---|
/// | `figure(form, metric, run=1)` | the median, with how far noise reaches, or of how few boots it is |
/// | `bytes(form, metric, run=1)` | an exact size to the byte |
/// | `ratio(form, other, metric, of=metric, run=1)` | how many times `other`'s figure `form`'s is, with its interval |
/// | `difference(form, other, metric, run=1)` | `4.2 % more` or `4.2 % less` than `other` |
/// | `least(metric, prefix, run=1)`, `most(…)` | the form that starts so and has the least or most |
/// | `front(by, needs="", prefix="", run=1)` | the forms that start so on the Pareto front of `choose`, each with its ways |
/// | `even(form, other, of, run=1)` | when one plan, `tar.xz-6, extracted once`, is ahead of another in `tool starts` or `header reads` |
/// | `exhibit(claim, label, run=1)` | a figure that a verdict stands on, with how far noise reaches |
/// | `verdict(claim, expected)` | the verdict, which must be `expected` |
/// | `verdict(claim)` | the verdict, for words that are chosen by it; with `run`, of one record |
/// | `claims[id]` | what was said: its `.who`, `.when`, `.statement` |
/// | `runs` | the records |
///
/// # Errors
/// A template that is not one; a figure that was not measured; a ratio or difference that noise may
/// make; a ratio below 1; a front without a form; a verdict that is not the expected one.
pub fn prose(template: &str, records: Vec<Record>) -> Result<String> {
    let judgements = claim::judge(&records);
    let source = Arc::new(Source { records, judgements });
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_filter("count", units::count);
    let with = Arc::clone(&source);
    environment.add_function("figure", move |form: &str, metric: &str, more: Kwargs| {
        with.shown(form, metric, run(&more)?)
    });
    let with = Arc::clone(&source);
    environment.add_function("bytes", move |form: &str, metric: &str, more: Kwargs| {
        with.bytes(form, metric, run(&more)?)
    });
    let with = Arc::clone(&source);
    environment.add_function(
        "ratio",
        move |form: &str, other: &str, metric: &str, more: Kwargs| {
            let of: Option<&str> = more.get("of")?;
            with.ratio((form, metric), (other, of.unwrap_or(metric)), run(&more)?)
        },
    );
    let with = Arc::clone(&source);
    environment.add_function(
        "difference",
        move |form: &str, other: &str, metric: &str, more: Kwargs| {
            with.difference((form, metric), (other, metric), run(&more)?)
        },
    );
    for (name, order) in [("least", Order::Below), ("most", Order::Above)] {
        let with = Arc::clone(&source);
        environment.add_function(name, move |metric: &str, prefix: &str, more: Kwargs| {
            with.extreme(metric, prefix, run(&more)?, order)
        });
    }
    let with = Arc::clone(&source);
    environment.add_function("front", move |by: &str, more: Kwargs| {
        let (needs, prefix): (Option<&str>, Option<&str>) =
            (more.get("needs")?, more.get("prefix")?);
        with.front(by, needs.unwrap_or(""), prefix.unwrap_or(""), run(&more)?)
    });
    let with = Arc::clone(&source);
    environment.add_function("even", move |one: &str, other: &str, of: &str, more: Kwargs| {
        with.even(one, other, of, run(&more)?)
    });
    let with = Arc::clone(&source);
    environment.add_function("exhibit", move |id: &str, label: &str, more: Kwargs| {
        with.exhibit(id, label, run(&more)?)
    });
    let with = Arc::clone(&source);
    environment.add_function("verdict", move |id: &str, expected: Option<&str>, more: Kwargs| {
        with.verdict(id, expected, run(&more)?)
    });
    let claims: BTreeMap<_, _> = claim::CLAIMS.iter().map(|claim| (claim.id, claim)).collect();
    environment
        .render_str(template, context! { runs => source.records, claims })
        .map_err(|error| anyhow::anyhow!("{}", with_line(&error)))
        .context("the template")
}

/// Which record is meant, from 1: the last of what a function takes by name.
fn run(more: &Kwargs) -> Result<Option<usize>, Error> {
    let run = more.get("run")?;
    more.assert_all_used()?;
    Ok(run)
}

/// The error with its line, without the frames of the template's language.
fn with_line(error: &Error) -> String {
    let line = error.line().map_or(String::new(), |line| format!("line {line}: "));
    format!("{line}{}", error.detail().unwrap_or(&error.kind().to_string()))
}

impl Source {
    fn record(&self, run: Option<usize>) -> Result<&Record, Error> {
        let number = run.unwrap_or(1);
        let record = number.checked_sub(1).and_then(|index| self.records.get(index));
        record.ok_or_else(|| refused(format!("there is no record {number}")))
    }

    fn figure(&self, form: &str, metric: &str, run: Option<usize>) -> Result<Figure, Error> {
        let lacking =
            |absent: Absent| refused(format!("{}, {}: {}", absent.form, absent.metric, absent.why));
        figure(self.record(run)?, form, metric).map_err(lacking)
    }

    /// A figure, with its boots where these are fewer than those of others.
    fn shown(&self, form: &str, metric: &str, run: Option<usize>) -> Text {
        let (record, figure) = (self.record(run)?, self.figure(form, metric, run)?);
        let seen = record.observations.get(figure.observation);
        let samples = seen.map_or(0, |seen| seen.outcome.samples().len());
        Ok(match guest::fewer_boots(record, metric, samples) {
            Some(boots) => format!("{} ({boots})", shown(&figure)),
            None => shown(&figure),
        })
    }

    fn bytes(&self, form: &str, metric: &str, run: Option<usize>) -> Text {
        let figure = self.figure(form, metric, run)?;
        if (figure.unit, figure.nature) != (Unit::Bytes, Nature::Exact) {
            return Err(refused(format!("{metric} is not known to the byte")));
        }
        Ok(units::exact(figure.unit, figure.estimate.value))
    }

    /// Both figures, if it is beyond noise which is the greater.
    fn apart(
        &self,
        one: (&str, &str),
        other: (&str, &str),
        run: Option<usize>,
    ) -> Result<(Figure, Figure), Error> {
        let (a, b) = (self.figure(one.0, one.1, run)?, self.figure(other.0, other.1, run)?);
        match a.estimate.order(&b.estimate) {
            Order::Below | Order::Above => Ok((a, b)),
            Order::Same | Order::Unknown => Err(refused(format!(
                "{}, {} against {}, {}: noise may make the difference",
                one.0, one.1, other.0, other.1
            ))),
        }
    }

    fn ratio(&self, one: (&str, &str), other: (&str, &str), run: Option<usize>) -> Text {
        let (a, b) = self.apart(one, other, run)?;
        let ratio = figure::ratio(self.record(run)?, &a, &b);
        let ratio = ratio.ok_or_else(|| refused("there is nothing to divide by".to_owned()))?;
        if ratio.value < 1.0 {
            let lesser = format!("{}, {} is less than {}, {}", one.0, one.1, other.0, other.1);
            return Err(refused(format!("{lesser}: put the ratio the other way round")));
        }
        let text = units::ratio(ratio.value);
        let ends = ratio.range.map(|(low, high)| (units::ratio(low), units::ratio(high)));
        Ok(match ends {
            Some((low, high)) if low != text || high != text => format!("{text} ({low} to {high})"),
            _ => text,
        })
    }

    fn difference(&self, one: (&str, &str), other: (&str, &str), run: Option<usize>) -> Text {
        let (a, b) = self.apart(one, other, run)?;
        let text = units::difference(a.estimate.value, b.estimate.value);
        Ok(match text.strip_prefix('−') {
            Some(less) => format!("{less} less"),
            None => format!("{} more", text.trim_start_matches('+')),
        })
    }

    fn extreme(&self, metric: &str, prefix: &str, run: Option<usize>, order: Order) -> Text {
        let record = self.record(run)?;
        let forms = record.forms.iter().filter(|form| form.id.starts_with(prefix));
        let figures = forms.filter_map(|form| figure(record, &form.id, metric).ok());
        let sorted = |a: &Figure, b: &Figure| a.estimate.value.total_cmp(&b.estimate.value);
        let found = match order {
            Order::Above => figures.max_by(sorted),
            _ => figures.min_by(sorted),
        };
        found
            .map(|figure| figure.form)
            .ok_or_else(|| refused(format!("no form {prefix}*: {metric} was measured of none")))
    }

    /// The forms on the front by the criteria `by` among all that meet `needs`, each with its ways.
    fn front(&self, by: &str, needs: &str, prefix: &str, run: Option<usize>) -> Text {
        let named = |list: &str, known: &dyn Fn(&str) -> bool| {
            let unknown = list.split(',').find(|id| !id.is_empty() && !known(id));
            unknown.map_or(Ok(()), |id| Err(refused(format!("{id}: choose does not know it"))))
        };
        named(by, &|id| CRITERIA.iter().any(|criterion| criterion.id == id))?;
        named(needs, &|id| NEEDS.iter().any(|need| need.id == id))?;
        let wanted = |list: &str, id: &str| list.split(',').any(|wanted| wanted == id);
        let wishes = Constraints {
            by: CRITERIA.iter().filter(|criterion| wanted(by, criterion.id)).collect(),
            needs: NEEDS.iter().filter(|need| wanted(needs, need.id)).copied().collect(),
            ..Constraints::default()
        };
        let choice = choose(self.record(run)?, &wishes);
        let front =
            choice.candidates.iter().filter(|one| one.front && one.form.starts_with(prefix));
        let mut forms: Vec<(&str, Vec<&str>)> = Vec::new();
        for one in front {
            match forms.last_mut().filter(|(form, _)| *form == one.form) {
                Some((_, ways)) => ways.push(one.way.id()),
                None => forms.push((&one.form, vec![one.way.id()])),
            }
        }
        if forms.is_empty() {
            return Err(refused(format!("no form {prefix}* is on the front by {by}")));
        }
        let named = forms.into_iter().map(|(form, ways)| format!("{form} ({})", ways.join(", ")));
        let named: Vec<String> = named.collect();
        Ok(joined(named.iter().map(String::as_str).collect()))
    }

    /// When the plan of the name `one` is ahead of that of the name `other`.
    fn even(&self, one: &str, other: &str, of: &str, run: Option<usize>) -> Text {
        let of = Use::ALL.into_iter().find(|known| known.name() == of);
        let of = of.ok_or_else(|| refused("there are header reads and tool starts".to_owned()))?;
        let plans = break_even::plans(self.record(run)?, of);
        let plan = |name: &str| {
            let found = plans.iter().find(|plan| plan.name() == name);
            found.ok_or_else(|| refused(format!("{name}: no such plan was measured")))
        };
        match break_even::crossing(plan(one)?, plan(other)?) {
            Crossing::NotEstablished => Err(refused(format!(
                "{one} against {other}: noise hides where they break even in {}",
                of.name()
            ))),
            crossing => Ok(number_of(crossing, of)),
        }
    }

    fn judgement(&self, id: &str) -> Result<&Judgement, Error> {
        let judgement = self.judgements.iter().find(|judgement| judgement.claim.id == id);
        judgement.ok_or_else(|| refused(format!("{id}: no such claim")))
    }

    /// What one record says of a claim.
    fn finding(&self, id: &str, run: Option<usize>) -> Result<&Finding, Error> {
        self.record(run)?;
        let index = run.unwrap_or(1).saturating_sub(1);
        let finding = self.judgement(id)?.findings.get(index);
        finding.ok_or_else(|| refused(format!("{id}: the records are held together")))
    }

    /// What the finding of one record shows under `label`.
    fn exhibit(&self, id: &str, label: &str, run: Option<usize>) -> Text {
        let mut exhibits = self.finding(id, run)?.exhibits.iter();
        let found = exhibits.find(|exhibit| exhibit.label == label);
        let lacking = || refused(format!("{id}: no figure “{label}”"));
        let (exhibit, estimate) =
            found.and_then(|one| Some((one, one.estimate?))).ok_or_else(lacking)?;
        Ok(reaching(units::short(exhibit.unit, estimate.value), &estimate))
    }

    /// The verdict of all records, or of one that is named.
    fn verdict(&self, id: &str, expected: Option<&str>, run: Option<usize>) -> Text {
        let judgement = self.judgement(id)?;
        let verdict = match run {
            None => judgement.verdict,
            Some(_) => self.finding(id, run)?.verdict,
        };
        let verdict = verdict.name();
        if let Some(expected) = expected.filter(|expected| *expected != verdict) {
            let why = if judgement.why.is_empty() {
                String::new()
            } else {
                format!(" ({})", judgement.why)
            };
            return Err(refused(format!(
                "{id}: the words were written for “{expected}”, the records say “{verdict}”{why}"
            )));
        }
        Ok(verdict.to_owned())
    }
}

fn refused(why: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

/// Short, with the larger side of its interval where noise has one.
fn shown(figure: &Figure) -> String {
    let text = units::short(figure.unit, figure.estimate.value);
    let axis = metric(&figure.metric).map(|metric| metric.axis);
    match (figure.nature, axis) {
        (Nature::Exact, _) | (_, Some(Axis::Memory)) => text,
        _ => reaching(text, &figure.estimate),
    }
}

/// `text` with how far noise reaches from it.
fn reaching(text: String, estimate: &Estimate) -> String {
    let value = estimate.value;
    match estimate.range {
        None => format!("{text} (one sample)"),
        Some((low, high)) if low == high => text,
        Some((low, high)) => {
            let reach = (value - low).max(high - value) / value * 100.0;
            format!("{text} ± {reach:.0} %")
        }
    }
}
