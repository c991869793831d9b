//! Two outcomes of one measurement that meet: rounds of a run, or of a sweep.

use super::{Nature, Outcome};

impl Outcome {
    /// Adds a later outcome of the same measurement. A failure is not lost among samples, what was
    /// measured stays when a later round is skipped, and exact samples must not differ.
    pub fn add(&mut self, later: Self, nature: Nature) {
        match (&mut *self, later) {
            (Self::Failed { .. }, _) | (Self::Measured { .. }, Self::Skipped { .. }) => {}
            (Self::Measured { samples }, Self::Measured { samples: more }) => match nature {
                Nature::Exact if *samples == more => {}
                Nature::Exact => {
                    let error =
                        format!("two rounds of an exact metric differ: {samples:?} and {more:?}");
                    *self = Self::Failed { error };
                }
                _ => samples.extend(more),
            },
            (Self::Measured { samples }, Self::Failed { error }) => {
                let error = format!("{error} (after samples of {samples:?})");
                *self = Self::Failed { error };
            }
            (_, later) => *self = later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(rounds: &[Outcome], nature: Nature) -> Outcome {
        let mut rounds = rounds.iter().cloned();
        let mut all = rounds.next().unwrap();
        rounds.for_each(|round| all.add(round, nature));
        all
    }

    #[test]
    fn no_round_is_lost() {
        let measured = |sample| Outcome::Measured { samples: vec![sample] };
        let skipped = Outcome::Skipped { reason: "no room".into() };
        let failed = Outcome::Failed { error: "broken".into() };
        let noisy = |rounds: &[Outcome]| added(rounds, Nature::Noisy);
        let both = Outcome::Measured { samples: vec![1, 2] };
        assert_eq!(noisy(&[measured(1), measured(2)]), both);
        assert_eq!(noisy(&[skipped.clone(), measured(1), measured(2), skipped.clone()]), both);
        assert_eq!(noisy(&[failed.clone(), measured(1)]), failed);
        let late = Outcome::Failed { error: "broken (after samples of [1])".into() };
        assert_eq!(noisy(&[measured(1), failed, measured(2)]), late);
        assert_eq!(added(&[measured(1), measured(1)], Nature::Exact), measured(1));
        assert!(matches!(
            added(&[measured(1), measured(2)], Nature::Exact),
            Outcome::Failed { .. }
        ));
    }
}
