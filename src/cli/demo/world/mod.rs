//! The demo's data: a month of calls of a fictional company up to an instant, and those of the next days, as ingest lines.
//!
//! Owns the content: people and their shifts (`people`, `calendar`), agents dialing (`telesales`, `sales_campaigns`),
//! and automated calls (`autocall`, `campaigns`). The same instant generates the same lines. Must not know how
//! lines are stored.

mod autocall;
mod calendar;
mod campaigns;
mod coming;
mod people;
mod sales_campaigns;
mod telesales;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use calendar::{DAY, Moment};
pub use coming::Coming;

/// Days of history before today.
const DAYS: i64 = 30;
/// Days from the instant on whose calls are known.
pub const DAYS_AHEAD: i64 = 3;

/// Generates all lines up to an instant, each row after the rows it refers to, and what happens after it.
pub fn lines(now: DateTime<Utc>) -> (String, Coming) {
    let now = Moment(now.timestamp());
    let mut world = World {
        now,
        until: now.plus(DAYS_AHEAD * DAY),
        random: StdRng::seed_from_u64(1),
        past: String::new(),
        coming: Vec::new(),
    };
    let agents = people::write(&mut world);
    autocall::write(&mut world, &agents);
    telesales::write(&mut world, &agents);
    (world.past, Coming::of(world.coming))
}

struct World {
    now: Moment,
    /// The end of what is known.
    until: Moment,
    random: StdRng,
    past: String,
    coming: Vec<(Moment, String)>,
}

/// A call, as its lines tell it.
struct Call {
    /// The line when it begins.
    line: Value,
    began: Moment,
    /// None where nobody hears an agent.
    answered: Option<Moment>,
    ended: Moment,
    /// Members that the line has in addition when it ends.
    result: Value,
}

impl World {
    fn line(&mut self, line: &Value) {
        let _ = writeln!(self.past, "{line}"); // infallible: writes to a String
    }

    /// Writes a state of a row that lasts until the next: if it is that of now, or one that comes.
    fn state(&mut self, at: Moment, next: Option<Moment>, line: &Value) {
        if at >= self.now {
            self.coming.push((at, line.to_string()));
        } else if next.is_none_or(|next| next >= self.now) {
            self.line(line);
        }
    }

    /// Writes a call. Until it ends it is in progress, and has no result.
    fn call(&mut self, call: Call) {
        let Call {
            mut line,
            began,
            answered,
            ended,
            result,
        } = call;
        self.state(began, answered.or(Some(ended)), &line);
        if let Some(answered) = answered {
            line["answered_at"] = answered.text().into();
            self.state(answered, Some(ended), &line);
        }
        line["ended_at"] = ended.text().into();
        if let Value::Object(members) = result {
            for (name, value) in members {
                line[name] = value;
            }
        }
        self.state(ended, None, &line);
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
