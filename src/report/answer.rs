//! The answer in three sentences, each figure computed from the record and led back to it.

use std::cmp::Ordering;
use std::slice;

use crate::judge::choose::{Access, CRITERIA, Candidate, Constraints, Criterion, NEEDS, choose};
use crate::judge::claim;
use crate::judge::claim::{Evidence, Judgement, Mark, Verdict};
use crate::record::figure::{Figure, Order, figure};
use crate::record::{Delivery, Nature, Record, Unit, id, is_of_guest};

use super::table::{REFERENCE, Table};
use super::{claims, units};

/// How long one header takes: the middle one, warm, since it is neither the luckiest nor the
/// unluckiest of an archive that is read from its start.
pub(super) const ONE_HEADER: &str = id::EXTRACT_ONE_MIDDLE_WARM;

/// What the archive was chosen for in the debate; the first two that have a verdict are told.
const MATTER: [&str; 3] = ["total-memory", "per-file-too-slow", "squashfs-larger"];

/// A respect in which what was merged stands against the rest.
struct Respect {
    verb: &'static str,
    metric: String,
    manner: &'static str,
    /// What leads to the least of the others, and where that is looked for.
    least: &'static str,
    rivals: Vec<String>,
}

fn respects() -> [Respect; 4] {
    let own = |verb, metric: &str, least| {
        let metric = metric.to_owned();
        Respect { verb, rivals: vec![metric.clone()], metric, manner: "", least }
    };
    let module = Delivery::Module.pinned_in_use().to_string();
    let new_code = Delivery::ALL.iter().filter(|delivery| delivery.row().new_code);
    [
        own("takes ", id::SIZE_BYTES, "the smallest is "),
        Respect {
            manner: " in its module",
            ..own("pins ", &module, "least pinned in a module is ")
        },
        Respect {
            verb: "pins ",
            metric: Delivery::ExtractUnload.pinned_in_use().to_string(),
            manner: " once extracted and unloaded",
            least: "least pinned as files that new code in the kernel gives is ",
            rivals: new_code.map(|delivery| delivery.pinned_in_use().to_string()).collect(),
        },
        own("hands out one header in ", ONE_HEADER, "one header comes soonest from "),
    ]
}

/// Whether an access method is meant.
type Meant = fn(Access) -> bool;

/// How a device may have its headers: what leads to who is best there, what is needed of all that are
/// compared, and which access methods are meant.
const CHOICES: [(&str, &[&str], Meant); 5] = [
    ("in a module, for whoever extracts it, ", &[], |way| {
        way == Access::Delivered(Delivery::Module)
    }),
    (
        "as files that a released kernel mounts, ",
        &[RELEASED],
        |way| matches!(way, Access::Delivered(delivery) if delivery.row().looped),
    ),
    ("as files that new code in the kernel gives, ", &[], |way| way.row().new_code),
    ("read by a program, ", &[], |way| way == Access::Read),
    ("as files that a kernel mounts, ", &[], |way| way == Access::Mount),
];

/// The need of a device whose kernel is one that was released.
const RELEASED: &str = "no-new-kernel-code";

/// A sentence in pieces.
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
    /// The place among the record's observations that it is of; `None` of what is no figure.
    pub link: Option<usize>,
}

impl Sentence {
    /// Without any emphasis.
    pub(super) fn plain(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.pieces.push(Piece { text: text.into(), form: false, link: None });
        self
    }

    fn name(mut self, form: &str) -> Self {
        self.pieces.push(Piece { text: form.to_owned(), form: true, link: None });
        self
    }

    fn linked(mut self, text: String, link: Option<usize>) -> Self {
        self.pieces.push(Piece { text, form: false, link });
        self
    }

    fn figure(self, figure: &Figure) -> Self {
        let value = figure.estimate.value;
        let text = match (figure.unit, figure.nature) {
            (Unit::Bytes, Nature::Exact) if !is_of_guest(&figure.metric) => {
                format!(
                    "{} ({})",
                    units::exact(figure.unit, value),
                    units::short(figure.unit, value)
                )
            }
            _ => units::short(figure.unit, value),
        };
        self.linked(text, Some(figure.observation))
    }
}

/// Who was right, what trades against what, and what to choose under which condition.
pub(super) fn sentences(table: &Table) -> Vec<Sentence> {
    let answers = [debate(table.record), costs(table), choice(table)];
    let mut sentences: Vec<_> = answers.into_iter().flatten().collect();
    if sentences.is_empty() {
        sentences.push(Sentence::default().say(
            "This record holds no figure that would answer the question; the reasons are below.",
        ));
    }
    sentences
}

fn debate(record: &Record) -> Option<Sentence> {
    let judgements = claim::judge(slice::from_ref(record));
    let told = |id: &&str| judgements.iter().find(|one| one.claim.id == *id);
    let matter = MATTER.iter().filter_map(told);
    let matter: Vec<_> = matter.filter(|one| one.verdict != Verdict::NotMeasured).take(2).collect();
    if matter.is_empty() {
        return None;
    }
    let tally = claims::tally(&judgements);
    let mut sentence = Sentence::default().say(tally.trim_end_matches('.'));
    for (number, judgement) in matter.into_iter().enumerate() {
        sentence = verdict(sentence.say(if number == 0 { "; " } else { ", and " }), judgement);
    }
    Some(sentence.say("."))
}

/// What was said, the verdict, what it was held against, and the ends of what was.
fn verdict(sentence: Sentence, judgement: &Judgement) -> Sentence {
    let statement = judgement.claim.statement.trim_end_matches('.');
    let sentence = sentence.say(format!("“{statement}” {} (", said(judgement.verdict)));
    let exhibits = judgement.findings.iter().flat_map(|finding| &finding.exhibits);
    let (references, others): (Vec<_>, Vec<_>) = exhibits
        .filter(|one| one.mark != Mark::Beside && one.estimate.is_some())
        .partition(|one| one.mark == Mark::Reference);
    let value = |one: &&Evidence| one.estimate.map_or(0.0, |estimate| estimate.value);
    let least = others.iter().copied().min_by(|a, b| value(a).total_cmp(&value(b)));
    let most = others.iter().copied().max_by(|a, b| value(a).total_cmp(&value(b)));
    let most = most.filter(|_| others.len() > 1);
    let mut sentence = sentence;
    for (number, one) in references.into_iter().chain(least).chain(most).enumerate() {
        let place = one.places.first().map(|place| place.observation);
        sentence = sentence.say(if number == 0 { "" } else { "; " }).say(format!("{} ", one.label));
        sentence = sentence.linked(claims::shown(one), place);
    }
    sentence.say(")")
}

/// The verdict as the end of a sentence.
fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NoDifference => "shows no difference",
        other => other.name(),
    }
}

/// What was merged, and what is less than that beyond noise.
fn costs(table: &Table) -> Option<Sentence> {
    let record = table.record;
    let respects = respects();
    let merged = respects.each_ref().map(|one| figure(record, REFERENCE, &one.metric).ok());
    let mut sentence = Sentence::default();
    let known: Vec<_> = respects
        .iter()
        .zip(&merged)
        .filter_map(|(one, found)| Some((one, found.as_ref()?)))
        .collect();
    for (number, (respect, found)) in known.iter().enumerate() {
        let lead = match number {
            0 => ", which was merged, ",
            last if last + 1 == known.len() => " and ",
            _ => ", ",
        };
        sentence = if number == 0 { sentence.name(REFERENCE) } else { sentence };
        sentence = sentence.say(format!("{lead}{}", respect.verb)).figure(found);
        sentence = sentence.say(respect.manner);
    }
    for (respect, found) in respects.iter().zip(&merged) {
        let rivals = rivals(table, respect);
        let Some(first) = rivals.first().filter(|first| first.form != REFERENCE) else { continue };
        let order = found.as_ref().map(|found| first.estimate.order(&found.estimate));
        if order == Some(Order::Same) {
            continue;
        }
        let lead = if sentence.pieces.is_empty() { "" } else { "; " };
        sentence = sentence.say(format!("{lead}{}", respect.least)).name(&first.form);
        sentence = sentence.say(", ").figure(first);
        let same = |other: &&Figure| other.estimate.order(&first.estimate) == Order::Same;
        let ties = rivals.iter().skip(1).filter(same).count();
        if first.estimate.range.is_none() {
            sentence = sentence.say(" (one sample each, so that the order is not established)");
        } else if ties > 0 {
            sentence = sentence.say(format!(" (and {ties} more within noise of it)"));
        }
    }
    (!sentence.pieces.is_empty()).then(|| sentence.say("."))
}

/// The figures of the forms that save space and can be had, the least first.
fn rivals(table: &Table, respect: &Respect) -> Vec<Figure> {
    let can_be_had = table.rows.iter().filter(|row| row.info.is_some());
    let forms: Vec<_> = can_be_had.filter(|row| table.saves(row)).map(|row| row.form).collect();
    let metrics = respect.rivals.iter();
    let of = |metric| forms.iter().filter_map(move |form| figure(table.record, form, metric).ok());
    let mut rivals: Vec<Figure> = metrics.flat_map(of).collect();
    rivals.sort_by(|a, b| a.estimate.value.total_cmp(&b.estimate.value));
    rivals
}

/// Who is on the front, by how the headers are had; `None` where single samples draw none.
fn choice(table: &Table) -> Option<Sentence> {
    let record = table.record;
    let usual = choose(record, &Constraints::default());
    let other = if usual.by.contains(&"pinned") { "pinned" } else { "one-header" };
    let by: Vec<_> = CRITERIA.iter().filter(|one| one.id == "size" || one.id == other).collect();
    let titles = by.iter().map(|criterion| criterion.title).collect();
    let titles = super::choice::by_words(titles);
    let saves = |form: &str| table.rows.iter().any(|row| row.form == form && table.saves(row));
    let mut sentence = Sentence::default().say(format!("To choose by {titles}: "));
    let mut told = false;
    for (lead, needs, fits) in CHOICES {
        let needs = NEEDS.iter().filter(|need| needs.contains(&need.id)).copied().collect();
        let wishes = Constraints { by: by.clone(), needs, ..Constraints::default() };
        let candidates = choose(record, &wishes).candidates;
        let there = candidates.iter().filter(|one| one.front && fits(one.way));
        let mut front: Vec<_> = there.filter(|one| saves(&one.form)).collect();
        let size =
            |one: &Candidate| by.first().and_then(|by| one.figure(by)).map(|f| f.estimate.value);
        front.sort_by(|a, b| size(a).partial_cmp(&size(b)).unwrap_or(Ordering::Equal));
        // A form is named once, whatever ways it stands there in.
        front.dedup_by(|a, b| a.form == b.form);
        if front.is_empty() || front.iter().any(|one| unsure(one, &by)) {
            continue;
        }
        let several = Access::all(record).into_iter().filter(|way| fits(*way)).count();
        sentence = sentence.say(format!("{}{lead}", if told { "; " } else { "" }));
        sentence = listed(sentence, &front, &by, several > 1);
        told = true;
    }
    told.then(|| sentence.say(" (no other is better in one of the two and in none worse)."))
}

fn unsure(candidate: &Candidate, by: &[&Criterion]) -> bool {
    by.iter().filter_map(|one| candidate.figure(one)).any(|one| one.estimate.range.is_none())
}

/// Up to two of `front`, each with its figures and, where there are `several`, its way; and how many more there are.
fn listed(
    mut sentence: Sentence,
    front: &[&Candidate],
    by: &[&Criterion],
    several: bool,
) -> Sentence {
    const SHOWN: usize = 2;
    for (number, one) in front.iter().take(SHOWN).enumerate() {
        sentence = sentence.say(if number == 0 { "" } else { ", " }).name(&one.form);
        sentence = match several {
            true => sentence.say(format!(", {} (", one.way)),
            false => sentence.say(" ("),
        };
        for (number, cell) in by.iter().filter_map(|criterion| one.cell(criterion)).enumerate() {
            let Some(found) = &cell.figure else { continue };
            let text = units::short(found.unit, found.estimate.value);
            sentence = sentence.say(if number == 0 { "" } else { ", " });
            sentence = sentence.linked(text, Some(found.observation));
            sentence = match cell.state {
                Some(state) => sentence.say(format!(" {state}")),
                None => sentence,
            };
        }
        sentence = sentence.say(")");
    }
    match front.len().saturating_sub(SHOWN) {
        0 => sentence,
        more => sentence.say(format!(" and {more} more")),
    }
}
