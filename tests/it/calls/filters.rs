//! Every filter against a second implementation, alone and together with others.

use std::collections::BTreeSet;

use callboard::calls;
use callboard::time::Bucket;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::world::{Call, World};
use super::{ATTEMPTS, CAMPAIGN, SALES_CALLS, encoded, uuids};
use crate::support::TestApp;

/// A filter with values, and whether a call passes with one of them.
pub type Filter = (
    &'static str,
    &'static [&'static str],
    fn(&Call<'_>, &str) -> bool,
);

/// True if a value is in a list separated by commas.
fn is_in(list: &str, value: &str) -> bool {
    list.split(',').any(|item| item == value)
}

/// True for labels of the local day, hour, week or month of a call.
fn is_bucket(call: &Call<'_>, label: &str) -> bool {
    let bucket = Bucket::named(label).expect("a label");
    let seconds = call.local().and_utc().timestamp() + bucket.granularity.shift();
    let counted = seconds.div_euclid(bucket.granularity.seconds());
    bucket.granularity.of(counted) == bucket.number
}

/// The sentiment as it is kept: to six decimals.
fn sentiment(call: &Call<'_>) -> Option<Decimal> {
    let sent: Decimal = call.line["sentiment"].to_string().parse().ok()?;
    Some(sent.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero))
}

fn number(text: &str) -> i64 {
    text.parse().expect("a number")
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

pub const BOTH: &[Filter] = &[
    (
        "hangup_cause",
        &["NO_ANSWER", "normal_clearing", "Ünbekannt", "no such"],
        |call, value| call.text("hangup_cause") == value,
    ),
    ("lead_id", &["1", "2", "77", "999999"], |call, value| {
        call.number("lead_id") == number(value)
    }),
    (
        "uuid",
        &["attempt-7", "call-7", "no such"],
        |call, value| call.text("uuid") == value,
    ),
    ("day_of_week", &["0", "3", "6"], |call, value| {
        call.weekday().to_string() == value
    }),
    ("hour", &["0", "2", "23"], |call, value| {
        call.hour().to_string() == value
    }),
    (
        "bucket",
        &[
            "2025-10-26",
            "2025-10-26 02:00:00",
            "2025-W44",
            "2025-10",
            "2025-11",
            "2024-01-01",
        ],
        is_bucket,
    ),
];

pub const AUTOCALL: &[Filter] = &[
    (
        "result",
        &["answered", "busy,in_progress", "failed"],
        |call, value| is_in(value, call.result()),
    ),
    (
        "phone",
        &[
            "0900000007",
            "+84 900-000-008",
            "0084900000009",
            "12",
            "none",
        ],
        |call, value| {
            let phone = call.lead["phone"].as_str().expect("a phone");
            let last = value.chars().last().expect("a text");
            value.len() > 9 && phone.starts_with("0900000") && phone.ends_with(&format!("00{last}"))
        },
    ),
    (
        "stage",
        &[
            "Imported lead",
            "Dialed",
            "Answered",
            "Pressed valid DTMF",
            "Transferred to agent",
            "Agent disposed",
        ],
        |call, value| match value {
            "Answered" => call.result() == "answered",
            "Pressed valid DTMF" => call.digit().is_some_and(|digit| {
                digit != "no_input"
                    && (call.number("campaign_id") != 3 || ["1", "2"].contains(&digit.as_str()))
            }),
            "Transferred to agent" => ["queued", "connected"].contains(&call.text("transfer")),
            "Agent disposed" => !call.text("agent_disposition").is_empty(),
            _ => true,
        },
    ),
    (
        "has",
        &[
            "hangup_cause",
            "digit",
            "agent_disposition",
            "agent_id",
            "path",
            "digit,path",
        ],
        |call, value| {
            value.split(',').all(|member| match member {
                "digit" => call.digit().is_some_and(|digit| digit != "no_input"),
                "path" => !call.path().is_empty(),
                member => !call.line[member].is_null(),
            })
        },
    ),
    (
        "digit",
        &["1", "0", "*", "#", "no_input", "1,no_input"],
        |call, value| call.digit().is_some_and(|digit| is_in(value, &digit)),
    ),
    (
        "path",
        &["intro", "a -> b", "intro -> press_1 -> queue_sales", "x"],
        |call, value| call.path() == value,
    ),
    (
        "transfer",
        &["queued", "failed,connected"],
        |call, value| is_in(value, call.text("transfer")),
    ),
    ("agent_disposition", &["sold", "Sold"], |call, value| {
        call.text("agent_disposition") == value
    }),
    ("attempt_number", &["1", "3", "4"], |call, value| {
        call.number("attempt_number") == number(value)
    }),
    (
        "provider",
        &["carrier_a", "Carrier", "(unknown)"],
        |call, value| call.line["provider"].as_str().unwrap_or("(unknown)") == value,
    ),
    (
        "outcome",
        &["answered", "Ünklar", "no_answer", "x"],
        |call, value| call.line["outcome"].as_str().unwrap_or(call.text("result")) == value,
    ),
    (
        "sentiment",
        &["0.0-0.2", "0.2-0.4", "0.8-1.0"],
        |call, value| {
            let from = decimal(&value[..3]);
            let is_in = |sent: Decimal| {
                sent >= from
                    && (sent < from + decimal("0.2")
                        || sent == Decimal::ONE && from == decimal("0.8"))
            };
            sentiment(call).is_some_and(is_in)
        },
    ),
];

/// Filters of the account's list only.
pub const OF_ANALYTICS: &[Filter] = &[
    ("campaign_ids", &["1", "1,3", "4"], |call, value| {
        is_in(value, &call.number("campaign_id").to_string())
    }),
    (
        "template_id",
        &["tpl_xyz789", "tpl_2", "tpl_none"],
        |call, value| match call.number("campaign_id") % 4 {
            1 => value == "tpl_2",
            2 => false,
            _ => value == "tpl_xyz789",
        },
    ),
    ("merchant_id", &["mer_1", "mer_2", "1"], |_, value| {
        value == "mer_1"
    }),
    ("reseller_id", &["res_1"], |_, _| false),
    ("min_duration", &["0", "100"], |call, value| {
        call.result() == "answered" && call.number("billsec") >= number(value)
    }),
    ("max_duration", &["0", "100"], |call, value| {
        call.result() == "answered" && call.number("billsec") <= number(value)
    }),
    ("sentiment_min", &["0.2", "1"], |call, value| {
        sentiment(call).is_some_and(|sent| sent >= decimal(value))
    }),
    ("sentiment_max", &["0.2", "0"], |call, value| {
        sentiment(call).is_some_and(|sent| sent <= decimal(value))
    }),
    (
        "payload_filters",
        &[
            r#"{"city":"Hanoi"}"#,
            r#"{"plan":1}"#,
            r#"{"plan":"1","vip":1}"#,
            "{}",
        ],
        |call, value| {
            let wanted: Value = value.parse().expect("JSON");
            let wanted = wanted.as_object().expect("an object").clone();
            wanted.iter().all(|(name, value)| {
                let has = &call.lead["payload"][name];
                match (value.as_f64(), has.as_f64()) {
                    (Some(wanted), Some(has)) => wanted == has,
                    _ => has == value,
                }
            })
        },
    ),
];

pub const TELESALES: &[Filter] = &[
    ("campaign_id", &["1", "4"], |call, value| {
        call.number("campaign_id") == number(value)
    }),
    ("agent_ids", &["1,2,3", "12"], |call, value| {
        is_in(value, &call.line["agent_id"].to_string())
    }),
    (
        "source",
        &["website", "(unknown)", "Hội chợ, Huế", "x"],
        |call, value| call.source() == value,
    ),
    (
        "result",
        &["answered", "blocked,in_progress"],
        |call, value| is_in(value, call.result()),
    ),
    (
        "phone",
        &["0300000007", "+84 300-000-008"],
        |call, value| {
            let last = value.chars().last().expect("a text");
            call.lead["phone"] == format!("030000000{last}")
        },
    ),
    (
        "stage",
        &[
            "Total leads",
            "Dialed",
            "Connected",
            "Talked > 30s",
            "Disposed",
            "Converted",
        ],
        |call, value| {
            let is_dial = call.is_dial();
            match value {
                "Dialed" => is_dial,
                "Connected" => call.is_answer(),
                "Talked > 30s" => is_dial && call.number("talk_sec") > 30,
                "Disposed" => is_dial && !call.text("disposition").is_empty(),
                "Converted" => call.is_conversion(),
                _ => true,
            }
        },
    ),
    (
        "has",
        &["hangup_cause", "disposition", "agent_id,disposition"],
        |call, value| value.split(',').all(|member| !call.line[member].is_null()),
    ),
    (
        "disposition",
        &["sale", "Ångebot", "=dnc", "unused"],
        |call, value| call.text("disposition") == value,
    ),
    ("cid", &["0900000003", "x"], |call, value| {
        call.text("cid") == value
    }),
    ("conversion", &["true", "false"], |call, value| {
        call.is_conversion().to_string() == value
    }),
    ("talk_over", &["0", "30"], |call, value| {
        call.number("talk_sec") > number(value)
    }),
    ("talk_under", &["8", "31"], |call, value| {
        call.number("talk_sec") < number(value)
    }),
];

/// Asserts that a list shows exactly the calls that pass, in its order.
async fn assert_listed(
    test: &TestApp,
    list: &str,
    calls: &[Call<'_>],
    given: &[(Filter, &str)],
) -> usize {
    let mut list = list.to_owned();
    let mut expected: Vec<&Call<'_>> = calls.iter().collect();
    for ((name, _, passes), value) in given {
        list += &format!("&{name}={}", encoded(value));
        expected.retain(|call| passes(call, value));
    }
    expected.sort_by_key(|call| call.place());
    let expected: Vec<&str> = expected.iter().map(|call| call.text("uuid")).collect();
    assert_eq!(uuids(test, &list, 199).await, expected, "{list}");
    expected.len()
}

/// The filters of each list.
fn lists(world: &World) -> Vec<(&'static str, Vec<Call<'_>>, Vec<Filter>)> {
    let mut of_campaign = world.attempts();
    of_campaign.retain(|call| call.number("campaign_id") == 2);
    vec![
        (CAMPAIGN, of_campaign, [BOTH, AUTOCALL].concat()),
        (
            ATTEMPTS,
            world.attempts(),
            [BOTH, AUTOCALL, OF_ANALYTICS].concat(),
        ),
        (SALES_CALLS, world.sales_calls(), [BOTH, TELESALES].concat()),
    ]
}

#[tokio::test]
async fn every_filter_lists_what_it_says() {
    let (test, world) = (TestApp::new().await, World::random(31, 600));
    test.ingest(&world.lines).await;
    for (list, calls, filters) in lists(&world) {
        assert_listed(&test, list, &calls, &[]).await;
        let mut found = BTreeSet::new();
        for filter in &filters {
            let (name, values, _) = *filter;
            for value in values {
                let listed = assert_listed(&test, list, &calls, &[(*filter, value)]).await;
                if listed > 0 {
                    found.insert(name);
                }
            }
        }
        assert!(found.len() + 3 > filters.len(), "{list}: only {found:?}");
    }
}

/// The tables above leave none out but those that other tests are about.
#[test]
fn every_filter_of_a_list_is_tested() {
    let world = World { lines: Vec::new() };
    for (list, (_, _, filters)) in calls::ALL.iter().zip(lists(&world)) {
        let tested: BTreeSet<&str> = filters.iter().map(|(name, _, _)| *name).collect();
        let own = list.filters().map(|filter| filter.parameter.plain());
        let missing: Vec<&str> = own.filter(|name| !tested.contains(name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", list.path);
    }
}

#[tokio::test]
async fn filters_together_list_what_passes_all_of_them() {
    let (test, world) = (TestApp::new().await, World::random(32, 400));
    test.ingest(&world.lines).await;
    let mut random = StdRng::seed_from_u64(32);
    for (list, calls, filters) in lists(&world) {
        let mut listed = 0;
        for _ in 0..60 {
            let mut given: Vec<(Filter, &str)> = Vec::new();
            for _ in 0..random.random_range(2..=4) {
                let filter = filters[random.random_range(0..filters.len())];
                let value = filter.1[random.random_range(0..filter.1.len())];
                let bounds = [
                    "min_duration",
                    "max_duration",
                    "sentiment_min",
                    "sentiment_max",
                ];
                let is_new = given.iter().all(|((name, _, _), _)| *name != filter.0);
                let is_ordered = !bounds.contains(&filter.0)
                    || !given.iter().any(|((name, _, _), _)| bounds.contains(name));
                if is_new && is_ordered {
                    given.push((filter, value));
                }
            }
            listed += assert_listed(&test, list, &calls, &given).await;
        }
        assert!(listed > 100, "{list}: only {listed}");
    }
}
