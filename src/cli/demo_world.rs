//! The demo's data: a month of an imagined company's calls, up to now, as ingest lines.
//!
//! Made up, but shaped as calls are: working hours, answers that differ by hour, campaigns that do well and
//! badly, and a caller ID that carriers have begun to block. The same for the same instant.

use std::fmt::Write;

use chrono::{DateTime, Datelike, NaiveTime, SecondsFormat, TimeDelta, Timelike, Utc, Weekday};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::auth::tenant::DEFAULT_TIMEZONE;

const DAYS: i64 = 30;
const AGENTS: i64 = 24;
const SOURCES: [Option<&str>; 5] = [Some("facebook_lead_ads"), Some("website"), Some("referral"), Some("event"), None];
/// Campaign id, name, leads, and how likely an attempt is answered at the best hour.
const CAMPAIGNS: [(i64, &str, i64, f64); 4] = [
    (1, "Renewal Q3", 5_000, 0.68),
    (2, "Cross-sell Q3", 3_000, 0.55),
    (3, "Win-back churned", 2_000, 0.42),
    (4, "Appointment reminders", 2_500, 0.74),
];
const CITIES: [&str; 4] = ["Hanoi", "Ho Chi Minh City", "Da Nang", "Can Tho"];
const TELESALES: [(i64, &str); 2] = [(43, "Outbound Sales Q3"), (44, "Upgrade offers")];
const DISPOSITIONS: [(&str, &str, &str, &str, bool); 6] = [
    ("sale", "Sale Success", "contact", "#10B981", true),
    ("interested", "Interested", "contact", "#3B82F6", false),
    ("not_interested", "Not Interested", "contact", "#F59E0B", false),
    ("callback", "Call Back", "callback", "#8B5CF6", false),
    ("no_answer", "No Answer", "no_contact", "#6B7280", false),
    ("dnc", "Do Not Call", "remove", "#EF4444", false),
];

/// Every line of the world as it stands at that instant.
pub fn lines(now: DateTime<Utc>) -> String {
    let mut world = World { now, random: StdRng::seed_from_u64(1), out: String::new() };
    world.people();
    world.autocall();
    world.telesales();
    world.out
}

struct World {
    now: DateTime<Utc>,
    random: StdRng,
    out: String,
}

impl World {
    fn line(&mut self, line: &Value) {
        let _ = writeln!(self.out, "{line}"); // infallible: a String takes everything
    }

    fn chance(&mut self, of_one: f64) -> bool {
        self.random.random_bool(of_one.clamp(0.0, 1.0))
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.random_range(0..of.len())]
    }

    fn begin(&self) -> DateTime<Utc> {
        self.now - TimeDelta::days(DAYS)
    }

    /// An instant in working hours of one of the past days, never after now.
    fn working_instant(&mut self) -> DateTime<Utc> {
        loop {
            let day = self.begin() + TimeDelta::days(self.random.random_range(0..=DAYS));
            let seconds = self.random.random_range(8 * 3600..20 * 3600);
            let clock = NaiveTime::MIN + TimeDelta::seconds(seconds);
            let local = DEFAULT_TIMEZONE.local(day).date().and_time(clock);
            let at = crate::time::window::instant_of(local, *DEFAULT_TIMEZONE);
            let quiet = local.weekday() == Weekday::Sun || (12..13).contains(&local.hour());
            if at < self.now && (!quiet || self.chance(0.15)) {
                return at;
            }
        }
    }

    fn people(&mut self) {
        for (id, name) in [(1, "North"), (2, "South")] {
            self.line(&json!({"kind": "team", "id": id, "name": name}));
        }
        for id in 1..=AGENTS {
            let (name, username) = (format!("Agent {id:02}"), format!("agent{id:02}"));
            self.line(&json!({"kind": "agent", "id": id, "name": name, "username": username, "team_id": 1 + id % 2}));
        }
        for (code, label, category, color, is_conversion) in DISPOSITIONS {
            self.line(&json!({"kind": "disposition", "code": code, "label": label, "category": category,
                "color": color, "is_conversion": is_conversion}));
        }
        for line in 1..=8 {
            let cid = format!("09000000{line:02}");
            let carrier = self.pick(&["viettel", "mobifone", "vinaphone"]);
            self.line(&json!({"kind": "caller_id", "cid": cid, "display_name": format!("Sales Line {line}"),
                "carrier": carrier, "cli_type": "mobile"}));
        }
    }

    fn autocall(&mut self) {
        self.line(&json!({"kind": "autocall_script", "id": 1, "name": "Offer", "template_text": "Hello {{customer_name}}",
            "dtmf_actions": [
                {"digit": "1", "label": "Accept transfer to agent", "action_type": "queue", "target_queue_name": "sales"},
                {"digit": "2", "label": "Not interested", "action_type": "playback_then_hangup"},
                {"digit": "0", "label": "Replay", "action_type": "repeat_script"}]}));
        let mut cities = CITIES.iter().cycle();
        let mut lead = 0;
        for (id, name, leads, answer_rate) in CAMPAIGNS {
            let begun = instant(self.begin());
            self.line(&json!({"kind": "autocall_campaign", "id": id, "name": name, "script_id": 1, "status": "active",
                "started_at": begun, "created_at": begun}));
            for _ in 0..leads {
                lead += 1;
                self.line(
                    &json!({"kind": "autocall_lead", "id": lead, "campaign_id": id, "phone": format!("09{lead:08}"),
                    "payload": {"city": cities.next()}, "status": "completed", "created_at": begun}),
                );
                self.attempts(id, lead, answer_rate);
            }
        }
    }

    fn attempts(&mut self, campaign: i64, lead: i64, answer_rate: f64) {
        for number in 1..=3 {
            let at = self.working_instant();
            let best = if (9..11).contains(&DEFAULT_TIMEZONE.local(at).hour()) { 1.0 } else { 0.8 };
            let answered = self.chance(answer_rate * best);
            self.attempt(campaign, lead, number, at, answered);
            if answered || self.chance(0.5) {
                return;
            }
        }
    }

    fn attempt(&mut self, campaign: i64, lead: i64, number: i64, at: DateTime<Utc>, answered: bool) {
        let (result, cause) = match answered {
            true => ("answered", "NORMAL_CLEARING"),
            false => self.pick(&[
                ("no_answer", "NO_ANSWER"),
                ("no_answer", "NO_ANSWER"),
                ("busy", "USER_BUSY"),
                ("failed", "CALL_REJECTED"),
            ]),
        };
        let mut line = json!({"kind": "autocall_attempt", "uuid": format!("demo-{lead}-{number}"), "campaign_id": campaign,
            "lead_id": lead, "attempt_number": number, "started_at": instant(at), "result": result, "hangup_cause": cause,
            "provider": if lead % 3 == 0 { "carrier_b" } else { "carrier_a" }});
        if answered {
            let seconds = self.random.random_range(5..90);
            let (dtmf, path) = self.pick(&[
                ("1", &["intro", "press_1", "queue_sales"] as &[&str]),
                ("01", &["intro", "press_0", "intro", "press_1", "queue_sales"]),
                ("2", &["intro", "press_2", "playback_polite", "hangup"]),
                ("", &["intro", "hangup"]),
            ]);
            line["billsec"] = seconds.into();
            line["sentiment"] = (f64::from(i32::try_from(seconds).unwrap_or(0)) / 100.0).into();
            line["dtmf"] = dtmf.into();
            line["outcome"] = match dtmf {
                "2" => "declined".into(),
                "" => "undecided".into(),
                _ => "agreed".into(),
            };
            line["script_path"] = path.into();
            line["answered_at"] = instant(at + TimeDelta::seconds(8)).into();
            line["ended_at"] = instant(at + TimeDelta::seconds(8 + seconds)).into();
            if dtmf.ends_with('1') {
                line["transfer"] = if self.chance(0.96) { "connected" } else { "queued" }.into();
                line["agent_id"] = self.random.random_range(1..=AGENTS).into();
                line["agent_disposition"] = self.pick(&["sale", "interested", "not_interested"]).into();
            }
        }
        self.line(&line);
    }

    fn telesales(&mut self) {
        let mut lead = 0;
        for (id, name) in TELESALES {
            self.line(
                &json!({"kind": "telesales_campaign", "id": id, "name": name, "created_at": instant(self.begin())}),
            );
            for _ in 0..4_000 {
                lead += 1;
                let created = self.working_instant();
                let source = self.pick(&SOURCES);
                self.line(
                    &json!({"kind": "telesales_lead", "id": lead, "campaign_id": id, "phone": format!("03{lead:08}"),
                    "source": source, "full_name": format!("Customer {lead}"), "created_at": instant(created)}),
                );
                for number in 0..self.random.random_range(0..4) {
                    self.call(id, lead, number);
                }
            }
        }
    }

    fn call(&mut self, campaign: i64, lead: i64, number: i64) {
        let at = self.working_instant();
        let line = self.random.random_range(1..=8);
        let result = match line {
            8 if self.chance(0.8) => "rejected",
            _ => self.pick(&["answered", "answered", "answered", "no_answer", "no_answer", "busy", "failed"]),
        };
        let result = if result == "answered" && self.chance(0.02) { "abandoned" } else { result };
        let result = if self.chance(0.01) { "blocked" } else { result };
        let answered = result == "answered";
        let talk = if answered { self.random.random_range(4..420) } else { 0 };
        let disposition = match answered {
            true => Some(self.pick(&[
                "sale",
                "interested",
                "interested",
                "not_interested",
                "not_interested",
                "callback",
                "dnc",
            ])),
            false => (result == "no_answer").then_some("no_answer"),
        };
        let agent = self.random.random_range(1..=AGENTS);
        self.line(&json!({"kind": "telesales_call", "uuid": format!("demo-{lead}-{number}"), "campaign_id": campaign,
            "lead_id": lead, "agent_id": agent, "cid": format!("09000000{line:02}"),
            "started_at": instant(at), "result": result, "talk_sec": talk, "wrap_sec": if answered { 20 } else { 0 },
            "disposition": disposition}));
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
