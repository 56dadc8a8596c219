//! Random choices of a verification, by one seed: instants, windows and zones at which roll-ups could be wrong.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// Zones with every kind of offset and of change.
const ZONES: &[&str] = &[
    "UTC",
    "Asia/Ho_Chi_Minh",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
];

pub struct Chance {
    random: StdRng,
    /// The time that questions are about.
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Chance {
    /// `span`: the first and the last call, by default `now`.
    pub fn new(
        seed: u64,
        (first, last): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            from: first.unwrap_or(now) - TimeDelta::hours(30),
            to: last.unwrap_or(now) + TimeDelta::hours(30),
        }
    }

    pub fn one_in(&mut self, of: u32) -> bool {
        self.random.random_ratio(1, of)
    }

    /// One of these. None where there is none.
    pub fn any<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.choose(&mut self.random)
    }

    pub fn below(&mut self, end: i64) -> i64 {
        self.random.random_range(0..end)
    }

    pub fn pick(&mut self, of: &[&'static str]) -> &'static str {
        self.any(of).copied().unwrap_or_default()
    }

    pub fn zone(&mut self) -> &'static str {
        self.pick(ZONES)
    }

    /// An instant, often on the edge of a bucket.
    pub fn instant(&mut self) -> DateTime<Utc> {
        let span = (self.to - self.from).num_microseconds().unwrap_or(i64::MAX);
        let at = self.from + TimeDelta::microseconds(self.below(span.max(1)));
        let whole = |seconds: i64| {
            DateTime::from_timestamp(at.timestamp().div_euclid(seconds) * seconds, 0).unwrap_or(at)
        };
        match self.below(6) {
            0 => whole(900),
            1 => whole(3600),
            2 => whole(86_400),
            _ => at,
        }
    }

    /// Two instants in order, often close to each other.
    pub fn window(&mut self) -> (DateTime<Utc>, DateTime<Utc>) {
        let (a, mut b) = (self.instant(), self.instant());
        if self.one_in(5) {
            b = a + TimeDelta::minutes(self.below(180));
        }
        (a.min(b), a.max(b))
    }
}

/// An instant as a request has it.
pub fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
