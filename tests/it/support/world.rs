//! Worlds of calls: small explicit ones, and random ones with everything dialers send.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

/// Size and period of a random world.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub attempts: usize,
    pub calls: usize,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

pub const CAMPAIGNS: std::ops::RangeInclusive<i64> = 1..=4;
pub const TEAMS: i64 = 3;
pub const AGENTS: i64 = 12;

/// Sources of leads, as reports print them.
pub const SOURCES: [&str; 5] = ["website", "Website", "Hội chợ, Huế", "(unknown)", "+84"];
const PROVIDERS: [Option<&str>; 5] = [
    None,
    Some("carrier_a"),
    Some("Carrier"),
    Some("(unknown)"),
    Some("carrier_b"),
];
/// Dial causes; some are results too.
const OUTCOMES: [Option<&str>; 5] = [
    None,
    None,
    Some("promise_to_pay"),
    Some("answered"),
    Some("Ünklar"),
];

pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A random world of every case: calls in progress, without agents or causes, blocked, retried; all
/// kinds of keys, blank sources, leads of another campaign, instants on bucket edges.
pub fn random(seed: u64, size: Size) -> Vec<Value> {
    let more = StdRng::seed_from_u64(seed.wrapping_add(1 << 32));
    let mut world = World {
        random: StdRng::seed_from_u64(seed),
        more,
        size,
        lines: Vec::new(),
    };
    world.people();
    world.autocall();
    world.telesales();
    world.lines
}

/// The same world as dialers send it: some texts decomposed, and late lines about ended calls,
/// which change nothing.
pub fn as_sent(seed: u64, lines: &[Value]) -> Vec<Value> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut sent = Vec::new();
    for line in lines {
        let decomposed = || {
            line.to_string()
                .nfd()
                .collect::<String>()
                .parse()
                .expect("JSON")
        };
        sent.push(if random.random_bool(0.3) {
            decomposed()
        } else {
            line.clone()
        });
        let is_call = line["uuid"].is_string()
            && line["result"]
                .as_str()
                .is_some_and(|result| !result.is_empty());
        if is_call && random.random_bool(0.2) {
            let mut late = line.clone();
            late["result"] = random.random_bool(0.5).then_some("").into();
            late["started_at"] = "2026-04-01T00:00:00Z".into();
            late["hangup_cause"] = "RINGING".into();
            sent.push(late);
        }
    }
    sent
}

struct World {
    random: StdRng,
    /// A random value for fields that only analytics reads.
    more: StdRng,
    size: Size,
    lines: Vec<Value>,
}

impl World {
    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.random.random_range(0..of.len())].clone()
    }

    fn pick_more(&mut self, of: &[Value]) -> Value {
        of[self.more.random_range(0..of.len())].clone()
    }

    /// A random sentiment: on edges, anywhere, or none.
    fn sentiment(&mut self) -> Value {
        let anywhere = self.more.random_range(0..=10_000_000);
        let edges = [0.0, 0.2, 0.4, 0.1999994, 0.1999995, 0.8, 1.0].map(Value::from);
        match self.more.random_range(0..4) {
            0 => Value::Null,
            1 => self.pick_more(&edges),
            _ => json!(f64::from(anywhere) / 1e7),
        }
    }

    fn maybe<T: Into<Value>>(&mut self, of_one: f64, value: T) -> Value {
        if self.random.random_bool(of_one) {
            value.into()
        } else {
            Value::Null
        }
    }

    /// A random instant of the world's period, sometimes exactly on a quarter hour or just before
    /// it.
    fn at(&mut self) -> DateTime<Utc> {
        let span = (self.size.to - self.size.from)
            .num_microseconds()
            .expect("not that long");
        let at = self.size.from + TimeDelta::microseconds(self.random.random_range(0..span));
        let quarter = TimeDelta::seconds(at.timestamp().rem_euclid(900))
            + TimeDelta::nanoseconds(at.timestamp_subsec_nanos().into());
        match self.random.random_range(0..10) {
            0 => at - quarter,
            1 => at - quarter - TimeDelta::microseconds(1),
            _ => at,
        }
    }

    fn people(&mut self) {
        for id in 1..=TEAMS {
            self.lines
                .push(json!({"kind": "team", "id": id, "name": format!("Team {id}")}));
        }
        for id in 1..=AGENTS {
            let team = self.pick(&[json!(1), json!(2), Value::Null]);
            self.lines.push(json!({"kind": "agent", "id": id, "name": format!("Đại lý {id}"), "username": format!("agent{id:02}"), "team_id": team}));
        }
        for (code, category, conversion) in [
            ("sale", "contact", true),
            ("Ångebot", "contact", true),
            ("no", "contact", false),
            ("later", "callback", false),
            ("=dnc", "remove", false),
            ("unused", "no_contact", false),
        ] {
            self.lines.push(
                json!({"kind": "disposition", "code": code, "label": format!("Label of {code}"),
                "category": category, "color": "#10B981", "is_conversion": conversion}),
            );
        }
        for line in 1..=9 {
            let cooldown = self.maybe(0.3, "2026-07-01T09:30:00+07:00");
            let name = self.pick(&[json!("Line, \"A\""), Value::Null]);
            let carrier = self.pick(&["viettel", "landline", "other"]);
            self.lines.push(json!({"kind": "caller_id", "cid": format!("09000000{line:02}"), "display_name": name, "carrier": carrier,
                "cli_type": "mobile", "cooldown_until": cooldown, "daily_cap": 50}));
        }
    }

    fn autocall(&mut self) {
        self.lines.push(
            json!({"kind": "autocall_script", "id": 1, "name": "Offer", "template_id": "tpl_xyz789", "dtmf_actions": [
            {"digit": "1", "label": "Accept transfer to agent", "action_type": "queue", "target_queue_name": "sales"},
            {"digit": "2", "label": "Not interested", "action_type": "hangup"}]}),
        );
        self.lines
            .push(json!({"kind": "autocall_script", "id": 2, "name": "Any key"}));
        self.lines
            .push(json!({"kind": "autocall_script", "id": 3, "name": "The offer again", "template_id": "tpl_xyz789"}));
        for id in CAMPAIGNS {
            let started = self.maybe(0.5, instant(self.size.from + TimeDelta::hours(30)));
            let script = [json!(3), json!(2), Value::Null, json!(1)]
                [usize::try_from(id % 4).expect("small")]
            .clone();
            self.lines.push(
                json!({"kind": "autocall_campaign", "id": id, "name": format!("Campaign {id}"), "script_id": script,
                "started_at": started, "created_at": instant(self.size.from)}),
            );
        }
        let leads = i64::try_from(self.size.attempts / 3 + 5).expect("small");
        for id in 1..=leads {
            let (campaign, created) = (self.random.random_range(CAMPAIGNS), self.at());
            let payload = self.pick_more(&[
                json!({}),
                json!({"city": "Hanoi", "plan": 1, "vip": true}),
                json!({"city": "Hanoi", "plan": 1.0, "vip": false, "tags": ["a"]}),
                json!({"city": "Huế", "plan": "1", "vip": 1, "more": {"city": "Hanoi"}}),
                json!({"city": null, "plan": 0.1, "": "x", "vip": "true"}),
            ]);
            let status = self.pick_more(
                &[
                    "pending",
                    "in_progress",
                    "retry",
                    "completed",
                    "failed",
                    "dnc",
                    "max_attempts_reached",
                ]
                .map(Value::from),
            );
            self.lines.push(json!({"kind": "autocall_lead", "id": id, "campaign_id": campaign, "phone": format!("09{id:08}"), "created_at": instant(created),
                "payload": payload, "status": status}));
        }
        for number in 0..self.size.attempts {
            let campaign = self
                .random
                .random_range(*CAMPAIGNS.start()..*CAMPAIGNS.end()); // the last campaign has no attempts
            let result = self.pick(&[
                json!("answered"),
                json!("answered"),
                json!("answered"),
                json!("no_answer"),
                json!("busy"),
                json!("failed"),
                json!("abandoned"),
                Value::Null,
            ]);
            let (lead, started) = (self.random.random_range(1..=leads), self.at());
            let seconds = self.random.random_range(0..200);
            let cause = self.pick(&[
                "NORMAL_CLEARING",
                "NO_ANSWER",
                "USER_BUSY",
                "normal_clearing",
                "Ünbekannt",
            ]);
            let (cause, disposition) = (self.maybe(0.8, cause), self.maybe(0.3, "sold"));
            let line = json!({"kind": "autocall_attempt", "uuid": format!("attempt-{number}"), "campaign_id": campaign, "lead_id": lead,
                "attempt_number": 1 + number % 3, "provider": self.pick_more(&PROVIDERS.map(Value::from)), "outcome": self.pick_more(&OUTCOMES.map(Value::from)),
                "sentiment": self.sentiment(), "started_at": instant(started), "result": result, "hangup_cause": cause, "billsec": seconds,
                "dtmf": self.pick(&["", "", "1", "01", "2", "10", "9", "*", "#1", "12"]),
                "script_path": self.pick(&[json!([]), json!(["intro"]), json!(["intro", "press_1", "queue_sales"]), json!(["a -> b"]), json!(["a", "b"])]),
                "transfer": self.pick(&[Value::Null, json!("failed"), json!("queued"), json!("connected")]),
                "agent_disposition": disposition});
            self.lines.push(line);
        }
    }

    fn telesales(&mut self) {
        for id in CAMPAIGNS {
            let limit = self.pick(&[json!(3), json!(2.5), json!(20), json!(100), json!(0)]);
            let status = self.pick(&["active", "paused"]);
            self.lines
                .push(json!({"kind": "telesales_campaign", "id": id, "name": format!("Sales {id}"), "status": status,
                "abandon_rate_limit_pct": limit, "created_at": instant(self.size.from)}));
        }
        let leads = i64::try_from(self.size.calls / 3 + 5).expect("small");
        for id in 1..=leads {
            let (campaign, created) = (self.random.random_range(CAMPAIGNS), self.at());
            let source = self.pick(&[
                json!("website"),
                json!("Website"),
                json!("Hội chợ, Huế"),
                json!(" "),
                Value::Null,
                json!("(unknown)"),
                json!("+84"),
            ]);
            self.lines.push(json!({"kind": "telesales_lead", "id": id, "campaign_id": campaign, "phone": format!("03{id:08}"), "source": source,
                "created_at": instant(created)}));
        }
        for number in 0..self.size.calls {
            let line = self.call(number, leads);
            self.lines.push(line);
        }
    }

    fn call(&mut self, number: usize, leads: i64) -> Value {
        let (campaign, lead) = (
            self.random
                .random_range(*CAMPAIGNS.start()..*CAMPAIGNS.end()),
            self.random.random_range(1..=leads),
        );
        let (line, started) = (self.random.random_range(1..=10), self.at());
        let result = self.pick(&[
            "answered",
            "answered",
            "answered",
            "no_answer",
            "busy",
            "failed",
            "rejected",
            "abandoned",
            "blocked",
            "",
        ]);
        // The first caller IDs get almost no answers, so that every health status occurs.
        let result = if line <= 2 && self.random.random_bool(0.93) {
            "no_answer"
        } else {
            result
        };
        let agent = self.random.random_range(1..=AGENTS);
        let (agent, talk) = (
            self.maybe(0.9, agent),
            self.pick(&[0, 5, 7, 8, 9, 30, 31, 200]),
        );
        let disposition = self.pick(&["sale", "Ångebot", "no", "later", "=dnc"]);
        let (disposition, wrap) = (
            self.maybe(0.6, disposition),
            self.random.random_range(0..40),
        );
        let cid = self.maybe(0.95, format!("09000000{line:02}"));
        json!({"kind": "telesales_call", "uuid": format!("call-{number}"), "campaign_id": campaign, "lead_id": lead, "agent_id": agent,
            "cid": cid, "started_at": instant(started), "result": result, "talk_sec": talk, "wrap_sec": wrap, "disposition": disposition})
    }
}
