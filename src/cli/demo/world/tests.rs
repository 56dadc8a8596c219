//! Checks on the demo data, for several start times.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::calendar::{DAY, Day};
use super::{Coming, DAYS_AHEAD, lines};
use crate::closed::CampaignStatus;

/// Start times, in Vietnam: a Wednesday afternoon, a Sunday evening, New Year's night, and an early
/// Monday.
const STARTS: [&str; 4] = [
    "2026-06-10T08:00:00Z",
    "2026-09-20T12:00:00Z",
    "2026-12-31T19:30:00Z",
    "2027-03-07T23:30:00Z",
];

struct Demo {
    now: i64,
    rows: BTreeMap<String, Vec<Value>>,
    /// Lines after that instant.
    coming: Vec<Value>,
    /// Both, in the order in which they were generated.
    lines: (String, Coming),
}

static DEMOS: LazyLock<Vec<Demo>> =
    LazyLock::new(|| STARTS.iter().map(|start| Demo::at(start)).collect());

impl Demo {
    fn at(start: &str) -> Self {
        let now: DateTime<Utc> = start.parse().unwrap();
        let (past, coming) = lines(now);
        let end = now + TimeDelta::days(DAYS_AHEAD + 1);
        let mut demo = Self {
            now: now.timestamp(),
            rows: BTreeMap::new(),
            coming: parsed(&coming.due(end).lines).collect(),
            lines: (String::new(), coming),
        };
        for row in parsed(&past) {
            demo.of(&row).push(row);
        }
        demo.lines.0 = past;
        demo
    }

    fn of(&mut self, row: &Value) -> &mut Vec<Value> {
        let kind = row["kind"].as_str().unwrap().to_owned();
        self.rows.entry(kind).or_default()
    }

    /// The data after everything that comes.
    fn after(&self) -> Self {
        let mut rows = self.rows.clone();
        for (kind, rows) in &mut rows {
            let places = rows.iter().enumerate();
            let mut places: HashMap<String, usize> =
                places.map(|(at, row)| (key(row).to_string(), at)).collect();
            for row in self.coming.iter().filter(|row| row["kind"] == **kind) {
                let at = *places.entry(key(row).to_string()).or_insert(rows.len());
                match rows.get_mut(at) {
                    Some(known) => *known = row.clone(),
                    None => rows.push(row.clone()),
                }
            }
        }
        let now = self.now + DAYS_AHEAD * DAY;
        Self {
            now,
            rows,
            coming: Vec::new(),
            lines: (String::new(), Coming::of(Vec::new())),
        }
    }
}

fn parsed(lines: &str) -> impl Iterator<Item = Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
}

/// Identity of a row of a lead or a call.
fn key(row: &Value) -> &Value {
    row.get("uuid").unwrap_or(&row["id"])
}

fn at(row: &Value, field: &str) -> Option<i64> {
    row[field]
        .as_str()
        .map(|text| text.parse::<DateTime<Utc>>().unwrap().timestamp())
}

fn started(row: &Value) -> i64 {
    at(row, "started_at").unwrap()
}

fn local_day(at: i64) -> i64 {
    (at + 7 * 3600).div_euclid(DAY)
}

#[test]
fn the_same_instant_generates_the_same_lines() {
    let now = STARTS[0].parse().unwrap();
    assert!(lines(now).0 == DEMOS[0].lines.0);
}

#[test]
fn no_agent_has_overlapping_calls_and_full_days_have_80_to_200_dials() {
    for demo in DEMOS.iter().chain([&DEMOS[0].after()]) {
        let mut busy: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
        let mut dials: BTreeMap<(i64, i64), u32> = BTreeMap::new();
        for call in &demo.rows["telesales_call"] {
            let (agent, from) = (call["agent_id"].as_i64().unwrap(), started(call));
            let wrap = call["wrap_sec"].as_i64().unwrap_or_default();
            busy.entry(agent)
                .or_default()
                .push((from, at(call, "ended_at").unwrap_or(demo.now) + wrap));
            // Night shifts count for the day on which they began.
            *dials
                .entry((agent, local_day(from - 8 * 3600)))
                .or_default() += 1;
        }
        for attempt in demo.rows["autocall_attempt"]
            .iter()
            .filter(|attempt| attempt["agent_id"].is_i64())
        {
            let until = at(attempt, "ended_at").unwrap_or(demo.now);
            busy.entry(attempt["agent_id"].as_i64().unwrap())
                .or_default()
                .push((started(attempt), until));
        }
        assert_eq!(busy.len(), 22);
        for (agent, mut calls) in busy {
            calls.sort_unstable();
            assert!(
                calls.windows(2).all(|pair| pair[0].1 <= pair[1].0),
                "agent {agent}"
            );
        }
        let today = local_day(demo.now);
        for ((agent, day), dials) in dials
            .into_iter()
            .filter(|((_, day), _)| (today - 29..today - 1).contains(day))
        {
            assert!(
                (80..=200).contains(&dials),
                "agent {agent}: {dials} dials on {day}, today {today}"
            );
        }
    }
}

#[test]
fn leads_exist_before_their_calls_and_retries_succeed_less_often() {
    for demo in &*DEMOS {
        for (leads, calls) in [
            ("autocall_lead", "autocall_attempt"),
            ("telesales_lead", "telesales_call"),
        ] {
            let created: HashMap<i64, i64> = demo.rows[leads]
                .iter()
                .map(|lead| {
                    (
                        lead["id"].as_i64().unwrap(),
                        at(lead, "created_at").unwrap(),
                    )
                })
                .collect();
            let mut calls: Vec<&Value> = demo.rows[calls].iter().collect();
            calls.sort_by_key(|call| started(call));
            let mut tries: HashMap<i64, usize> = HashMap::new();
            let mut answered = [(0, 0); 4];
            for call in calls {
                let lead = call["lead_id"].as_i64().unwrap();
                assert!(
                    created[&lead] < started(call) && started(call) < demo.now,
                    "{call}"
                );
                let tried = tries.entry(lead).or_default();
                if let Some(number) = call["attempt_number"].as_i64() {
                    assert_eq!(usize::try_from(number).unwrap(), *tried + 1, "{call}");
                }
                answered[*tried].0 += i32::from(call["result"] == "answered");
                answered[*tried].1 += 1;
                *tried += 1;
            }
            let rates = answered.map(|(answered, calls)| f64::from(answered) / f64::from(calls));
            assert!(
                rates.windows(2).all(|pair| pair[0] > pair[1]),
                "{leads}: {rates:?}"
            );
        }
    }
}

#[test]
fn some_calls_are_in_progress_and_none_is_in_the_future() {
    for demo in &*DEMOS {
        for kind in ["autocall_attempt", "telesales_call"] {
            let open: Vec<&Value> = demo.rows[kind]
                .iter()
                .filter(|call| call["result"].is_null())
                .collect();
            assert!(
                !open.is_empty() && open.len() < 60,
                "{kind}: {}",
                open.len()
            );
            assert!(
                open.iter().all(|call| demo.now - started(call) < 600),
                "{kind}"
            );
            let times = ["started_at", "answered_at", "ended_at"];
            let all = demo.rows[kind]
                .iter()
                .flat_map(|call| times.map(|time| at(call, time)));
            assert!(all.flatten().all(|time| time <= demo.now), "{kind}");
        }
    }
}

#[test]
fn causes_keys_and_campaigns_vary_realistically() {
    for demo in &*DEMOS {
        let attempts = &demo.rows["autocall_attempt"];
        let values = |field: &str| -> BTreeSet<&str> {
            attempts
                .iter()
                .filter_map(|row| row[field].as_str())
                .collect()
        };
        assert_eq!(values("hangup_cause").len(), 12);
        assert!(
            values("dtmf").contains("01") && values("dtmf").contains("003"),
            "some callers replay before they choose"
        );
        assert_eq!(values("transfer").len(), 3);
        let first = |campaign: &Value| {
            attempts
                .iter()
                .filter(|attempt| attempt["campaign_id"] == campaign["id"])
                .map(started)
                .min()
        };
        let campaigns = &demo.rows["autocall_campaign"];
        for kind in ["autocall_campaign", "telesales_campaign"] {
            let states: BTreeSet<&str> = demo.rows[kind]
                .iter()
                .filter_map(|campaign| campaign["status"].as_str())
                .collect();
            let all = CampaignStatus::VALUES.iter().copied();
            assert_eq!(states, all.collect(), "{kind}");
        }
        for campaign in campaigns {
            match (first(campaign), at(campaign, "started_at")) {
                (Some(first), Some(started)) => {
                    assert!(started <= first && started <= demo.now, "{campaign}")
                }
                (first, started) => {
                    assert!(first.is_none() && started.is_none() && campaign["status"] == "draft")
                }
            }
        }
        assert!(
            campaigns
                .iter()
                .filter_map(first)
                .any(|first| demo.now - first < DAY / 2),
            "one has just started"
        );
        let name = campaigns[0]["name"].as_str().unwrap();
        assert!(
            name.ends_with(&Day(local_day(demo.now)).quarter()),
            "{name}"
        );
    }
}

#[test]
fn one_campaign_had_excess_abandons_one_has_them_now_and_one_caller_id_is_being_blocked() {
    for demo in &*DEMOS {
        let calls = &demo.rows["telesales_call"];
        let share = |of: &dyn Fn(&&Value) -> bool, result: &str| {
            let (mut dials, mut hits) = (0, 0);
            for call in calls
                .iter()
                .filter(|call| call["result"].is_string() && call["result"] != "blocked")
                .filter(of)
            {
                dials += 1;
                hits += u32::from(call["result"] == result);
            }
            f64::from(hits) / f64::from(dials)
        };
        let ago = |call: &Value| (demo.now - started(call)) / DAY;
        let until_then = share(
            &|call| call["campaign_id"] == 44 && ago(call) >= 8,
            "abandoned",
        );
        let until_now = share(&|call| call["campaign_id"] == 44, "abandoned");
        assert!(
            until_then > 0.03 && until_now < 0.03,
            "it has ended: {until_then}, {until_now}"
        );
        let over = share(&|call| call["campaign_id"] == 47, "abandoned");
        assert!((0.03..0.034).contains(&over), "just over its limit: {over}");
        let others = |call: &&Value| call["campaign_id"] != 44 && call["campaign_id"] != 47;
        assert!(share(&others, "abandoned") < 0.02);
        let rejected = |day| {
            share(
                &|call| {
                    call["cid"] == "0900000008"
                        && local_day(demo.now) - local_day(started(call)) == day
                },
                "rejected",
            )
        };
        assert!(
            rejected(1) > 0.5 && rejected(1) > rejected(4) && rejected(4) > rejected(12),
            "{} {}",
            rejected(1),
            rejected(4)
        );
    }
}

#[test]
fn what_comes_goes_on_from_what_was() {
    for demo in &*DEMOS {
        let is_call = |row: &&Value| row["started_at"].is_string();
        let past = demo.rows["autocall_attempt"].iter();
        let past = past.chain(&demo.rows["telesales_call"]);
        let mut open: BTreeSet<String> = past
            .filter(|call| call["result"].is_null())
            .map(|call| key(call).to_string())
            .collect();
        for call in demo.coming.iter().filter(is_call) {
            if call["result"].is_null() {
                open.insert(key(call).to_string());
            } else {
                assert!(open.remove(&key(call).to_string()), "never began: {call}");
            }
        }
        assert_eq!(open, BTreeSet::new(), "every call ends");
        let hour = |call: &&Value| (started(call) - demo.now) / 3600;
        let began = demo.coming.iter().filter(is_call);
        let hours: BTreeSet<i64> = began.map(|call| hour(&call)).collect();
        assert!((0..24).all(|hour| hours.contains(&hour)), "{hours:?}");
        let is_sale = |row: &&Value| row["kind"] == "telesales_call";
        let sales = demo.coming.iter().filter(is_sale).count();
        assert!(sales > 5_000, "{sales} lines of Telesales calls");
        let planned = |row: &&Value| row["campaign_id"] == 6 || row["campaign_id"] == 48;
        assert_eq!(
            demo.coming.iter().find(planned),
            None,
            "a draft makes no calls"
        );
    }
}

#[test]
fn lines_are_due_once_each_after_those_before() {
    let now: DateTime<Utc> = STARTS[0].parse().unwrap();
    let mut coming = DEMOS[0].lines.1.clone();
    let all = coming.due(now + TimeDelta::days(9)).lines;
    let mut told = Vec::new();
    for minute in [0, 1, 1, 30, 20, 3000, 9000] {
        let due = coming.due(now + TimeDelta::minutes(minute));
        let again = coming.due(now + TimeDelta::minutes(minute));
        assert_eq!(due.lines, again.lines, "not lost before it is stored");
        told.extend(due.lines.lines().map(str::to_owned));
        coming.store(&due);
    }
    assert!(told.iter().eq(all.lines()));
}
