//! Lists of calls, implemented again over the lines of a world.

use callboard::time::Zone;
use chrono::{DateTime, Datelike, NaiveDateTime, Timelike, Utc};
use serde_json::Value;

use crate::support::world::{Size, random};

/// Days around the end of summer time in Berlin: an hour repeats.
pub const ZONE: &str = "Europe/Berlin";

pub fn size(calls: usize) -> Size {
    let at = |text: &str| text.parse().expect("an instant");
    Size {
        attempts: calls,
        calls,
        from: at("2025-10-20T00:00:00Z"),
        to: at("2025-11-03T00:00:00Z"),
    }
}

/// The last lines of a world about each row, as they are stored.
pub struct World {
    pub lines: Vec<Value>,
}

/// A call with its lead, as lines.
pub struct Call<'a> {
    pub line: &'a Value,
    pub lead: &'a Value,
}

impl World {
    pub fn random(seed: u64, calls: usize) -> Self {
        let lines = random(seed, size(calls));
        Self { lines }
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(move |line| line["kind"] == kind)
    }

    fn calls<'a>(&'a self, calls: &'a str, leads: &'a str) -> Vec<Call<'a>> {
        let lead = |id: &Value| {
            self.of_kind(leads)
                .find(|lead| lead["id"] == *id)
                .expect("a lead")
        };
        let call = |line: &'a Value| Call {
            line,
            lead: lead(&line["lead_id"]),
        };
        self.of_kind(calls).map(call).collect()
    }

    pub fn leads(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.of_kind(kind)
    }

    pub fn attempts(&self) -> Vec<Call<'_>> {
        self.calls("autocall_attempt", "autocall_lead")
    }

    pub fn sales_calls(&self) -> Vec<Call<'_>> {
        self.calls("telesales_call", "telesales_lead")
    }
}

impl Call<'_> {
    /// A text; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.line[name].as_str().unwrap_or_default()
    }

    pub fn number(&self, name: &str) -> i64 {
        self.line[name].as_i64().unwrap_or_default()
    }

    pub fn started_at(&self) -> DateTime<Utc> {
        self.text("started_at").parse().expect("an instant")
    }

    pub fn local(&self) -> NaiveDateTime {
        Zone::named(ZONE).expect("a zone").local(self.started_at())
    }

    pub fn weekday(&self) -> u32 {
        self.local().weekday().num_days_from_sunday()
    }

    pub fn hour(&self) -> u32 {
        self.local().hour()
    }

    pub fn result(&self) -> &str {
        match self.text("result") {
            "" => "in_progress",
            result => result,
        }
    }

    pub fn is_dial(&self) -> bool {
        self.result() != "blocked"
    }

    pub fn is_answer(&self) -> bool {
        ["answered", "abandoned"].contains(&self.result())
    }

    pub fn is_conversion(&self) -> bool {
        self.is_dial() && ["sale", "Ångebot"].contains(&self.text("disposition"))
    }

    /// The deciding key of an answered attempt.
    pub fn digit(&self) -> Option<String> {
        let last = self.text("dtmf").chars().next_back();
        let digit = last.map_or_else(|| "no_input".to_owned(), String::from);
        (self.result() == "answered").then_some(digit)
    }

    pub fn path(&self) -> String {
        let steps = self.line["script_path"].as_array().into_iter().flatten();
        let steps: Vec<&str> = steps.filter_map(Value::as_str).collect();
        steps.join(" -> ")
    }

    pub fn source(&self) -> &str {
        match self.lead["source"].as_str().unwrap_or_default().trim() {
            "" => "(unknown)",
            source => source,
        }
    }

    /// The order of lists.
    pub fn place(&self) -> (std::cmp::Reverse<DateTime<Utc>>, &str) {
        (std::cmp::Reverse(self.started_at()), self.text("uuid"))
    }
}
