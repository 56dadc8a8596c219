//! Lines by kind and outcome, for metrics.

use std::collections::BTreeMap;

use crate::metrics::metrics;

/// Kind of lines that name none, or none that exists.
pub const OTHER: &str = "other";
pub const STORED: &str = "stored";
pub const REJECTED: &str = "rejected";

/// Lines that were stored and rejected, by kind.
#[derive(Debug, Default)]
pub struct Counted(BTreeMap<&'static str, [u64; 2]>);

impl Counted {
    pub fn note(&mut self, kind: Option<&'static str>, is_stored: bool) {
        let counts = self.0.entry(kind.unwrap_or(OTHER)).or_default();
        counts[usize::from(is_stored)] += 1;
    }

    pub fn add(&mut self, other: Self) {
        for (kind, [rejected, stored]) in other.0 {
            let counts = self.0.entry(kind).or_default();
            counts[0] += rejected;
            counts[1] += stored;
        }
    }

    /// Adds them to the metrics. Called when it is certain what became of the lines.
    pub fn tell(self, are_stored: bool) {
        let lines = &metrics().ingest_lines;
        for (kind, [rejected, stored]) in self.0 {
            lines.add([kind, REJECTED], rejected);
            lines.add([kind, STORED], if are_stored { stored } else { 0 });
        }
    }
}
