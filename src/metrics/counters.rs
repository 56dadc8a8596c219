//! Counters and gauges by labels.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, LabelSetEncoder};
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Values of the labels of a metric. They alone tell its series apart: the names are those of the metric.
#[derive(Debug, Clone, Copy)]
pub struct Labels<const N: usize> {
    pub names: [&'static str; N],
    pub values: [&'static str; N],
}

impl<const N: usize> PartialEq for Labels<N> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl<const N: usize> Eq for Labels<N> {}

impl<const N: usize> Hash for Labels<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values.hash(state);
    }
}

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let pairs: [_; N] = std::array::from_fn(|at| (self.names[at], self.values[at]));
        pairs.encode(encoder)
    }
}

/// A metric for each set of values of its labels.
pub struct Series<const N: usize, M> {
    names: [&'static str; N],
    family: Family<Labels<N>, M>,
}

pub type Counters<const N: usize> = Series<N, Counter>;

/// Values that rise and fall.
pub type Gauges<const N: usize> = Series<N, Gauge<f64, AtomicU64>>;

impl<const N: usize, M> Series<N, M>
where
    M: Default + EncodeMetric + TypedMetric + fmt::Debug + Send + Sync + 'static,
{
    /// `name`: of a counter without `_total`, which the text adds.
    pub(super) fn new(
        registry: &mut Registry,
        name: &'static str,
        meaning: &'static str,
        names: [&'static str; N],
    ) -> Self {
        let family = Family::<Labels<N>, M>::default();
        registry.register(name, meaning, family.clone());
        Self { names, family }
    }

    fn labels(&self, values: [&'static str; N]) -> Labels<N> {
        let names = self.names;
        Labels { names, values }
    }
}

impl<const N: usize> Counters<N> {
    /// Adds to a counter. A counter that is new begins at 0, so that an addition of 0 shows it.
    pub fn add(&self, values: [&'static str; N], count: u64) {
        let labels = self.labels(values);
        self.family.get_or_create(&labels).inc_by(count);
    }
}

impl<const N: usize> Gauges<N> {
    pub fn set(&self, values: [&'static str; N], value: f64) {
        let labels = self.labels(values);
        self.family.get_or_create(&labels).set(value);
    }

    /// Removes all values: this instance does not know them any more.
    pub fn clear(&self) {
        self.family.clear();
    }
}
