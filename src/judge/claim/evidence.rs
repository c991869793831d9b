//! Figures as evidence, and the verdict that they add up to.

use super::finding::{Evidence, Finding, Mark, Place, Run, Verdict};
use crate::record::figure::{Absent, Estimate, Figure, Order, figure};
use crate::record::{Absence, Delivery, Nature, Observation, Unit, id, metric};

/// The size of the uncompressed headers: content, whole pages, and on tmpfs.
pub(crate) fn tree_in_bytes() -> [String; 3] {
    let held = Delivery::Tmpfs.pinned_in_use();
    [id::SIZE_BYTES.to_owned(), id::SIZE_PAGES.to_owned(), held.to_string()]
}

/// How far a size may be from one that was stated in round figures, as a factor.
pub(crate) const ABOUT: f64 = 1.1;
/// How far a time may be from one that was taken on another machine, as a factor.
pub(crate) const ELSEWHERE: f64 = 2.0;

impl Run<'_> {
    /// The figure of `metric` for `form`.
    pub(crate) fn figure(&self, form: &str, metric: impl ToString) -> Result<Figure, Absent> {
        figure(self.record, form, metric)
    }

    /// `figure` as an exhibit.
    pub(crate) fn exhibit(&self, figure: &Figure, mark: Mark) -> Evidence {
        Evidence {
            label: figure.form.clone(),
            what: figure.metric.clone(),
            unit: figure.unit,
            nature: figure.nature,
            estimate: Some(figure.estimate),
            mark,
            places: vec![Place { record: self.number, observation: figure.observation }],
        }
    }

    /// A failed measurement, as evidence against the claim.
    pub(crate) fn failed(&self, failure: &Absent) -> Evidence {
        let mut seen = self.record.observations.iter();
        let sought =
            |seen: &Observation| seen.form == failure.form && seen.metric == failure.metric;
        let place =
            seen.position(sought).map(|observation| Place { record: self.number, observation });
        let known = metric(&failure.metric);
        Evidence {
            label: failure.form.clone(),
            what: failure.metric.clone(),
            unit: known.map_or(Unit::Bytes, |metric| metric.unit),
            nature: Nature::Noisy,
            estimate: None,
            mark: Mark::Against,
            places: place.into_iter().collect(),
        }
    }

    /// The ids of the forms that start with `prefix`.
    pub(crate) fn forms(&self, prefix: &str) -> Vec<&str> {
        let ids = self.record.forms.iter().map(|info| info.id.as_str());
        ids.filter(|id| id.starts_with(prefix)).collect()
    }
}

/// A figure that was stated.
pub(crate) fn stated(label: &str, unit: Unit, value: f64) -> Evidence {
    Evidence {
        label: label.to_owned(),
        what: "stated".to_owned(),
        unit,
        nature: Nature::Exact,
        estimate: Some(Estimate::exact(value)),
        mark: Mark::Reference,
        places: Vec::new(),
    }
}

/// The mark of an order, for a claim that predicts `expected`.
pub(crate) fn mark(order: Order, expected: Order) -> Mark {
    match order {
        Order::Unknown => Mark::OneSample,
        Order::Same => Mark::NoDifference,
        found if found == expected => Mark::For,
        _ => Mark::Against,
    }
}

/// Whether `found` is `stated` within `factor`.
pub(crate) fn about(found: &Estimate, stated: f64, factor: f64) -> Mark {
    within(found, stated / factor, stated * factor)
}

/// Whether `found` is at most `stated` within `factor`.
pub(crate) fn at_most(found: &Estimate, stated: f64, factor: f64) -> Mark {
    within(found, 0.0, stated * factor)
}

/// A range inside supports the claim, one outside contradicts it; one across an end is within noise.
fn within(found: &Estimate, least: f64, most: f64) -> Mark {
    match found.range {
        None => Mark::OneSample,
        Some((low, high)) if low >= least && high <= most => Mark::For,
        Some((low, high)) if high < least || low > most => Mark::Against,
        Some(_) => Mark::NoDifference,
    }
}

/// `finding` of a figure that was stated of the kernels of 2019: what to know when it does not hold.
pub(crate) fn of_2019(mut finding: Finding) -> Finding {
    if finding.verdict == Verdict::DoesNotHold {
        finding.why =
            "the claim is about the header set of 2019; this is another kernel".to_owned();
    }
    finding
}

/// Compares `forms` with `reference` in `metric`: each is predicted to be `expected` of it.
///
/// # Errors
/// The reference, or all that would be compared with it, is absent.
pub(crate) fn held_against(
    run: Run,
    reference: &Figure,
    forms: &[&str],
    metric: &str,
    expected: Order,
    depends: &str,
) -> Result<Finding, Absent> {
    let mut figures = Evidences::of(run, [run.exhibit(reference, Mark::Reference)]);
    for form in forms {
        figures.look_up(form, metric, |found| mark(found.order(&reference.estimate), expected));
    }
    figures.counted(depends)
}

/// The evidence for a claim, and the figures that are absent.
pub(crate) struct Evidences<'r> {
    run: Run<'r>,
    pub(crate) exhibits: Vec<Evidence>,
    pub(crate) absent: Vec<Absent>,
}

impl<'r> Evidences<'r> {
    pub(crate) fn of(run: Run<'r>, exhibits: impl Into<Vec<Evidence>>) -> Self {
        Self { run, exhibits: exhibits.into(), absent: Vec::new() }
    }

    pub(crate) fn add(&mut self, figure: &Figure, mark: Mark) {
        self.exhibits.push(self.run.exhibit(figure, mark));
    }

    /// Adds the figure of `metric` for `form`, if there is one, as what `mark` makes of it.
    pub(crate) fn look_up(
        &mut self,
        form: &str,
        metric: impl ToString,
        mark: impl FnOnce(&Estimate) -> Mark,
    ) {
        match self.run.figure(form, metric) {
            Ok(figure) => self.add(&figure, mark(&figure.estimate)),
            Err(why) => self.absent.push(why),
        }
    }

    /// As [`counted`].
    pub(crate) fn counted(self, depends: &str) -> Result<Finding, Absent> {
        counted(self.exhibits, self.absent, depends)
    }
}

/// The verdict of `exhibits`; `depends` names what it depends on if they disagree.
///
/// # Errors
/// None of them speaks, for want of figures or of samples.
pub(crate) fn counted(
    exhibits: Vec<Evidence>,
    absent: Vec<Absent>,
    depends: &str,
) -> Result<Finding, Absent> {
    let count = |mark| exhibits.iter().filter(|exhibit| exhibit.mark == mark).count();
    let (verdict, why) = match (count(Mark::For), count(Mark::Against)) {
        (0, 0) if count(Mark::NoDifference) > 0 => {
            let why = "no figure differs from the one it is compared with by more than noise";
            (Verdict::NoDifference, why.to_owned())
        }
        (0, 0) if count(Mark::OneSample) > 0 => {
            let why = "one sample each: the noise is not known".to_owned();
            (Verdict::NotMeasured, why)
        }
        (0, 0) => return Err(absent.into_iter().next().unwrap_or_else(|| none("no such form"))),
        (_, 0) => (Verdict::Holds, String::new()),
        (0, _) => (Verdict::DoesNotHold, String::new()),
        _ => (Verdict::Depends, depends.to_owned()),
    };
    Ok(Finding { verdict, why, exhibits, absent })
}

/// Nothing to measure, for a reason that is of no one figure.
pub(crate) fn none(why: &str) -> Absent {
    Absent {
        form: String::new(),
        metric: String::new(),
        why: Absence::DoesNotApply(why.to_owned()),
    }
}
