//! Every analytics query with every filter, against the reference and against reports of the same
//! figures.

use callboard::analytics::{ALL, filter};
use callboard::auth::Tenant;
use callboard::auth::tenant::DEFAULT_TIMEZONE;
use callboard::rollups::compact;
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::reference::{WINDOWS, ZONES, reference};
use crate::support::world::{self, Size};
use crate::support::{NOW, TENANT, TestApp};

pub fn size(attempts: usize) -> Size {
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    Size {
        attempts,
        calls: 0,
        from: at("2026-03-01T00:00:00Z"),
        to: at("2026-05-25T00:00:00Z"),
    }
}

fn pick<T: Clone>(random: &mut StdRng, of: &[T]) -> T {
    of[random.random_range(0..of.len())].clone()
}

/// A value for that filter that does not contradict the others.
fn value(random: &mut StdRng, name: &str) -> Value {
    let window = pick(random, WINDOWS);
    match name {
        "template_id" => pick(random, &["tpl_xyz789", "tpl_2", "tpl_1", "tpl_none"]).into(),
        "merchant_id" => pick(random, &["mer_1", "mer_2", "mer_3", "mer_01", "acme"]).into(),
        "reseller_id" => pick(random, &["res_1", "res_2", "res_", "mer_1"]).into(),
        "date_from" => window.0.into(),
        "date_to" => window.1.into(),
        "min_duration" => random.random_range(0..60).into(),
        "max_duration" => random.random_range(60..200).into(),
        "sentiment_min" => pick(
            random,
            &[
                json!(0),
                json!(0.2),
                json!(0.199999),
                json!(0.123_456_7),
                json!(1e-1),
            ],
        ),
        "sentiment_max" => pick(
            random,
            &[json!(1), json!(0.8), json!(0.2), json!(0.654_321)],
        ),
        "payload_filters" => pick(
            random,
            &[
                json!({"city": "Hanoi"}),
                json!({"plan": 1}),
                json!({"plan": 1.0, "city": "Hanoi"}),
                json!({"plan": "1"}),
                json!({"vip": true}),
                json!({"vip": false, "plan": 1}),
                json!({"": "x", "plan": 0.1}),
                json!({"nothing": "there"}),
                json!({"city": "Huế", "vip": 1}),
                json!({"city": "Hue\u{302}\u{301}"}),
                json!({}),
            ],
        ),
        other => panic!("no value for {other}"),
    }
}

/// Every query type with every filter, then with random sets of filters.
fn requests(random: &mut StdRng, more: usize) -> Vec<Value> {
    let names = || filter::ALL.iter().map(|filter| filter.name);
    let questions = || ALL.iter().map(|question| question.about.name);
    let mut requests = Vec::new();
    for question in questions() {
        requests.push(request(random, question, &[]));
        requests.extend(
            names()
                .map(|filter| request(random, question, &[filter]))
                .collect::<Vec<_>>(),
        );
    }
    for _ in 0..more {
        let question = pick(random, &questions().collect::<Vec<_>>());
        let filters: Vec<&str> = names().filter(|_| random.random_bool(0.3)).collect();
        requests.push(request(random, question, &filters));
    }
    requests
}

fn request(random: &mut StdRng, question: &str, filters: &[&str]) -> Value {
    let mut given = json!({});
    for filter in filters {
        given[*filter] = value(random, filter);
    }
    if filters.contains(&"date_from") && filters.contains(&"date_to") {
        let (from, to) = pick(random, WINDOWS);
        (given["date_from"], given["date_to"]) = (from.into(), to.into());
    }
    let mut body = json!({"query_type": question, "filters": given, "timezone": pick(random, ZONES),
        "granularity": pick(random, &["hour", "day", "week", "month"])});
    if random.random_bool(0.5) {
        body["page"] = random.random_range(1..4).into();
        body["page_size"] = pick(random, &[1, 2, 7, 50, 1000]).into();
    }
    let reseller = random.random_bool(0.5);
    json!({"path": "/analytics", "body": body, "now": NOW, "tenant_id": if reseller { 1 } else { 2 }})
}

#[tokio::test]
async fn every_query_type_with_every_filter_matches_the_reference() {
    let test = TestApp::new().await;
    Tenant::create(&test.app.db, 2, "Merchant", *DEFAULT_TIMEZONE, Some(TENANT))
        .await
        .expect("an account");
    Tenant::create(&test.app.db, 3, "Stranger", *DEFAULT_TIMEZONE, None)
        .await
        .expect("an account");
    let mut tokens = vec![test.token.clone()];
    for (tenant, name) in [(2, "merchant"), (3, "stranger")] {
        tokens.push(test.user(tenant, name, callboard::auth::Role::Admin).await);
    }
    let worlds = [
        world::random(7, size(2_000)),
        world::random(8, size(900)),
        world::random(9, size(300)),
    ];
    let mut lines = Vec::new();
    for (account, world) in (1..).zip(&worlds) {
        test.ingest_as(&tokens[account - 1], world).await;
        let reseller = if account == 2 { json!(1) } else { Value::Null };
        lines.push(json!({"kind": "account", "id": account, "reseller_id": reseller}));
        lines.extend(world.iter().cloned());
    }

    let requests = requests(&mut StdRng::seed_from_u64(11), 300);
    let expected = reference(&lines, &requests);
    assert_eq!(expected.len(), requests.len());
    // From the journal alone, then from the compacted sums.
    for settled in [false, true] {
        if settled {
            compact::compact_until_idle(&test.app.db)
                .await
                .expect("compacted");
        }
        for (request, expected) in requests.iter().zip(&expected) {
            let token = if request["tenant_id"] == 1 {
                &tokens[0]
            } else {
                &tokens[1]
            };
            let asked = crate::support::Client::new(test.url.clone(), token.clone());
            assert_eq!(
                asked.ask(&request["body"]).await.text(),
                expected,
                "{settled} {request}"
            );
        }
    }
}

fn sum(rows: &[Value], field: &str) -> i64 {
    rows.iter()
        .map(|row| row[field].as_i64().expect("a number"))
        .sum()
}

#[tokio::test]
async fn analytics_totals_match_the_reports() {
    let test = TestApp::new().await;
    test.ingest(&world::random(17, size(3_000))).await;
    for (from, to) in WINDOWS {
        for zone in [
            "UTC",
            "Asia/Kathmandu",
            "Europe/Berlin",
            "Australia/Lord_Howe",
        ] {
            let window = format!("from={from}&to={to}&timezone={zone}").replace('+', "%2B");
            let mut kpis = Vec::new();
            let mut by_hour = vec![0; 24];
            for id in world::CAMPAIGNS {
                let of = async |report: &str| {
                    test.data(&format!(
                        "/api/autocall/campaigns/{id}/reports/{report}?{window}"
                    ))
                    .await
                };
                kpis.push(of("kpis").await);
                for cell in of("heatmap").await.as_array().expect("cells") {
                    by_hour[usize::try_from(cell["hour"].as_i64().expect("an hour"))
                        .expect("small")] += cell["dialed"].as_i64().expect("a count");
                }
            }
            let ask = async |question: &str| {
                let filters = json!({"date_from": from, "date_to": to});
                let question = json!({"query_type": question, "filters": filters, "timezone": zone, "granularity": "hour", "page_size": 1000});
                let mut rows = test.rows(&question).await;
                let total = test.ask(&question).await.json()["total"]
                    .as_i64()
                    .expect("a count");
                for page in 2..=(total + 999) / 1000 {
                    let mut next = question.clone();
                    next["page"] = page.into();
                    rows.extend(test.rows(&next).await);
                }
                rows
            };
            let (dialed, answered) = (sum(&kpis, "dialed"), sum(&kpis, "answered"));
            assert_eq!(ask("call_count").await[0]["count"], dialed, "{window}");
            let duration = ask("call_duration").await;
            assert_eq!(
                duration[0]["total"].as_i64().unwrap_or(0),
                sum(&kpis, "total_talk_time_sec"),
                "{window}"
            );
            let hours = ask("hourly_heatmap").await;
            assert_eq!(
                hours
                    .iter()
                    .map(|row| row["count"].as_i64().expect("a count"))
                    .collect::<Vec<_>>(),
                by_hour,
                "{window}"
            );
            assert_eq!(
                sum(&ask("calls_over_time").await, "count"),
                dialed,
                "{window}"
            );
            let tries = ask("retry_analysis").await;
            assert_eq!(
                (sum(&tries, "calls"), sum(&tries, "answered")),
                (dialed, answered),
                "{window}"
            );
            assert_eq!(
                sum(&ask("provider_breakdown").await, "count"),
                dialed,
                "{window}"
            );
        }
    }
}
