//! The demo's data: a month of calls of a fictional company, up to an instant, as ingest lines.
//!
//! Owns the content: people and their shifts (`people`, `calendar`), agents dialing (`telesales`),
//! and automated calls (`autocall`, `campaigns`). The same instant generates the same lines. Must not know how
//! lines are stored.

mod autocall;
mod calendar;
mod campaigns;
mod people;
mod telesales;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use calendar::Moment;

/// Days of history before today.
const DAYS: i64 = 30;

/// Generates all lines up to an instant, each row after the rows it refers to.
pub fn lines(now: DateTime<Utc>) -> String {
    let mut world = World {
        now: Moment(now.timestamp()),
        random: StdRng::seed_from_u64(1),
        out: String::new(),
    };
    let agents = people::write(&mut world);
    autocall::write(&mut world, &agents);
    telesales::write(&mut world, &agents);
    world.out
}

struct World {
    now: Moment,
    random: StdRng,
    out: String,
}

impl World {
    fn line(&mut self, line: &Value) {
        let _ = writeln!(self.out, "{line}"); // infallible: writes to a String
    }

    fn chance(&mut self, of_one: f64) -> bool {
        self.random.random_bool(of_one.clamp(0.0, 1.0))
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.random_range(0..of.len())]
    }

    /// Picks one value at random, by weight.
    fn weighted<T: Copy>(&mut self, of: &[(T, u32)]) -> T {
        let mut left = self
            .random
            .random_range(0..of.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in of {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        of[0].0
    }

    /// Random talk time in seconds within the range; short times are far more likely.
    fn seconds(&mut self, least: i64, most: i64) -> i64 {
        least + (self.share().powi(3) * (most - least) as f64) as i64
    }

    /// Random number between 0 and 1.
    fn share(&mut self) -> f64 {
        self.random.random()
    }

    fn between(&mut self, least: i64, most: i64) -> i64 {
        self.random.random_range(least..=most)
    }
}
