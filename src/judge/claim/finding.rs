//! What one record says of a claim, and the figures that say it.

use serde::Serialize;

use crate::record::figure::{Absent, Estimate};
use crate::record::{Nature, Record, Unit};

/// A run among those given.
#[derive(Debug, Clone, Copy)]
pub struct Run<'r> {
    /// Its place among the records given, from 0.
    pub number: usize,
    /// Its record.
    pub record: &'r Record,
}

/// What came of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every figure that speaks does so for it.
    Holds,
    /// Every figure that speaks does so against it.
    DoesNotHold,
    /// Some speak for it, some against.
    Depends,
    /// There are figures, and noise hides what they would say.
    NoDifference,
    /// There are no figures to tell.
    NotMeasured,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "does not hold",
            Verdict::Depends => "depends",
            Verdict::NoDifference => "no difference",
            Verdict::NotMeasured => "not measured",
        }
    }
}

/// What a figure says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// What others are held against.
    Reference,
    /// What the statement does not cover, to be seen beside it.
    Beside,
    /// It speaks for the claim.
    For,
    /// It speaks against it.
    Against,
    /// The difference is within noise.
    NoDifference,
    /// A single sample: noise is not known.
    OneSample,
}

impl Mark {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Mark::Reference => "compared with",
            Mark::Beside => "alongside",
            Mark::For => "for",
            Mark::Against => "against",
            Mark::NoDifference => "no difference",
            Mark::OneSample => "one sample",
        }
    }
}

/// A figure that a verdict stands on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// What it is of: a form, or what was added up.
    pub label: String,
    /// What it tells: a metric's id, or how it was computed from those of `places`.
    pub what: String,
    /// What it counts.
    pub unit: Unit,
    /// Whether it repeats.
    pub nature: Nature,
    /// The figure; `None` when what was tried failed, and of a fact that is no figure.
    #[serde(flatten)]
    pub estimate: Option<Estimate>,
    /// What it says.
    pub mark: Mark,
    /// The observations that it comes from; none for what was stated.
    pub places: Vec<Place>,
}

/// Where an observation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The record's place among those given, from 0.
    pub record: usize,
    /// The observation's place in the record, from 0.
    pub observation: usize,
}

/// What figures say of a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What came of it.
    pub verdict: Verdict,
    /// On what it depends, or why it was not measured; empty otherwise.
    pub why: String,
    /// The figures that it stands on.
    pub exhibits: Vec<Evidence>,
    /// Figures that would have been heard too.
    pub absent: Vec<Absent>,
}
