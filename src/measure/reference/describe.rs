//! What a record has of a reference.

use super::place::Place;
use super::table::Reference;
use crate::form;
use crate::record;

impl Reference {
    /// Its description for a record, with the command lines that are run in `place`.
    pub fn describe(&self, place: Option<&Place>) -> record::Reference {
        let lines = place.and_then(|place| self.lines(place).ok()).unwrap_or_default();
        let works = lines.into_iter().map(|(work, sides)| record::Work {
            work: work.id().to_owned(),
            ours: sides.ours.to_string(),
            reference: sides.reference.to_string(),
        });
        let tool = self.tool().unwrap_or_else(|missing| missing);
        let script = place.and_then(Place::script).filter(|_| self.is_script());
        let own = form::by_id(self.form).map(|form| form.settings());
        record::Reference {
            id: self.id.to_owned(),
            of: self.of.to_owned(),
            about: self.about.to_owned(),
            tool: script.into_iter().chain([tool.as_str()]).collect::<Vec<_>>().join("; "),
            settings: self.settings.to_owned(),
            of_settings: own.unwrap_or_default(),
            notes: self.notes(),
            works: works.collect(),
        }
    }
}
