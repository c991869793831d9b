//! The run itself: what was measured, where, how, every sample, and how to measure it again.

use crate::record::units;
use crate::record::{Record, Unit};
use crate::report::block::{
    Block, Cell, Column, Depth, Details, Kind, Row, Section, Style, Table, Tone, Words,
};
use crate::report::figures::{Figures, anchor};
use crate::sys::shell;

const METHOD: &str = "Each axis has its method below it. Intervals are 95 % CIs of the median. Those of times \
     are from the noise of all forms. Those of other figures are between two order statistics from six \
     samples on; with two to five samples they are Student’s, of the geometric mean. A single sample has \
     none. The bar behind a figure has its length, or that of its logarithm where the largest of a column is \
     more than 30 times the smallest.";

/// Set, kernel, machine, date and program version.
pub(in crate::report) fn about(record: &Record) -> Vec<Block> {
    let (dataset, machine) = (&record.dataset, &record.machine);
    let line = format!(
        "{}: {}, {}. Run on {} with {}, {}, {}, by {}.",
        dataset.title,
        units::counted(dataset.census.files, "file"),
        units::exact(Unit::Bytes, dataset.census.bytes as f64),
        record.started,
        machine.cpu,
        units::counted(machine.cores, "core"),
        machine.kernel,
        record.generator,
    );
    let mut blocks = vec![Block::small(line)];
    let mut notice = |strong: &str, text: &str| {
        blocks.push(Block::Text(Tone::Notice, Words::default().strong(strong).then(text)));
    };
    if record.finished.is_none() {
        notice(
            "This run was interrupted.",
            " The figures until then are here; the rest is missing.",
        );
    }
    if record.settings.quick {
        notice("A quick run:", " one sample of each figure, so that no interval can be given.");
    }
    blocks
}

/// The sections on the run.
pub(in crate::report) fn sections(figures: &Figures) -> Vec<Section> {
    let record = figures.record;
    let notes = figures.notes.list.is_empty().then(Vec::new);
    let notes = notes.unwrap_or_else(|| vec![figures.notes.block()]);
    let again = vec![Block::Code(shell::quoted(&record.command))];
    let mut sections = vec![
        section(figures, "notes", "Skipped, failed, modelled", Depth::Brief, notes),
        section(figures, "run", "Machine and versions", Depth::Full, vec![machine(record)]),
        section(figures, "dataset", "Dataset", Depth::Full, dataset(record)),
        section(figures, "method", "Method", Depth::Full, method(record)),
        section(figures, "samples", "Samples", Depth::Page, samples(record, figures.run)),
        section(figures, "again", "Measure it again", Depth::Full, again),
    ];
    sections.retain(|section| !section.blocks.is_empty());
    sections
}

fn section(figures: &Figures, id: &str, title: &str, depth: Depth, blocks: Vec<Block>) -> Section {
    let id = format!("r{}-{id}", figures.run);
    Section { id, title: title.to_owned(), depth, blocks }
}

fn machine(record: &Record) -> Block {
    let (machine, settings) = (&record.machine, &record.settings);
    let program = Words::from(format!("{}, record schema {}", record.generator, record.schema));
    let program = match record.program.as_str() {
        "" => program,
        digest => program.then("; SHA-256 ").styled(Style::Hash, digest),
    };
    let rounds = match (settings.quick, settings.samples) {
        (true, _) => "quick, one round".to_owned(),
        (false, None) => "as many rounds as the time allowed".to_owned(),
        (false, Some(rounds)) => format!("{rounds} rounds"),
    };
    let finished = record.finished.as_deref().unwrap_or("its interruption");
    let mut terms: Vec<(String, Words)> = vec![("Program".to_owned(), program)];
    let mut term = |name: &str, words: Words| terms.push((name.to_owned(), words));
    for (name, text) in [
        ("Time", format!("{} to {finished}", record.started)),
        ("Settings", format!("{rounds}; axes {}", settings.axes.join(", "))),
        ("Processor", format!("{}, {} online", machine.cpu, machine.cores)),
        ("Memory", units::short(Unit::Bytes, machine.memory as f64)),
        ("System", format!("{}; {}", machine.kernel, machine.os)),
        ("Virtual", machine.virtualization.clone()),
        ("Governor", machine.governor.clone()),
        ("Load at start", machine.load.clone()),
        ("Storage", machine.storage.clone()),
        ("Machine", machine.id.clone()),
    ] {
        term(name, text.into());
    }
    if let Some(guest) = &record.laboratory {
        let config = guest.config.iter().map(|(name, value)| format!("{name}={value}"));
        let config = config.collect::<Vec<_>>().join(", ");
        let words = Words::from(format!("Linux {}, started with ", guest.kernel));
        let words = words.styled(Style::Code, &guest.command_line).then(format!("; {config}"));
        term("Test VM", words);
        for source in &guest.sources {
            let words = Words::from(format!("{} {} ", source.name, source.version));
            term("", words.styled(Style::Hash, &source.sha256));
        }
    }
    for (number, tool) in machine.tools.iter().enumerate() {
        let name = if number == 0 { "Tools" } else { "" };
        term(name, format!("{}: {}", tool.name, tool.version).into());
    }
    Block::Terms(terms)
}

fn dataset(record: &Record) -> Vec<Block> {
    let set = &record.dataset;
    let census = &set.census;
    let bytes = |bytes: u64| units::exact(Unit::Bytes, bytes as f64);
    let words = Words::from(format!(
        "{}. {} files, {} links and {} folders hold {} ({}). ",
        set.title,
        units::count(census.files),
        units::count(census.links),
        units::count(census.dirs),
        bytes(census.bytes),
        units::short(Unit::Bytes, census.bytes as f64),
    ));
    let name = |words: Words| words.name(&set.name);
    let words = match set.pinned {
        Some(true) => name(words.then("This is exactly the set of the manifest ")).then("."),
        Some(false) => name(words.strong("This is not the set of the manifest "))
            .then(": its figures are for this set alone."),
        None => words.then("No manifest fixes its content: its figures are for this set alone."),
    };
    let mut blocks = vec![Block::text(words)];
    let notes = set.notes.iter().map(|note| Block::Text(Tone::Notice, note.as_str().into()));
    blocks.extend(notes);
    let mut terms = vec![
        ("Name".to_owned(), Words::from(set.name.as_str())),
        ("Digest".to_owned(), Words::default().styled(Style::Hash, &set.digest)),
    ];
    for (number, source) in set.sources.iter().enumerate() {
        let term = if number == 0 { "Sources" } else { "" };
        let words = Words::from(format!("{} {}", source.name, source.version));
        let hash = format!(" sha256 {}", source.sha256);
        let words = if source.sha256.is_empty() { words } else { words.styled(Style::Hash, hash) };
        terms.push((term.to_owned(), words));
    }
    if let Some(closure) = &set.closure {
        let words = Words::default().styled(Style::Code, closure.program.trim()).then(format!(
            " reads {} headers, {} (list from {})",
            units::count(closure.files),
            bytes(closure.bytes),
            closure.origin
        ));
        terms.push(("One program".to_owned(), words));
    }
    blocks.push(Block::Terms(terms));
    blocks
}

fn method(record: &Record) -> Vec<Block> {
    let rows = record.forms.iter().map(|form| Row {
        cells: [&form.id, &form.about, &form.tool].map(Cell::new).into(),
        ..Row::default()
    });
    let forms = Table {
        title: "Forms".to_owned(),
        kind: Kind::Words,
        columns: ["form", "what it is", "written and read by"].map(Column::left).into(),
        rows: rows.collect(),
        ..Table::default()
    };
    vec![Block::text(METHOD), Block::Table(forms)]
}

/// Every observation with its samples, each to the last digit.
fn samples(record: &Record, run: usize) -> Vec<Block> {
    let rows = record.observations.iter().enumerate().map(|(at, seen)| {
        let samples = seen.outcome.samples().iter().map(|sample| units::count(*sample));
        let samples = samples.collect::<Vec<_>>().join("  ");
        let samples = match samples.is_empty() {
            true => seen.outcome.why().unwrap_or_default().to_owned(),
            false => samples,
        };
        let unit = units::name(seen.unit);
        let cells = [&seen.form, &seen.metric, unit, &samples].map(Cell::new);
        Row { id: Some(anchor(run, at)), cells: cells.into(), ..Row::default() }
    });
    let table = Table {
        kind: Kind::Samples,
        columns: ["form", "metric", "unit", "samples"].map(Column::left).into(),
        rows: rows.collect(),
        ..Table::default()
    };
    if table.rows.is_empty() {
        return vec![Block::text("None.")];
    }
    let count = units::count(table.rows.len() as u64);
    let summary =
        format!("All {count} observations with every sample, in the order of the run").into();
    vec![Block::Details(Details { id: None, summary, blocks: vec![Block::Table(table)] })]
}
