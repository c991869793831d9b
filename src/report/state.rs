//! What became of a figure.

/// What became of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Measured,
    /// Computed, not measured.
    Modelled,
    Skipped,
    Failed,
    /// The record has nothing of it, and should.
    Missing,
    /// The row is no form, and has but a figure or two of its own.
    NotAsked,
}

impl State {
    /// Its name in a report.
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Measured => "measured",
            State::Modelled => "modelled",
            State::Skipped => "skipped",
            State::Failed => "failed",
            State::Missing => "missing",
            State::NotAsked => "not asked",
        }
    }

    /// What is in the figure's place, or before it.
    pub(super) fn mark(self) -> &'static str {
        match self {
            State::Measured => "",
            State::Modelled => "~",
            State::Skipped => "–",
            State::Failed => "✗",
            State::Missing => "?",
            State::NotAsked => "·",
        }
    }
}
