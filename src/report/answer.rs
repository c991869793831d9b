//! The answer in a few sentences, each figure computed from the record.

use crate::record::Unit;

use super::table::{REFERENCE, Row, Table};
use super::units;

/// How long one header takes: the middle one, warm, since it is neither the luckiest nor the
/// unluckiest of an archive that is read from its start.
pub(super) const ONE_HEADER: &str = "extract.one.middle.warm";

const SIZE: &str = "size.bytes";
const MOUNTED: &str = "extract.mount.one";

/// A sentence in pieces, some of them names of forms.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub(super) struct Sentence {
    /// In order.
    pub pieces: Vec<Piece>,
}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Piece {
    /// Its text.
    pub text: String,
    /// Whether it names a form.
    pub form: bool,
}

impl Sentence {
    /// Without any emphasis.
    pub(super) fn plain(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.pieces.push(Piece { text: text.into(), form: false });
        self
    }

    fn name(mut self, form: &str) -> Self {
        self.pieces.push(Piece { text: form.to_owned(), form: true });
        self
    }
}

/// The smallest form, the fastest to one header, and the kernel's archive next to squashfs.
pub(super) fn sentences(table: &Table) -> Vec<Sentence> {
    let answers = [smallest(table), limit(table), fastest(table), kernels(table), held(table)];
    let mut sentences: Vec<_> = answers.into_iter().flatten().collect();
    if sentences.is_empty() {
        sentences.push(Sentence::default().say(
            "This record holds no figure that would answer the question; the reasons are below.",
        ));
    }
    sentences
}

fn smallest(table: &Table) -> Option<Sentence> {
    let (row, bytes) = ranked(table, SIZE, |_| true).into_iter().next()?;
    let tree = table.record.dataset.census.bytes as f64;
    let mut sentence = Sentence::default()
        .say("The smallest form is ")
        .name(row.form)
        .say(format!(": {}", sized(bytes)));
    if tree > 0.0 {
        let whole = units::short(Unit::Bytes, tree);
        let share = units::short(Unit::PartsPerMillion, bytes / tree * 1e6);
        sentence = sentence.say(format!(", {share} of the headers’ {whole}"));
    }
    Some(sentence.say("."))
}

/// What the strongest compressor comes to, against the smallest that a kernel can have.
fn limit(table: &Table) -> Option<Sentence> {
    let column = table.column(SIZE)?;
    let limits = table.rows.iter().filter(|row| row.info.is_some_and(|info| info.limit));
    let (row, bytes) = limits.filter_map(|row| Some((row, row.median(column)?))).next()?;
    let (_, smallest) = ranked(table, SIZE, |_| true).into_iter().next()?;
    Some(
        Sentence::default()
            .say("No kernel decodes ")
            .name(row.form)
            .say(format!(", which tells what could be had: {}, ", sized(bytes)))
            .say(format!("{} than the smallest of the others.", compared(bytes, smallest))),
    )
}

fn fastest(table: &Table) -> Option<Sentence> {
    let ranked = ranked(table, ONE_HEADER, |_| true);
    let (first, time) = *ranked.first()?;
    let ties: Vec<_> = ranked.iter().skip(1).filter(|(row, _)| same(table, first, row)).collect();
    let mut sentence = Sentence::default()
        .say("Of the forms that save space, ")
        .name(first.form)
        .say(format!(" hands out one header soonest: {} from a warm cache", timed(time)));
    if let [(row, _), others @ ..] = ties.as_slice() {
        sentence = sentence.say(" (within noise of it: ").name(row.form);
        if !others.is_empty() {
            sentence = sentence.say(format!(" and {} more", others.len()));
        }
        sentence = sentence.say(")");
    } else if single(table, first) && ranked.len() > 1 {
        sentence = sentence.say(" (one sample each, so that the order is not established)");
    }
    if let Some(kernels) = table.median(REFERENCE, ONE_HEADER)
        && first.form != REFERENCE
    {
        sentence =
            sentence.say(", where ").name(REFERENCE).say(format!(" takes {}", timed(kernels)));
    }
    Some(sentence.say("."))
}

fn kernels(table: &Table) -> Option<Sentence> {
    let size = table.median(REFERENCE, SIZE)?;
    let squashfs = |row: &Row| row.form.starts_with("squashfs");
    let sizes = ranked(table, SIZE, squashfs);
    let mut sentence = Sentence::default()
        .say("The kernel’s own ")
        .name(REFERENCE)
        .say(format!(" takes {}; ", sized(size)));
    sentence = match sizes.as_slice() {
        [] => return None,
        [(row, bytes)] => sentence.name(row.form).say(format!(" is {}", compared(*bytes, size))),
        [(least, low), .., (most, high)] => sentence
            .say(format!("the squashfs forms are from {} (", compared(*low, size)))
            .name(least.form)
            .say(format!(") to {} (", compared(*high, size)))
            .name(most.form)
            .say(")"),
    };
    sentence = match ranked(table, ONE_HEADER, squashfs).as_slice() {
        [] => sentence,
        [(row, time)] => sentence
            .say(" and ")
            .name(row.form)
            .say(format!(" hands out one header in {}", timed(*time))),
        [(first, low), .., (last, high)] => sentence
            .say(format!(" and hand out one header in {} (", timed(*low)))
            .name(first.form)
            .say(format!(") to {} (", timed(*high)))
            .name(last.form)
            .say(")"),
    };
    if let Some((row, time)) = ranked(table, MOUNTED, squashfs).first() {
        sentence = sentence
            .say(format!(", or, once the kernel has mounted them, from {} (", timed(*time)))
            .name(row.form)
            .say(")");
    }
    Some(sentence.say("."))
}

/// What stays in the kernel, for the form that holds the least in each way to hold it.
fn held(table: &Table) -> Option<Sentence> {
    const WAYS: [(&str, &str); 5] = [
        ("memory.blockdev.all.pinned", " mounted from a module’s block device"),
        ("memory.pseudofs.all.pinned", " in a module that is a file system"),
        ("memory.module.read.pinned", " in a module as it is, to be extracted by who reads it"),
        ("memory.extract-unload.unloaded.pinned", " extracted to tmpfs, its module unloaded"),
        ("memory.tmpfs.present.pinned", " as files on tmpfs"),
    ];
    let least = |metric: &str| {
        let column = table.column(metric)?;
        let rows = table.rows.iter().filter(|row| row.info.is_some_and(|info| !info.limit));
        let held = rows.filter_map(|row| Some((row, row.median(column)?)));
        held.min_by(|a, b| a.1.total_cmp(&b.1))
    };
    let found = WAYS.iter().filter_map(|(metric, way)| Some((least(metric)?, way)));
    let mut sentence = Sentence::default()
        .say("After everything was read and memory got tight, the kernel still holds ");
    let mut first = true;
    for ((row, bytes), way) in found {
        let lead = if first { "" } else { "; " };
        let bytes = units::short(Unit::Bytes, bytes);
        sentence = sentence.say(format!("{lead}{bytes} for ")).name(row.form).say(*way);
        first = false;
    }
    (!first).then(|| sentence.say("."))
}

/// The forms that save space, can be had, are `wanted` and have a figure for `metric`; the least
/// first.
fn ranked<'t, 'r>(
    table: &'t Table<'r>,
    metric: &str,
    wanted: impl Fn(&Row) -> bool,
) -> Vec<(&'t Row<'r>, f64)> {
    let Some(column) = table.column(metric) else {
        return Vec::new();
    };
    let can_be_had = |row: &&Row| row.info.is_some_and(|info| !info.limit);
    let rows = table.rows.iter().filter(can_be_had).filter(|row| table.saves(row) && wanted(row));
    let mut ranked: Vec<_> = rows.filter_map(|row| Some((row, row.median(column)?))).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    ranked
}

/// Whether the intervals of two forms overlap, so that neither is known to be the faster.
fn same(table: &Table, a: &Row, b: &Row) -> bool {
    let interval =
        |row: &Row| table.column(ONE_HEADER).and_then(|column| row.cells[column].summary?.interval);
    match (interval(a), interval(b)) {
        (Some(a), Some(b)) => a.low <= b.high && b.low <= a.high,
        _ => false,
    }
}

/// Whether one header of a form was read once only: nothing tells noise from difference then.
fn single(table: &Table, row: &Row) -> bool {
    let column = table.column(ONE_HEADER);
    column.and_then(|column| row.cells[column].summary).is_some_and(|summary| summary.count == 1)
}

fn sized(bytes: f64) -> String {
    format!("{} ({})", units::exact(Unit::Bytes, bytes), units::short(Unit::Bytes, bytes))
}

fn compared(bytes: f64, reference: f64) -> String {
    let difference = units::difference(bytes, reference);
    match difference.strip_prefix('−') {
        Some(less) => format!("{less} smaller"),
        None => format!("{} larger", difference.trim_start_matches('+')),
    }
}

fn timed(nanoseconds: f64) -> String {
    units::short(Unit::Nanoseconds, nanoseconds)
}
