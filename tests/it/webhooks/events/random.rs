//! Random lines in random requests, against a small reference; and the same lines from several clients at once.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{CAMPAIGN, Delivery, lead, name, seconds_ago, take, world};

const LEADS: std::ops::RangeInclusive<i64> = 20..=23;
const STATUSES: [&str; 6] = [
    "pending",
    "in_progress",
    "retry",
    "completed",
    "failed",
    "dnc",
];
const FINAL: [&str; 3] = ["completed", "failed", "dnc"];
const MINUTES: i64 = 60;
const HOURS: i64 = 3600;

/// An attempt, its instants by their age in seconds.
#[derive(Debug, Clone, Default, PartialEq)]
struct Row {
    lead: i64,
    started: i64,
    answered: Option<i64>,
    ended: Option<i64>,
    result: Option<&'static str>,
    dtmf: String,
    transfer: Option<&'static str>,
}

#[derive(Debug, Clone)]
enum Line {
    Attempt(String, Row),
    Lead(i64, &'static str),
}

/// The stored rows.
#[derive(Debug, Clone, Default)]
struct Stored {
    attempts: BTreeMap<String, Row>,
    leads: BTreeMap<i64, &'static str>,
}

impl Line {
    fn random(random: &mut StdRng) -> Self {
        let lead = random.random_range(LEADS);
        if random.random_bool(0.2) {
            return Self::Lead(lead, STATUSES.choose(random).expect("a status"));
        }
        let ages = [MINUTES, 14 * MINUTES, 16 * MINUTES, 3 * HOURS, 25 * HOURS];
        let started = *ages.choose(random).expect("an age");
        let after = |random: &mut StdRng| {
            random
                .random_bool(0.5)
                .then(|| started.min(*ages.choose(random).expect("an age")))
        };
        let keys = random.random_range(0..4);
        let row = Row {
            lead,
            started,
            answered: after(random),
            ended: after(random),
            result: *[None, None, Some("answered"), Some("busy")]
                .choose(random)
                .expect("a result"),
            dtmf: (0..keys)
                .map(|_| *['1', '2', '#'].choose(random).expect("a key"))
                .collect(),
            transfer: *[None, Some("queued"), Some("connected")]
                .choose(random)
                .expect("a transfer"),
        };
        Self::Attempt(format!("a{}", random.random_range(0..5)), row)
    }

    fn json(&self) -> Value {
        match self {
            Self::Lead(id, status) => lead(*id, status),
            Self::Attempt(uuid, row) => {
                json!({"kind": "autocall_attempt", "uuid": uuid, "campaign_id": CAMPAIGN, "lead_id": row.lead, "attempt_number": 1,
                "started_at": seconds_ago(row.started), "answered_at": row.answered.map(seconds_ago), "ended_at": row.ended.map(seconds_ago),
                "result": row.result, "dtmf": row.dtmf, "transfer": row.transfer})
            }
        }
    }
}

impl Stored {
    fn apply(&mut self, line: &Line) {
        match line {
            Line::Lead(id, status) => drop(self.leads.insert(*id, status)),
            Line::Attempt(uuid, row) => {
                let stored = self.attempts.entry(uuid.clone()).or_default();
                if stored.result.is_none() || row.result.is_some() {
                    *stored = row.clone();
                }
            }
        }
    }

    /// Events of an attempt that a request makes, by the contract.
    fn events(&self, uuid: &str, after: &Row) -> Vec<String> {
        let before = self.attempts.get(uuid);
        let newest = [Some(after.started), after.answered, after.ended];
        let is_new = newest.into_iter().flatten().any(|age| age < 15 * MINUTES);
        let is_open = before.is_some_and(|row| row.result.is_none() && row.started < 24 * HOURS);
        if !is_new && !is_open {
            return Vec::new();
        }
        let is_answered = |row: &Row| row.answered.is_some() || row.result == Some("answered");
        let was = |state: &dyn Fn(&Row) -> bool| before.is_some_and(state);
        let mut events = Vec::new();
        if before.is_none() {
            events.push("call.initiated".to_owned());
        }
        if is_answered(after) && !was(&is_answered) {
            events.push("call.answered".to_owned());
        }
        let old: Vec<char> = before.map_or_else(Vec::new, |row| row.dtmf.chars().collect());
        for (at, key) in after.dtmf.chars().enumerate() {
            if old.get(at) != Some(&key) {
                events.push(format!("lead.dtmf_pressed {key}@{}", at + 1));
            }
        }
        let is_connected = |row: &Row| row.transfer == Some("connected");
        if is_connected(after) && !was(&is_connected) {
            events.push("call.transferred".to_owned());
        }
        if after.result.is_some() && !was(&|row| row.result.is_some()) {
            events.push("call.completed".to_owned());
        }
        events
    }

    fn is_final(&self, lead: i64) -> bool {
        self.leads
            .get(&lead)
            .is_some_and(|status| FINAL.contains(status))
    }
}

/// Checks the deliveries of a request to one webhook, which took the stored rows from `before` to `after`.
fn check(deliveries: &[Delivery], before: &Stored, after: &Stored, what: &str) {
    for (uuid, row) in &after.attempts {
        let own = deliveries
            .iter()
            .filter(|delivery| delivery.data["uuid"] == *uuid);
        let expected = if before.attempts.get(uuid) == Some(row) {
            Vec::new() // a line that changes nothing
        } else {
            before.events(uuid, row)
        };
        assert_eq!(
            own.map(name).collect::<Vec<_>>(),
            expected,
            "{what}: {uuid}"
        );
    }
    let is_completion = |delivery: &&Delivery| delivery.event == "autocall.lead.completed";
    let completed = deliveries.iter().filter(is_completion);
    let completed: Vec<i64> = completed
        .map(|delivery| delivery.data["lead_id"].as_i64().expect("an id"))
        .collect();
    let expected: Vec<i64> = LEADS
        .filter(|id| after.is_final(*id) && !before.is_final(*id))
        .collect();
    assert_eq!(completed, expected, "{what}");
    let calls = deliveries.len() - completed.len();
    assert!(
        !deliveries[..calls].iter().any(|own| is_completion(&own)),
        "{what}: completions are last"
    );
}

async fn run(seed: u64) {
    let test = world(&[&["*"], &["autocall.call.*", "autocall.lead.completed"]]).await;
    let (mut random, mut stored) = (StdRng::seed_from_u64(seed), Stored::default());
    let all: Vec<Value> = LEADS.map(|id| lead(id, "pending")).collect();
    test.ingest(&all).await;
    LEADS.for_each(|id| stored.apply(&Line::Lead(id, "pending")));
    take(&test).await;
    let mut sent: Vec<Line> = Vec::new();
    for request in 0..40 {
        let mut lines: Vec<Line> = (0..random.random_range(1..8))
            .map(|_| Line::random(&mut random))
            .collect();
        if random.random_bool(0.5) {
            lines.extend(sent.choose(&mut random).cloned()); // a repeat
        }
        let mut after = stored.clone();
        lines.iter().for_each(|line| after.apply(line));
        test.ingest(&lines.iter().map(Line::json).collect::<Vec<_>>())
            .await;
        let taken = take(&test).await;
        let to = |webhook: i64| {
            taken
                .iter()
                .filter(move |delivery| delivery.webhook == webhook)
        };
        let own: Vec<Delivery> = to(1).cloned().collect();
        check(
            &own,
            &stored,
            &after,
            &format!("seed {seed}, request {request}"),
        );
        let listened = own
            .iter()
            .filter(|delivery| !delivery.event.ends_with("dtmf_pressed"));
        let heard: Vec<String> = to(2).map(name).collect();
        assert_eq!(
            heard,
            listened.map(name).collect::<Vec<_>>(),
            "seed {seed}, request {request}"
        );
        stored = after;
        sent.extend(lines);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_lines_make_the_events_of_the_contract() {
    for seed in 1..=6 {
        run(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rows_from_several_clients_at_once_make_each_event_once() {
    let test = world(&[&["*"]]).await;
    let leads: Vec<Value> = LEADS.map(|id| lead(id, "pending")).collect();
    test.ingest(&leads).await;
    take(&test).await;
    for round in 0..8 {
        let row = |number: i64, result| Row {
            lead: 20 + number % 4,
            started: MINUTES,
            answered: Some(50),
            result,
            dtmf: "12".into(),
            ..Row::default()
        };
        let line = |number: i64, result| {
            Line::Attempt(format!("r{round}-{number}"), row(number, result)).json()
        };
        for result in [None, Some("answered")] {
            let status = if result.is_some() {
                "completed"
            } else {
                "pending"
            };
            let mut lines: Vec<Value> = (0..50).map(|number| line(number, result)).collect();
            lines.extend(LEADS.map(|id| lead(id, status)));
            let clients = (0..4).map(|_| test.ingest(&lines));
            futures_util::future::join_all(clients).await;
        }
        let taken = take(&test).await;
        let completions = LEADS.count();
        assert_eq!(taken.len(), 50 * 5 + completions, "round {round}");
        let different: BTreeSet<String> = taken
            .iter()
            .map(|delivery| {
                format!(
                    "{} {} {}",
                    name(delivery),
                    delivery.data["uuid"],
                    delivery.data["lead_id"]
                )
            })
            .collect();
        assert_eq!(different.len(), taken.len(), "round {round}");
    }
}
