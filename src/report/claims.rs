//! Claims and their verdicts: for the terminal, in Markdown, and for the page.

use std::fmt::Write as _;

use serde::Serialize;

use crate::judge::claim::{Evidence, Finding, Judgement, Mark, Verdict};
use crate::record::Absence;
use crate::record::figure::{Absent, Estimate};
use crate::record::{Record, Unit};

use super::markdown::escaped;
use super::terminal::{clean, wrap};
use super::units;

/// A claim as a report shows it.
#[derive(Serialize)]
pub(super) struct View<'j> {
    judgement: &'j Judgement,
    verdict: &'static str,
    /// What it depends on, or why it is none, as a sentence.
    reason: String,
    /// What speaks for it and against, in brief.
    gist: String,
    findings: Vec<FindingView>,
}

/// What one record says.
#[derive(Serialize)]
struct FindingView {
    /// Which record, where there are several.
    run: Option<String>,
    /// The verdict with its reason.
    said: String,
    rows: Vec<RowView>,
    absent: Vec<String>,
}

/// A figure that a verdict is based on.
#[derive(Serialize)]
struct RowView {
    mark: &'static str,
    label: String,
    figure: String,
    interval: String,
    what: String,
    /// The anchors of its observations on the page.
    links: Vec<String>,
}

/// `judgements` of `records`, ready for a template.
pub(super) fn views<'j>(judgements: &'j [Judgement], records: &[Record]) -> Vec<View<'j>> {
    judgements.iter().map(|judgement| view(judgement, records)).collect()
}

fn view<'j>(judgement: &'j Judgement, records: &[Record]) -> View<'j> {
    let several = judgement.findings.len() > 1;
    let findings = judgement.findings.iter().enumerate().map(|(number, finding)| FindingView {
        run: several.then(|| run_name(number, records)),
        said: said(finding),
        rows: finding.exhibits.iter().map(row).collect(),
        absent: folded(&finding.absent),
    });
    View {
        judgement,
        verdict: judgement.verdict.name(),
        reason: reason(judgement),
        gist: judgement.findings.iter().find_map(gist).unwrap_or_default(),
        findings: findings.collect(),
    }
}

/// The first figure of each mark, and how many more there are; `None` where none was measured.
fn gist(finding: &Finding) -> Option<String> {
    let mut parts = Vec::new();
    for mark in [Mark::Reference, Mark::For, Mark::Against, Mark::NoDifference, Mark::Beside] {
        let mut of_mark = finding.exhibits.iter().filter(|exhibit| exhibit.mark == mark);
        let Some(first) = of_mark.next() else { continue };
        let fact = first.estimate.is_none() && first.places.is_empty();
        let shown = if fact { first.what.clone() } else { shown(first) };
        let more = match of_mark.count() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        parts.push(format!("{}: {} {shown}{more}", mark.name(), first.label));
    }
    (!parts.is_empty()).then(|| format!("{}.", capital(&parts.join("; "))))
}

fn run_name(number: usize, records: &[Record]) -> String {
    let record = records.get(number);
    let of = |text: fn(&Record) -> &str| record.map_or("", text);
    format!("{}. {}, {}", number + 1, of(|r| &r.dataset.name), of(|r| &r.started))
}

fn row(exhibit: &Evidence) -> RowView {
    let links = exhibit.places.iter();
    RowView {
        mark: exhibit.mark.name(),
        label: exhibit.label.clone(),
        figure: shown(exhibit),
        interval: exhibit.estimate.and_then(|e| interval(exhibit.unit, &e)).unwrap_or_default(),
        what: exhibit.what.clone(),
        links: links.map(|p| format!("r{}-o{}", p.record + 1, p.observation)).collect(),
    }
}

/// The figure of `exhibit`, or what there is in its place.
pub(super) fn shown(exhibit: &Evidence) -> String {
    match exhibit.estimate {
        Some(estimate) => figure(exhibit.unit, &estimate),
        None if exhibit.places.is_empty() => "–".to_owned(),
        None => "failed".to_owned(),
    }
}

/// Bytes to the byte, since what was said counts in powers of ten; all else short.
fn figure(unit: Unit, estimate: &Estimate) -> String {
    match unit {
        Unit::Bytes => units::exact(unit, estimate.value),
        _ => units::short(unit, estimate.value),
    }
}

/// The ends of a range, where there is one to speak of.
fn interval(unit: Unit, estimate: &Estimate) -> Option<String> {
    let (low, high) = estimate.range?;
    let scale = units::Scale::of(unit, estimate.value);
    (low < high && unit != Unit::Bytes)
        .then(|| format!("{} – {}", scale.digits(low), scale.digits(high)))
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

/// How many claims came to each verdict.
pub(super) fn tally(judgements: &[Judgement]) -> String {
    let count = |verdict| judgements.iter().filter(|j| j.verdict == verdict).count();
    let told = |verdict, one, many| match count(verdict) {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    };
    let parts = [
        told(Verdict::Holds, "holds", "hold"),
        told(Verdict::DoesNotHold, "does not hold", "do not hold"),
        told(Verdict::Depends, "depends", "depend"),
        told(Verdict::NoDifference, "shows no difference", "show no difference") + " beyond noise",
        told(Verdict::NotMeasured, "was not measured", "were not measured"),
    ];
    format!("Of {} claims: {}.", judgements.len(), parts.join(", "))
}

/// Claims for a terminal `width` columns wide.
pub fn terminal(judgements: &[Judgement], records: &[Record], width: usize) -> String {
    let mut text = String::new();
    for view in views(judgements, records) {
        let claim = view.judgement.claim;
        wrap(&format!("{}: ", view.verdict.to_uppercase()), claim.statement, width, &mut text);
        wrap("    ", &format!("{}, {}; {}", claim.who, claim.when, claim.source), width, &mut text);
        wrap("    Holds if: ", claim.predicts, width, &mut text);
        if !view.reason.is_empty() {
            wrap("    ", &clean(&view.reason), width, &mut text);
        }
        for finding in &view.findings {
            if let Some(run) = &finding.run {
                let verdict = format!("{run}: {}", finding.said);
                wrap("    ", &clean(&verdict), width, &mut text);
            }
            grid(finding, &mut text);
            for absent in &finding.absent {
                wrap("      not heard: ", &clean(absent), width, &mut text);
            }
        }
        text.push('\n');
    }
    text.push_str(&tally(judgements));
    text.push('\n');
    text
}

/// The verdict of one record with its reason.
fn said(finding: &Finding) -> String {
    match finding.why.as_str() {
        "" => finding.verdict.name().to_owned(),
        why => format!("{}, {why}", finding.verdict.name()),
    }
}

/// What the verdict depends on, or why it is none, as a sentence.
fn reason(judgement: &Judgement) -> String {
    let why = &judgement.why;
    if why.is_empty() {
        return String::new();
    }
    match judgement.verdict {
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

fn grid(finding: &FindingView, text: &mut String) {
    let chars = |text: &str| text.chars().count();
    let widest =
        |of: fn(&RowView) -> &str| finding.rows.iter().map(|row| chars(of(row))).max().unwrap_or(0);
    let (label, figure, spread) =
        (widest(|row| &row.label), widest(|row| &row.figure), widest(|row| &row.interval));
    for row in &finding.rows {
        let line = format!(
            "      {:13}  {:label$}  {:>figure$}  {:spread$}  {}",
            row.mark,
            clean(&row.label),
            row.figure,
            row.interval,
            clean(&row.what),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Claims in Markdown, as a part of a report.
pub(super) fn markdown(judgements: &[Judgement], records: &[Record], text: &mut String) {
    let _ = writeln!(text, "## Claims\n\n{}\n", tally(judgements));
    for view in views(judgements, records) {
        let claim = view.judgement.claim;
        let _ = writeln!(text, "### {}: {}\n", view.verdict, escaped(claim.statement));
        let source = format!("{}, {}; {}", claim.who, claim.when, claim.source);
        let _ = writeln!(text, "{}. Holds if: {}\n", escaped(&source), escaped(claim.predicts));
        if !view.reason.is_empty() {
            let _ = writeln!(text, "{}\n", escaped(&view.reason));
        }
        for finding in view.findings.iter().filter(|finding| !finding.rows.is_empty()) {
            if let Some(run) = &finding.run {
                let _ = writeln!(text, "{}: {}\n", escaped(run), escaped(&finding.said));
            }
            text.push_str("| says | of | figure | what |\n|:--|:--|--:|:--|\n");
            for row in &finding.rows {
                let interval = match row.interval.as_str() {
                    "" => String::new(),
                    ends => format!(" ({ends})"),
                };
                let (label, what) = (escaped(&row.label), escaped(&row.what));
                let figure = &row.figure;
                let _ = writeln!(text, "| {} | {label} | {figure}{interval} | {what} |", row.mark);
            }
            text.push('\n');
        }
    }
}
