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

impl Notes<'_> {
    /// The notes as a block.
    pub(super) fn block(&self) -> block::Block {
        let note = |note: &Note| {
            let places = note.places().into_iter();
            let places =
                places.map(|(forms, axes)| format!("{}: {}", forms.join(", "), axes.join(", ")));
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

impl<'r> Note<'r> {
    /// What it holds for: forms, and the axes of which all of them lack figures.
    fn places(&self) -> Vec<(Vec<&'r str>, Vec<&'r str>)> {
        let mut places: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        let mut forms: Vec<&str> = self.cells.iter().map(|(form, _)| *form).collect();
        forms.dedup();
        for form in forms {
            let metrics =
                self.cells.iter().filter(|(of, _)| *of == form).map(|(_, metric)| *metric);
            let mut axes: Vec<&str> =
                metrics.filter_map(|metric| metric.split('.').next()).collect();
            axes.dedup();
            match places.iter_mut().find(|(_, known)| *known == axes) {
                Some((forms, _)) => forms.push(form),
                None => places.push((vec![form], axes)),
            }
        }
        places
    }
}
