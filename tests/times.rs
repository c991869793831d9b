//! Intervals and comparisons of times, tried out on the noise that two recorded runs have.
//!
//! The two records are of one commit on one machine, fifty minutes apart. Their residuals, which are what is
//! left of the logarithm of a time without its form and its round, are drawn again into runs whose truth is
//! known. Every draw is from a fixed seed.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use kheaders_bench::judge::compare::{Change, Comparison, Row, compare};
use kheaders_bench::record;
use kheaders_bench::record::figure::figure;
use kheaders_bench::record::stats::pool::median;
use kheaders_bench::record::{Nature, Observation, Outcome, Record, Unit};
use kheaders_bench::report::comparison;

fn runs() -> [Record; 2] {
    ["first", "second"].map(|name| {
        let file = format!("tests/fixtures/one-commit-{name}.json");
        record::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
    })
}

fn changed(comparison: &Comparison) -> Vec<&Row> {
    let rows = comparison.rows.iter();
    rows.filter(|row| matches!(row.change, Change::Less | Change::More)).collect()
}

fn is_time(seen: &Observation) -> bool {
    seen.unit == Unit::Nanoseconds
}

/// Pseudo-random numbers (SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.next() % of.len() as u64).unwrap()]
    }
}

/// What one metric of a run has in it.
#[derive(Default)]
struct Noise {
    /// The effect of each round.
    rounds: Vec<f64>,
    /// The residuals of each form.
    forms: BTreeMap<String, Vec<f64>>,
}

/// The noise of each metric of `run`.
fn noise(run: &Record) -> BTreeMap<String, Noise> {
    let mut noise = BTreeMap::<String, Noise>::new();
    let mut metrics: Vec<&str> =
        run.observations.iter().filter(|seen| is_time(seen)).map(|seen| &*seen.metric).collect();
    metrics.dedup();
    metrics.sort_unstable();
    metrics.dedup();
    for metric in metrics {
        let rows: Vec<(&str, Vec<f64>)> = run
            .observations
            .iter()
            .filter(|seen| seen.metric == metric)
            .map(|seen| {
                let logs: Vec<f64> =
                    seen.outcome.samples().iter().map(|&sample| (sample as f64).ln()).collect();
                let middle = median(logs.clone());
                (seen.form.as_str(), logs.into_iter().map(|log| log - middle).collect())
            })
            .collect();
        let most = rows.iter().map(|row| row.1.len()).max().unwrap();
        let rounds: Vec<f64> = (0..most)
            .map(|at| {
                let cells: Vec<f64> =
                    rows.iter().filter_map(|row| row.1.get(at).copied()).collect();
                if cells.len() < 5 { 0.0 } else { median(cells) }
            })
            .collect();
        let forms = rows.into_iter().map(|(form, row)| {
            let left: Vec<f64> = row.iter().zip(&rounds).map(|(log, round)| log - round).collect();
            // What is left is too small by what the form's own middle took of it.
            let count = left.len() as f64;
            let (middle, scale) = (median(left.clone()), (count / (count - 1.0)).sqrt());
            (form.to_owned(), left.into_iter().map(|log| (log - middle) * scale).collect())
        });
        let forms = forms.collect();
        noise.insert(metric.to_owned(), Noise { rounds, forms });
    }
    noise
}

/// A sample of `level` nanoseconds that is off by `log`.
fn sample(level: f64, log: f64) -> u64 {
    (level * log.exp()).round() as u64
}

fn with(run: &Record, observations: Vec<Observation>) -> Record {
    Record { observations, ..run.clone() }
}

fn observation(form: &str, metric: &str, samples: Vec<u64>) -> Observation {
    Observation {
        form: form.to_owned(),
        metric: metric.to_owned(),
        unit: Unit::Nanoseconds,
        nature: Nature::Noisy,
        outcome: Outcome::Measured { samples },
    }
}

/// How many of the intervals of a synthetic metric have the truth in them when made `narrower` times as narrow,
/// with `rounds` rounds. Each form has the noise of a row that was recorded with at least nine samples.
fn covered(rounds: usize, narrower: f64) -> f64 {
    let mut random = Random(14);
    let runs = runs();
    let (mut inside, mut all) = (0, 0);
    for run in &runs {
        for (metric, noise) in noise(run) {
            let rows: Vec<&Vec<f64>> = noise.forms.values().filter(|row| row.len() > 8).collect();
            if rows.len() < 10 {
                continue;
            }
            for _ in 0..20 {
                let effects: Vec<f64> = (0..rounds).map(|_| *random.pick(&noise.rounds)).collect();
                let mean = effects.iter().sum::<f64>() / rounds as f64;
                let level = |form: usize| 1e9 * (form + 1) as f64;
                let observations = run.forms.iter().enumerate().map(|(at, form)| {
                    let row = *random.pick(&rows);
                    let samples =
                        effects.iter().map(|effect| sample(level(at), effect + random.pick(row)));
                    observation(&form.id, &metric, samples.collect())
                });
                let synthetic = with(run, observations.collect());
                for (at, form) in run.forms.iter().enumerate() {
                    let truth = level(at) * mean.exp();
                    let (low, high) =
                        figure(&synthetic, &form.id, &metric).unwrap().estimate.range.unwrap();
                    let (middle, reach) =
                        ((low * high).sqrt(), (high / low).sqrt().powf(1.0 / narrower));
                    inside += usize::from(middle / reach < truth && truth < middle * reach);
                    all += 1;
                }
            }
        }
    }
    inside as f64 / all as f64
}

#[test]
fn intervals_have_the_truth_in_them_as_often_as_they_say() {
    for rounds in [3, 5, 10] {
        let share = covered(rounds, 1.0);
        assert!((0.92..0.98).contains(&share), "{rounds} rounds: {share}");
        assert!(covered(rounds, 1.5) < 0.92, "{rounds} rounds: the test sees nothing");
    }
}

/// How a run is drawn again.
#[derive(Clone, Copy)]
struct Draw {
    /// How many times as long every sample is.
    slower: f64,
    /// How many times as large its noise is.
    louder: f64,
    /// How many rounds there are, if not as many as recorded.
    rounds: Option<usize>,
    /// With what the ids of its metrics start.
    metrics: &'static str,
}

const SAME: Draw = Draw { slower: 1.0, louder: 1.0, rounds: None, metrics: "" };

/// A run like `run`, with noise drawn from that of each row. Rows with too few samples for that draw from each
/// other. One draw is for all that was measured of a form in a round.
fn again(run: &Record, noise: &BTreeMap<String, Noise>, random: &mut Random, draw: Draw) -> Record {
    let order: Vec<u64> = (0..64).map(|_| random.next()).collect();
    let mut draws = BTreeMap::<&str, Vec<u64>>::new();
    let seen = run.observations.iter().filter(|seen| is_time(seen));
    let seen = seen.filter(|seen| seen.metric.starts_with(draw.metrics)).map(|seen| {
        let Noise { rounds: effects, forms } = &noise[&seen.metric];
        let few: Vec<f64> = forms.values().filter(|row| row.len() < 6).flatten().copied().collect();
        let own = &forms[&seen.form];
        let from = if own.len() < 6 { &few } else { own };
        let at = |number: u64, of: &[f64]| of[usize::try_from(number % of.len() as u64).unwrap()];
        let recorded = seen.outcome.samples();
        let level = draw.slower * median(recorded.iter().map(|&sample| sample as f64).collect());
        let draws =
            draws.entry(&seen.form).or_insert_with(|| (0..64).map(|_| random.next()).collect());
        let samples = (0..draw.rounds.unwrap_or(recorded.len())).map(|round| {
            let off = at(order[round], effects) + draw.louder * at(draws[round], from);
            sample(level, off)
        });
        observation(&seen.form, &seen.metric, samples.collect())
    });
    with(run, seen.collect())
}

#[test]
fn two_runs_of_one_commit_differ_by_the_machine() {
    let [first, second] = runs();
    let found = compare(&first, &second, false).unwrap();
    let drift = found.drift.clone().unwrap().common.unwrap();
    assert!((0.77..0.79).contains(&drift.value) && drift.high < 0.9, "{drift:?}");
    assert_eq!(found.rows.len(), 801);
    let changed: Vec<_> = changed(&found).iter().map(|row| (&row.form, &row.metric)).collect();
    assert!(changed.len() <= 5, "{changed:?}");
    let line = "The machine was 22 % faster in the new run";
    for text in [comparison::terminal(&found), comparison::markdown(&found)] {
        assert_eq!(text.matches(line).count(), 1, "{text}");
    }
    // Of a few forms alone, too.
    let few = |run: &Record| {
        let forms = ["tar.gz-9", "tar.zst-10", "files.zst-19", "squashfs.zst15-128k"];
        let kept = |seen: &&Observation| forms.contains(&seen.form.as_str());
        with(run, run.observations.iter().filter(kept).cloned().collect())
    };
    let found = compare(&few(&first), &few(&second), false).unwrap();
    let drift = found.drift.clone().unwrap().common.unwrap();
    assert!((0.7..0.88).contains(&drift.value), "{drift:?}");
    assert!(self::changed(&found).len() <= 2);
}

#[test]
fn ten_pairs_of_runs_of_one_commit_hardly_differ() {
    let mut random = Random(2);
    let (mut wrong, mut all) = (0, 0);
    for (pair, run) in runs().iter().cycle().take(10).enumerate() {
        let slower = [1.0, 1.1, 0.78, 1.3][pair % 4];
        let noise = noise(run);
        let [base, new] =
            [1.0, slower].map(|slower| again(run, &noise, &mut random, Draw { slower, ..SAME }));
        let found = compare(&base, &new, false).unwrap();
        wrong += changed(&found).len();
        all += found.rows.len();
        let drift = found.drift.unwrap().common.unwrap();
        assert!((drift.value / slower - 1.0).abs() < 0.04, "{slower}: {drift:?}");
    }
    assert!(wrong * 100 <= all, "{wrong} of {all}");
}

/// Comparisons for each form in which that form is slower.
const COMPARISONS: usize = 4;

/// The share of comparisons in which a build that is `slower` in the new run is found, and the share of other
/// builds that seem to have changed.
fn found(run: &Record, slower: f64, draw: Draw) -> (f64, f64) {
    let draw = Draw { metrics: "build.", ..draw };
    let (mut random, noise) = (Random(3), noise(run));
    let (mut hits, mut wrong, mut all) = (0, 0, 0);
    for form in &run.forms {
        for _ in 0..COMPARISONS {
            let [base, mut new] = [(); 2].map(|()| again(run, &noise, &mut random, draw));
            for seen in new.observations.iter_mut().filter(|seen| seen.form == form.id) {
                if let Outcome::Measured { samples } = &mut seen.outcome {
                    samples.iter_mut().for_each(|one| *one = sample(*one as f64, slower.ln()));
                }
            }
            let comparison = compare(&base, &new, false).unwrap();
            let changed = changed(&comparison);
            let (own, other): (Vec<_>, Vec<_>) =
                changed.into_iter().partition(|row| row.form == form.id);
            hits += u32::from(own.iter().any(|row| row.change == Change::More));
            wrong += other.len();
            all += comparison.rows.len() - 2;
        }
    }
    (f64::from(hits) / (COMPARISONS * run.forms.len()) as f64, wrong as f64 / all as f64)
}

/// What the noise of a machine lets one find. A change of a tenth is within noise for three rounds, and is not
/// claimed to be found in them.
#[test]
fn a_build_that_is_a_tenth_slower_is_found_with_enough_rounds() {
    let [first, second] = runs();
    let rounds = |rounds| Draw { rounds: Some(rounds), ..SAME };
    let half = |rounds| Draw { louder: 0.5, rounds: Some(rounds), ..SAME };
    for (run, slower, draw, least) in [
        (&first, 1.1, rounds(32), 0.9),
        (&second, 1.1, rounds(20), 0.9),
        (&first, 1.1, half(15), 0.9),
        (&second, 1.1, half(10), 0.9),
        (&second, 1.2, rounds(10), 0.9),
    ] {
        let (share, wrong) = found(run, slower, draw);
        assert!(share >= least, "{slower} in {:?} rounds: {share}", draw.rounds);
        assert!(wrong < 0.02, "{wrong}");
    }
    assert!(found(&first, 1.1, rounds(3)).0 < 0.5, "three rounds are enough: say so");
}

#[test]
fn a_change_of_one_metric_in_all_forms_is_drift_and_few_timings_have_none() {
    let [first, _] = runs();
    let mut slower = first.clone();
    for seen in slower.observations.iter_mut().filter(|seen| seen.metric == "build.cpu") {
        if let Outcome::Measured { samples } = &mut seen.outcome {
            samples.iter_mut().for_each(|one| *one = sample(*one as f64, 2.0f64.ln()));
        }
    }
    let found = compare(&first, &slower, false).unwrap();
    let drift = found.drift.clone().unwrap();
    assert!((drift.common.unwrap().value - 1.0).abs() < 0.01);
    assert!((drift.metrics["build.cpu"].value - 2.0).abs() < 0.1);
    assert!(changed(&found).is_empty());
    assert!(
        comparison::terminal(&found).contains("by metric +0 to +100 %"),
        "{}",
        comparison::terminal(&found)
    );

    let few = |run: &Record| {
        let kept = |seen: &&Observation| seen.metric == "build.wall";
        with(run, run.observations.iter().filter(kept).take(7).cloned().collect())
    };
    let found = compare(&few(&first), &few(&first), false).unwrap();
    assert_eq!(found.drift.as_ref().unwrap().common, None);
    assert!(comparison::terminal(&found).contains("7 timings are too few"));
}
