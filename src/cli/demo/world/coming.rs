//! Calls after the instant of the demo's data, in order of time.

use chrono::{DateTime, Utc};

use super::calendar::Moment;

/// Lines that are not stored yet.
#[derive(Debug, Clone)]
pub struct Coming {
    lines: Vec<(Moment, String)>,
    /// Number of lines that are stored.
    stored: usize,
}

/// Lines that are due, to be stored together.
#[derive(Debug)]
pub struct Due {
    pub lines: String,
    upto: usize,
}

impl Coming {
    /// Those lines, sorted by time; lines of one second stay in their order.
    pub(super) fn of(mut lines: Vec<(Moment, String)>) -> Self {
        lines.sort_by_key(|(at, _)| *at);
        Self { lines, stored: 0 }
    }

    /// The lines up to an instant. They stay due until [`Self::store`] takes them away.
    pub fn due(&self, now: DateTime<Utc>) -> Due {
        let now = Moment(now.timestamp());
        let upto = self.lines.partition_point(|(at, _)| *at <= now);
        let due = self.lines.get(self.stored..upto).unwrap_or_default();
        let lines = due.iter().map(|(_, line)| line.as_str());
        Due {
            lines: lines.collect::<Vec<_>>().join("\n"),
            upto: upto.max(self.stored),
        }
    }

    /// Notes that lines are stored.
    pub fn store(&mut self, due: &Due) {
        self.stored = due.upto;
    }
}
