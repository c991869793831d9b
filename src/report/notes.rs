//! Why figures are absent or computed: each reason once, with all it holds for.

use super::block;
use super::state::State;

/// The reasons of a record, numbered from 1.
#[derive(Debug, Default)]
pub(super) struct Notes<'r> {
    /// In the order of their first use.
    pub list: Vec<Note<'r>>,
}

/// One reason.
#[derive(Debug)]
pub(super) struct Note<'r> {
    number: usize,
    state: State,
    /// The reason in the record's words.
    text: &'r str,
    /// What it holds for: form and metric.
    cells: Vec<(&'r str, &'r str)>,
}

impl<'r> Notes<'r> {
    /// Adds a cell to the note of its reason; gives the note's number.
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

impl<'r> Notes<'r> {
    /// The notes as a block, of a record that has `metrics`.
    pub(super) fn block(&self, metrics: &[&str]) -> block::Block {
        let note = |note: &Note| {
            let places = note.places(metrics).into_iter();
            let places =
                places.map(|(forms, ids)| format!("{}: {}", forms.join(", "), ids.join(", ")));
            block::Note {
                number: note.number,
                state: note.state.name(),
                text: note.text.to_owned(),
                places: places.collect::<Vec<_>>().join("; "),
            }
        };
        block::Block::Notes(self.list.iter().map(note).collect())
    }
}

/// Forms, and the metrics that one reason keeps from all of them: an id, or `PREFIX*` for all that start so.
type Place<'r> = (Vec<&'r str>, Vec<String>);

impl<'r> Note<'r> {
    /// What it holds for, forms that lack the same figures together.
    fn places(&self, all: &[&str]) -> Vec<Place<'r>> {
        let mut places: Vec<Place> = Vec::new();
        let mut forms: Vec<&str> = self.cells.iter().map(|(form, _)| *form).collect();
        forms.dedup();
        for form in forms {
            let metrics = self.cells.iter().filter(|(f, _)| *f == form).map(|(_, metric)| *metric);
            let metrics = folded(&metrics.collect::<Vec<_>>(), all);
            match places.iter_mut().find(|(_, known)| *known == metrics) {
                Some((forms, _)) => forms.push(form),
                None => places.push((vec![form], metrics)),
            }
        }
        places
    }
}

/// `metrics` with whole families among `all` folded into one pattern each.
fn folded(metrics: &[&str], all: &[&str]) -> Vec<String> {
    let mut patterns: Vec<String> = Vec::new();
    for metric in metrics {
        if patterns.iter().any(|p| p.strip_suffix('*').is_some_and(|p| metric.starts_with(p))) {
            continue;
        }
        // The widest family is tried first: nothing, the axis, the axis and its part.
        let dots = metric.match_indices('.').map(|(at, _)| &metric[..=at]);
        let whole = std::iter::once("").chain(dots).find(|prefix| {
            let mut family = all.iter().filter(|id| id.starts_with(prefix));
            let many = family.clone().nth(1).is_some();
            many && family.all(|id| metrics.contains(id))
        });
        patterns.push(match whole {
            Some(prefix) => format!("{prefix}*"),
            None => (*metric).to_owned(),
        });
    }
    patterns
}
