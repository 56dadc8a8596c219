//! Checks on the demo data, for several start times.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::calendar::{DAY, Day};
use super::lines;
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
}

static DEMOS: LazyLock<Vec<Demo>> =
    LazyLock::new(|| STARTS.iter().map(|start| Demo::at(start)).collect());

impl Demo {
    fn at(start: &str) -> Self {
        let now: DateTime<Utc> = start.parse().unwrap();
        let mut rows: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for line in lines(now).lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            rows.entry(row["kind"].as_str().unwrap().to_owned())
                .or_default()
                .push(row);
        }
        Self {
            now: now.timestamp(),
            rows,
        }
    }
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
    assert!(lines(now) == lines(now));
}

#[test]
fn no_agent_has_overlapping_calls_and_full_days_have_80_to_200_dials() {
    for demo in &*DEMOS {
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
        let states: BTreeSet<&str> = campaigns
            .iter()
            .filter_map(|campaign| campaign["status"].as_str())
            .collect();
        assert_eq!(
            states,
            BTreeSet::from_iter(CampaignStatus::VALUES.iter().copied())
        );
        let name = campaigns[0]["name"].as_str().unwrap();
        assert!(
            name.ends_with(&Day(local_day(demo.now)).quarter()),
            "{name}"
        );
    }
}

#[test]
fn one_campaign_had_excess_abandons_last_week_and_one_caller_id_is_being_blocked() {
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
        assert!(share(&|call| call["campaign_id"] != 44, "abandoned") < 0.02);
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
