//! Medians, percentiles, and pairs of measurements in alternating order, so that noise affects both sides.

use std::future::Future;
use std::time::{Duration, Instant};

use super::results::figure;

/// Paired measurements (seconds or rates) of two subjects, run by run: A B, B A, A B, ….
#[derive(Clone, Default)]
pub struct Pairs {
    pub subject: Vec<f64>,
    pub floor: Vec<f64>,
}

/// Measures both in alternating order. Each returns its measurement.
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
    /// Subject ÷ floor, pair by pair.
    pub fn ratios(&self) -> Vec<f64> {
        self.subject
            .iter()
            .zip(&self.floor)
            .map(|(subject, floor)| subject / floor)
            .collect()
    }

    /// Floor ÷ subject: for durations, the subject's speed relative to the floor.
    pub fn speedups(&self) -> Vec<f64> {
        self.ratios().into_iter().map(f64::recip).collect()
    }
}

/// The quantile of the values; 0.5 is the median. NaN if there are none.
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

/// The median with minimum and maximum: `0.97 (0.93–1.02)`.
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
