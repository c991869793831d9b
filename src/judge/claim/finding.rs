//! What one record says of a claim, and the figures that say it.

use serde::Serialize;

use crate::record::figure::{Absent, Estimate};
use crate::record::{Nature, Record, Unit};

/// A run among those given.
#[derive(Debug, Clone, Copy)]
pub struct Run<'r> {
    /// Its place among the records given, from 0.
    pub number: usize,
    pub record: &'r Record,
}

/// The verdict of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every figure that speaks does so for it.
    Holds,
    /// All figures that differ beyond noise contradict it.
    DoesNotHold,
    /// Some figures support it, some contradict it.
    Depends,
    /// All differences are within noise.
    NoDifference,
    /// No figures.
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

/// How a figure relates to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// What others are compared with.
    Reference,
    /// Shown for comparison; the statement does not cover it.
    Beside,
    /// It speaks for the claim.
    For,
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
            Mark::Beside => "for comparison",
            Mark::For => "for",
            Mark::Against => "against",
            Mark::NoDifference => "no difference",
            Mark::OneSample => "one sample",
        }
    }
}

/// A figure that a verdict is based on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// A form, or a sum.
    pub label: String,
    /// A metric's id, or how it was computed from those of `places`.
    pub what: String,
    pub unit: Unit,
    pub nature: Nature,
    /// The figure; `None` when what was tried failed, and of a fact that is no figure.
    #[serde(flatten)]
    pub estimate: Option<Estimate>,
    pub mark: Mark,
    /// The observations that it comes from; none for what was stated.
    pub places: Vec<Place>,
}

/// The place of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The record's place among those given, from 0.
    pub record: usize,
    /// The observation's place in the record, from 0.
    pub observation: usize,
}

/// The result of one test of a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    /// On what it depends, or why it was not measured; empty otherwise.
    pub why: String,
    pub exhibits: Vec<Evidence>,
    pub absent: Vec<Absent>,
}
