//! Claims with their verdicts and what these are based on.

use crate::judge::claim;
use crate::judge::claim::{Evidence, Finding, Judgement, Mark, Verdict};
use crate::record::figure::{Absent, Estimate};
use crate::record::units;
use crate::record::{Absence, Record, Unit};
use crate::report::block::{
    Aside, Block, Cell, Column, Details, Kind, Row, Section, Style, Table, Words,
};
use crate::report::figures::anchor;
use crate::report::render::terminal;

/// The claims on a terminal `width` columns wide.
pub fn terminal(judgements: &[Judgement], records: &[Record], width: usize) -> String {
    terminal::blocks(&blocks(judgements, records), width)
}

/// The claims by `records`.
pub(in crate::report) fn section(records: &[Record]) -> Section {
    Section {
        id: "claims".to_owned(),
        title: "Claims".to_owned(),
        blocks: blocks(&claim::judge(records), records),
        ..Section::default()
    }
}

fn blocks(judgements: &[Judgement], records: &[Record]) -> Vec<Block> {
    let lead = "The statements of the debate, each tested by the figures of this report. A difference \
                that noise can explain counts as none.";
    let mut blocks = vec![Block::text(format!("{lead} {}", tally(judgements)))];
    blocks.extend(judgements.iter().map(|judgement| Block::Details(details(judgement, records))));
    blocks
}

fn details(judgement: &Judgement, records: &[Record]) -> Details {
    let claim = judgement.claim;
    let gist = judgement.findings.iter().find_map(gist).unwrap_or_default();
    let summary = Words::default()
        .styled(Style::Verdict, judgement.verdict.name())
        .then(format!(" {} ", claim.statement))
        .styled(Style::Small, format!("{}, {}.{gist}", claim.who, claim.when));
    let predicts = Words::from(format!("It holds if: {} ", claim.predicts));
    let source = format!("Source: {}.", claim.source);
    let mut blocks = vec![Block::text(predicts.styled(Style::Small, source))];
    let reason = reason(judgement);
    if !reason.is_empty() {
        blocks.push(Block::text(reason));
    }
    let several = judgement.findings.len() > 1;
    for (number, finding) in judgement.findings.iter().enumerate() {
        if several {
            let run = Words::default().strong(run_name(number, records));
            blocks.push(Block::text(run.then(format!(": {}", with_reason(finding)))));
        }
        blocks.push(Block::Table(evidence(finding)));
        let absent = folded(&finding.absent);
        if !absent.is_empty() {
            blocks.push(Block::small(format!("No data: {}.", absent.join("; "))));
        }
    }
    if claim.id == "squashfs-needs-tools" {
        blocks.push(Block::Table(build_hosts()));
        blocks.push(Block::small(claim::RUST_WRITER));
    }
    Details { id: Some(format!("claim-{}", claim.id)), summary, blocks }
}

fn evidence(finding: &Finding) -> Table {
    let row = |one: &Evidence| {
        let links = one.places.iter().map(|place| anchor(place.record + 1, place.observation));
        let range = one.estimate.and_then(|estimate| range(one.unit, &estimate));
        let figure = Cell {
            links: links.collect(),
            aside: range.unwrap_or_default(),
            ..Cell::new(shown(one))
        };
        let cells =
            vec![Cell::new(&one.label), figure, Cell::new(one.mark.name()), Cell::new(&one.what)];
        Row { cells, ..Row::default() }
    };
    let [of, figure, shows, what] = ["of", "figure", "shows", "what it is"].map(Column::left);
    Table {
        kind: Kind::Words,
        columns: vec![of, Column { right: true, ..figure }, shows, what],
        rows: finding.exhibits.iter().map(row).collect(),
        ..Table::default()
    }
}

/// What each form needs to be made and to be used.
fn build_hosts() -> Table {
    let row = |needs: &claim::BuildHost| {
        let forms = match needs.prefix {
            "prepare" => "every form, before it is made".to_owned(),
            "tree" => "tree".to_owned(),
            prefix => format!("{prefix}*"),
        };
        let extra = if needs.extra { "yes" } else { "no" };
        let cells = [&forms, needs.host, extra, needs.target, needs.source].map(Cell::new);
        Row { cells: cells.into(), ..Row::default() }
    };
    let heads = ["forms", "build host", "beyond what a kernel build calls", "target", "source"];
    Table {
        title: "What each form needs today, without this program’s own writers".to_owned(),
        kind: Kind::Words,
        columns: heads.map(Column::left).into(),
        rows: claim::NEEDS.iter().map(row).collect(),
        ..Table::default()
    }
}

/// The first figure of each mark, and how many more there are; `None` where none was measured.
fn gist(finding: &Finding) -> Option<String> {
    let mut parts = Vec::new();
    for mark in [Mark::Reference, Mark::For, Mark::Against, Mark::NoDifference, Mark::Beside] {
        let mut of_mark = finding.exhibits.iter().filter(|one| one.mark == mark);
        let Some(first) = of_mark.next() else { continue };
        let fact = first.estimate.is_none() && first.places.is_empty();
        let shown = if fact { first.what.clone() } else { shown(first) };
        let more = match of_mark.count() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        parts.push(format!("{}: {} {shown}{more}", mark.name(), first.label));
    }
    (!parts.is_empty()).then(|| format!(" {}.", capital(&parts.join("; "))))
}

fn run_name(number: usize, records: &[Record]) -> String {
    let of = |text: fn(&Record) -> &str| records.get(number).map_or("", text);
    format!("{}. {}, {}", number + 1, of(|r| &r.dataset.name), of(|r| &r.started))
}

/// The figure of a piece of evidence, or what there is in its place. Bytes are exact, since what was said
/// counts in powers of ten.
fn shown(one: &Evidence) -> String {
    match one.estimate {
        Some(estimate) if one.unit == Unit::Bytes => units::exact(one.unit, estimate.value),
        Some(estimate) => units::short(one.unit, estimate.value),
        None if one.places.is_empty() => "–".to_owned(),
        None => "failed".to_owned(),
    }
}

/// The ends of a range, where there are two.
fn range(unit: Unit, estimate: &Estimate) -> Option<Aside> {
    let (low, high) = estimate.range?;
    let scale = units::Scale::of(unit, estimate.value);
    (low < high && unit != Unit::Bytes).then(|| Aside::Range(scale.digits(low), scale.digits(high)))
}

/// Absent figures, those of one reason together.
fn folded(absent: &[Absent]) -> Vec<String> {
    let mut reasons: Vec<(&Absence, Vec<&str>)> = Vec::new();
    for figure in absent {
        match reasons.iter_mut().find(|(why, _)| **why == figure.why) {
            Some((_, forms)) if forms.contains(&figure.form.as_str()) => {}
            Some((_, forms)) => forms.push(&figure.form),
            None => reasons.push((&figure.why, vec![&figure.form])),
        }
    }
    reasons.iter().map(|(why, forms)| format!("{}: {why}", forms.join(", "))).collect()
}

/// How many claims have each verdict.
fn tally(judgements: &[Judgement]) -> String {
    let count = |verdict, one, many| match judgements
        .iter()
        .filter(|judgement| judgement.verdict == verdict)
        .count()
    {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    };
    let parts = [
        count(Verdict::Holds, "holds", "hold"),
        count(Verdict::DoesNotHold, "does not hold", "do not hold"),
        count(Verdict::Depends, "depends", "depend"),
        count(Verdict::NoDifference, "shows no difference", "show no difference") + " beyond noise",
        count(Verdict::NotMeasured, "was not measured", "were not measured"),
    ];
    format!("Of {} claims: {}.", judgements.len(), parts.join(", "))
}

/// The verdict of one record with its reason.
fn with_reason(finding: &Finding) -> String {
    match finding.why.as_str() {
        "" => finding.verdict.name().to_owned(),
        why => format!("{}, {why}", finding.verdict.name()),
    }
}

/// What the verdict depends on, or why there is none, as a sentence.
fn reason(judgement: &Judgement) -> String {
    let why = &judgement.why;
    match judgement.verdict {
        _ if why.is_empty() => String::new(),
        Verdict::Depends => format!("It depends {why}."),
        Verdict::NotMeasured => format!("Not measured: {why}."),
        _ => format!("{}.", capital(why)),
    }
}

/// `text` with a capital first letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).collect()
}
