//! Why figures are absent or computed: each reason once, with all it holds for.

use super::table::{Column, State};

/// The reasons of a record, numbered from 1.
#[derive(Debug, Default)]
pub(super) struct Notes<'r> {
    /// In the order of their first use.
    pub list: Vec<Note<'r>>,
}

/// One reason.
#[derive(Debug)]
pub(super) struct Note<'r> {
    /// Its number.
    pub number: usize,
    /// What came of the figures.
    pub state: State,
    /// The reason in the record's words.
    pub text: &'r str,
    /// What it holds for: form and metric.
    cells: Vec<(&'r str, &'r str)>,
}

impl<'r> Notes<'r> {
    /// Adds a cell to the note of its reason, and tells the note's number.
    pub(super) fn add(
        &mut self,
        state: State,
        text: &'r str,
        form: &'r str,
        metric: &'r str,
    ) -> usize {
        let known = self.list.iter().position(|note| note.state == state && note.text == text);
        let index = known.unwrap_or_else(|| {
            let number = self.list.len() + 1;
            self.list.push(Note { number, state, text, cells: Vec::new() });
            self.list.len() - 1
        });
        self.list[index].cells.push((form, metric));
        index + 1
    }
}

impl<'r> Note<'r> {
    /// Whether it is about a cell of `metric`.
    pub(super) fn concerns(&self, metric: &str) -> bool {
        self.cells.iter().any(|(_, m)| *m == metric)
    }

    /// What it holds for, forms that lack the same figures together.
    pub(super) fn places(&self, columns: &[Column]) -> Vec<Place<'r>> {
        let mut places: Vec<Place> = Vec::new();
        let mut forms: Vec<&str> = self.cells.iter().map(|(form, _)| *form).collect();
        forms.dedup();
        for form in forms {
            let metrics = self.cells.iter().filter(|(f, _)| *f == form).map(|(_, metric)| *metric);
            let metrics = folded(&metrics.collect::<Vec<_>>(), columns);
            match places.iter_mut().find(|place| place.metrics == metrics) {
                Some(place) => place.forms.push(form),
                None => places.push(Place { forms: vec![form], metrics }),
            }
        }
        places
    }
}

/// Forms, and the metrics that one reason keeps from all of them.
#[derive(Debug, PartialEq)]
pub(super) struct Place<'r> {
    /// Ids of forms.
    pub forms: Vec<&'r str>,
    /// Ids of metrics, or `PREFIX*` for all that start so.
    pub metrics: Vec<String>,
}

/// `metrics` with whole families among `columns` folded into one pattern each.
fn folded(metrics: &[&str], columns: &[Column]) -> Vec<String> {
    let mut patterns: Vec<String> = Vec::new();
    for metric in metrics {
        if patterns.iter().any(|p| p.strip_suffix('*').is_some_and(|p| metric.starts_with(p))) {
            continue;
        }
        // The longest family first tried is the widest: nothing, the axis, the axis and its part.
        let dots = metric.match_indices('.').map(|(at, _)| &metric[..=at]);
        let whole = std::iter::once("").chain(dots).find(|prefix| {
            let mut family = columns.iter().filter(|column| column.id.starts_with(prefix));
            let many = family.clone().nth(1).is_some();
            many && family.all(|column| metrics.contains(&column.id))
        });
        patterns.push(match whole {
            Some(prefix) => format!("{prefix}*"),
            None => (*metric).to_owned(),
        });
    }
    patterns
}
