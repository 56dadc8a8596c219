//! Medians, percentiles, and pairs of measurements in alternating order: what another process does to the
//! machine meanwhile then happens to both sides.

use std::future::Future;
use std::time::{Duration, Instant};

use super::results::figure;

/// What two things came to (seconds, or a rate), run by run: A B, B A, A B, ….
#[derive(Default)]
pub struct Pairs {
    pub subject: Vec<f64>,
    pub floor: Vec<f64>,
}

/// Measures both in turn. Each says what it came to.
pub async fn alternate<A, B>(
    runs: usize,
    mut subject: impl FnMut(usize) -> A,
    mut floor: impl FnMut(usize) -> B,
) -> Pairs
where
    A: Future<Output = f64>,
    B: Future<Output = f64>,
{
    let mut pairs = Pairs::default();
    for run in 0..runs {
        if run % 2 == 0 {
            pairs.subject.push(subject(run).await);
            pairs.floor.push(floor(run).await);
        } else {
            pairs.floor.push(floor(run).await);
            pairs.subject.push(subject(run).await);
        }
    }
    pairs
}

pub async fn seconds(work: impl Future<Output = ()>) -> f64 {
    let started = Instant::now();
    work.await;
    started.elapsed().max(Duration::from_nanos(1)).as_secs_f64()
}

impl Pairs {
    /// Subject to floor, pair by pair.
    pub fn ratios(&self) -> Vec<f64> {
        self.subject
            .iter()
            .zip(&self.floor)
            .map(|(subject, floor)| subject / floor)
            .collect()
    }

    /// The same with what is turned over: of durations, how many times as fast the subject is.
    pub fn speedups(&self) -> Vec<f64> {
        self.ratios().into_iter().map(f64::recip).collect()
    }
}

/// The value below which that share of them lies, 0.5 being the median. Not a number where there is none.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let place = (share * sorted.len() as f64) as usize;
    sorted
        .get(place.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// The median, and between which values they all lie: `0.97 (0.93–1.02)`.
pub fn spread(values: &[f64]) -> String {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!(
        "{} ({}–{})",
        figure(median(values)),
        figure(lowest),
        figure(highest)
    )
}
