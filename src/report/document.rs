//! Records as a document: every topic, in order.

use anyhow::Result;

use crate::record::Record;

use super::block::{Block, Depth, Document, Part, Section};
use super::chart;
use super::figures::Figures;
use super::render;
use super::topic::{
    answer, axes, break_even, choice, claims, fronts, overview, references, run, several,
};

/// A kind of file that a report can be written as.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub id: &'static str,
    /// Renders records, one after another.
    pub render: fn(&[Record]) -> Result<String>,
}

/// Every kind of file, the usual one first.
pub const FORMATS: &[Format] = &[
    Format { id: "html", render: html },
    Format { id: "md", render: |records| Ok(render::markdown::document(&document(records))) },
    Format { id: "csv", render: render::csv::csv },
];

/// The kind of file named `id`.
pub fn format(id: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.id == id)
}

/// `records` as one page.
///
/// # Errors
/// A chart that can't be drawn: never the fault of a record.
pub fn html(records: &[Record]) -> Result<String> {
    render::html::document(&document(records))
}

/// What a run ends with on a terminal `width` columns wide.
pub fn terminal(record: &Record, width: usize) -> String {
    render::terminal::document(&document(std::slice::from_ref(record)), width)
}

fn document(records: &[Record]) -> Document {
    let numbered = records.iter().enumerate();
    let all: Vec<Figures> = numbered.map(|(at, record)| Figures::new(record, at + 1)).collect();
    let mut parts: Vec<Part> = all.iter().map(part).collect();
    let mut lead = Vec::new();
    match (records, parts.as_mut_slice()) {
        ([_], [part]) => part.sections.insert(1, claims::section(records)),
        ([], _) => {}
        (_, parts) => {
            for (part, figures) in parts.iter_mut().zip(&all) {
                let record = figures.record;
                let (name, cpu) = (&record.dataset.name, &record.machine.cpu);
                part.title = format!("{}. {name} on {cpu}, {}", figures.run, record.started);
            }
            lead.push(several::notice(records));
        }
    }
    if records.len() > 1 {
        let sections = vec![claims::section(records), several::section(&all)];
        let title = "All runs".to_owned();
        parts.insert(0, Part { id: "all".to_owned(), title, lead: Vec::new(), sections });
    }
    Document {
        title: "Kernel headers, form by form".to_owned(),
        question: "What it costs a Linux kernel to carry its own headers, in each form.".to_owned(),
        lead,
        parts,
    }
}

fn part(figures: &Figures) -> Part {
    let record = figures.record;
    let mut lead = vec![answer::block(figures)];
    lead.extend(run::about(record));
    let mut sections = vec![overview::section(figures)];
    sections.extend(axes::sections(figures));
    match fronts::section(record, figures.run) {
        Some(fronts) => sections.push(fronts),
        None => sections.extend(against(figures)),
    }
    sections.extend(break_even::section(record, figures.run));
    sections.extend(choice::section(record, figures.run));
    sections.extend(references::section(record, figures.run));
    sections.extend(run::sections(figures));
    Part { id: format!("r{}", figures.run), title: String::new(), lead, sections }
}

/// Size against the two costs that most devices choose by.
fn against(figures: &Figures) -> Option<Section> {
    let charts = chart::against(figures.record, figures.run);
    let (id, title) = (format!("r{}-against", figures.run), "Size against costs".to_owned());
    let blocks: Vec<Block> = charts.into_iter().map(Block::Chart).collect();
    (!blocks.is_empty()).then_some(Section { id, title, depth: Depth::Page, blocks })
}
