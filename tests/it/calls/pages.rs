//! Pages: their order, what changes between them, and values that no page has.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ATTEMPTS, CAMPAIGN, SALES_CALLS, encoded, uuids};
use crate::calls::world::World;
use crate::support::{TENANT, TestApp};

#[tokio::test]
async fn calls_of_one_instant_are_in_the_order_of_their_bytes() {
    let test = TestApp::new().await;
    let mut lines = vec![
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"}),
    ];
    // More than a page at one instant, among others a microsecond before and after.
    for (instant, names) in [
        ("2025-10-25T10:00:00.000001Z", vec!["b", "a"]),
        (
            "2025-10-25T10:00:00Z",
            vec!["é", "z", "Z", "a/b", "a b", "%", "10", "9"],
        ),
        ("2025-10-25T09:59:59.999999Z", vec!["y"]),
    ] {
        lines.extend(names.iter().map(|name| {
            json!({"kind": "telesales_call", "uuid": name, "campaign_id": 1, "lead_id": 1, "started_at": instant})
        }));
    }
    test.ingest(&lines).await;
    let expected = ["a", "b", "%", "10", "9", "Z", "a b", "a/b", "z", "é", "y"];
    // Names are cut of blanks around them, not within.
    for limit in 1..=11 {
        assert_eq!(uuids(&test, SALES_CALLS, limit).await, expected, "{limit}");
    }
}

/// Between two pages calls come, change and go. Those that are there all the while come exactly once.
#[tokio::test]
async fn what_stays_comes_once_whatever_comes_and_goes() {
    let (test, world) = (TestApp::new().await, World::random(33, 300));
    test.ingest(&world.lines).await;
    for (list, table) in [
        (ATTEMPTS, "autocall_attempts"),
        (SALES_CALLS, "telesales_calls"),
    ] {
        let before: BTreeSet<String> = uuids(&test, list, 200).await.into_iter().collect();
        let (mut seen, mut after, mut page) = (Vec::new(), String::new(), 0);
        loop {
            let answer = test
                .ok(&format!("{list}&limit=17{after}&count=true"))
                .await
                .json();
            let rows = answer["data"].as_array().expect("rows").clone();
            let there = test
                .query(
                    TENANT,
                    &format!("select to_jsonb(count(*)) from {table} where tenant_id = 1"),
                )
                .await;
            assert_eq!(answer["total"], there[0], "counted again");
            seen.extend(
                rows.iter()
                    .map(|row| row["uuid"].as_str().expect("a uuid").to_owned()),
            );
            let Some(next) = answer["next"].as_str() else {
                break;
            };
            after = format!("&after={next}");
            page += 1;
            // The row that the cursor names goes; others come anywhere, and go anywhere.
            let last = rows[rows.len() - 1]["uuid"].as_str().expect("a uuid");
            let columns = if list == ATTEMPTS {
                "attempt_number,"
            } else {
                ""
            };
            let one = if list == ATTEMPTS { "1," } else { "" };
            for sql in [
                format!("delete from {table} where tenant_id = 1 and uuid = '{last}'"),
                format!("delete from {table} where tenant_id = 1 and ctid in (select ctid from {table} where tenant_id = 1 order by md5(uuid || {page}) limit 5)"),
                format!("insert into {table} (tenant_id, uuid, {columns} campaign_id, lead_id, started_at)
                         select 1, 'new-{page}-' || n, {one} 2, 1, timestamptz '2025-10-20 00:00Z' + n * interval '17 hours' from generate_series(1, 20) n"),
                format!("update {table} set hangup_cause = 'changed' where tenant_id = 1 and length(uuid) % 2 = {page} % 2"),
            ] {
                test.execute(TENANT, &sql).await;
            }
        }
        assert!(page > 10, "{list}: {page} pages");
        let once: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(once.len(), seen.len(), "{list}: a row came twice");
        let now: BTreeSet<String> = uuids(&test, list, 200).await.into_iter().collect();
        let stayed = before.intersection(&now).count();
        assert!(stayed > 100, "{list}: {stayed} stayed");
        assert!(
            before.intersection(&now).all(|uuid| once.contains(uuid)),
            "{list}"
        );
    }
}

#[tokio::test]
async fn a_page_tells_its_window_and_is_a_304_until_a_row_changes() {
    let (test, world) = (TestApp::new().await, World::random(34, 50));
    test.ingest(&world.lines).await;
    let answer = test.ok(CAMPAIGN).await;
    let window = "2025-10-19T22:00:00Z/2025-11-03T23:00:00Z";
    assert_eq!(answer.header("callboard-window"), window);
    assert_eq!(
        test.ok(ATTEMPTS).await.header("callboard-window"),
        "",
        "all time"
    );
    let tag = answer.header("etag").to_owned();
    let again = async || test.get_with(CAMPAIGN, "if-none-match", &tag).await.status;
    assert_eq!(again().await, 304);
    test.execute(
        TENANT,
        "update autocall_attempts set billsec = billsec + 1 where campaign_id = 2",
    )
    .await;
    assert_eq!(again().await, 200);
}

#[tokio::test]
async fn every_bad_value_is_a_fault_of_its_parameter() {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 2, "name": "C"})])
        .await;
    let both = [
        ("result", "Answered"),
        ("result", "answered,"),
        ("result", "answered,none"),
        ("hangup_cause", "%00"),
        ("lead_id", "x"),
        ("lead_id", "99999999999999999999"),
        ("phone", "1%00"),
        ("uuid", "%00"),
        ("day_of_week", "7"),
        ("day_of_week", "-1"),
        ("hour", "24"),
        ("hour", "1.5"),
        ("bucket", "2025"),
        ("bucket", "2025-02-30"),
        ("bucket", "2025-W60"),
        ("bucket", "2025-10-26 02:30:00"),
        ("stage", "dialed"),
        ("has", "uuid"),
        ("has", "agent_id,x"),
        ("limit", "0"),
        ("limit", "201"),
        ("after", "x"),
        ("after", "AAAAAAAAAAAAAAAA"),
        ("count", "maybe"),
        ("timezone", "Mars"),
        ("window", "tomorrow"),
    ];
    let attempts = [
        ("digit", "A"),
        ("digit", "10"),
        ("path", "%00"),
        ("transfer", "null"),
        ("agent_disposition", "%00"),
        ("attempt_number", "0"),
        ("provider", "%00"),
        ("outcome", "%00"),
        ("sentiment", "0.0-0.3"),
    ];
    let of_analytics = [
        ("date_from", "x"),
        ("date_to", "x"),
        ("campaign_ids", "x"),
        ("template_id", "%00"),
        ("min_duration", "-1"),
        ("max_duration", "x"),
        ("sentiment_min", "1.1"),
        ("sentiment_max", "-0.1"),
        ("payload_filters", "x"),
        ("payload_filters", "[]"),
        ("payload_filters", r#"{"a":null}"#),
        ("payload_filters", r#"{"a":[1]}"#),
    ];
    let calls = [
        ("disposition", "%00"),
        ("cid", "%00"),
        ("conversion", "yes"),
        ("talk_over", "-1"),
        ("talk_under", "x"),
        ("agent_ids", "x"),
        ("campaign_id", "x"),
        ("team_id", "x"),
        ("source", "%00"),
    ];
    let table: [(&str, Vec<(&str, &str)>); 3] = [
        (
            "/api/autocall/campaigns/2/attempts?",
            [&both[..], &attempts].concat(),
        ),
        (
            "/api/autocall/attempts?",
            [&both[..], &attempts, &of_analytics].concat(),
        ),
        (
            "/api/telesales/calls?date_from=2025-10-20&date_to=2025-11-03",
            [&both[..], &calls].concat(),
        ),
    ];
    for (list, values) in table {
        let mut all = BTreeSet::new();
        let mut together = list.to_owned();
        for (name, value) in values {
            let base = if name == "window" {
                list.split('?').next().expect("a path").to_owned() + "?"
            } else {
                list.to_owned()
            };
            let value = if value.contains('%') {
                value.to_owned()
            } else {
                encoded(value)
            };
            let path = format!("{base}&{name}={value}");
            let answer = test.get(&path).await;
            assert_eq!(answer.status, 422, "{path}: {}", answer.text());
            let faults = answer.json()["errors"].clone();
            let fields: Vec<&String> = faults.as_object().expect("faults").keys().collect();
            assert_eq!(fields, [name], "{path}: {faults}");
            if name != "window" && all.insert(name) {
                together += &format!("&{name}={value}");
            }
        }
        let faults = test.get(&together).await.json()["errors"].clone();
        let fields: BTreeSet<&str> = faults
            .as_object()
            .expect("faults")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(fields, all, "{together}: all at once");
    }
    for (path, field) in [
        (
            "/api/autocall/attempts?min_duration=2&max_duration=1",
            "max_duration",
        ),
        (
            "/api/autocall/attempts?sentiment_min=0.3&sentiment_max=0.2",
            "sentiment_max",
        ),
        (
            "/api/autocall/attempts?date_from=2025-10-02&date_to=2025-10-01",
            "date_to",
        ),
        (
            "/api/telesales/calls?date_from=2025-10-02&date_to=2025-10-01&lead_id=1",
            "date_to",
        ),
        (
            "/api/telesales/calls?date_from=2025-01-01&date_to=2025-10-01",
            "date_to",
        ),
        ("/api/telesales/calls?date_from=2025-10-01", "date_to"),
    ] {
        let answer = test.get(path).await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.json()["errors"][field].is_array()
            ),
            (422, true),
            "{path}"
        );
    }
}

/// What is unknown lists nothing; a campaign, team or agent that the account does not have is not found.
#[tokio::test]
async fn dates_may_be_left_out_with_a_lead_a_phone_or_a_call() {
    let (test, world) = (TestApp::new().await, World::random(35, 200));
    test.ingest(&world.lines).await;
    let all = world.sales_calls();
    for filter in [
        "lead_id=3",
        "phone=0300000003",
        "uuid=call-3",
        "lead_id=3&date_from=2025-01-01",
    ] {
        let listed = uuids(&test, &format!("/api/telesales/calls?{filter}"), 50).await;
        let is_meant = |uuid: &str| uuid == "call-3";
        let of_lead = all
            .iter()
            .filter(|call| call.number("lead_id") == 3)
            .count();
        if filter.starts_with("uuid") {
            assert!(
                listed.iter().all(|uuid| is_meant(uuid)) && listed.len() == 1,
                "{filter}"
            );
        } else {
            assert_eq!(listed.len(), of_lead, "{filter}");
        }
    }
    for filter in ["lead_id=999999", "phone=0399999999", "uuid=none", "phone=x"] {
        let listed = uuids(&test, &format!("/api/telesales/calls?{filter}"), 50).await;
        assert_eq!(listed, [""; 0], "{filter}");
    }
    for (path, field) in [
        ("/api/autocall/attempts?campaign_ids=1,99", "campaign_ids"),
        (
            "/api/telesales/calls?lead_id=1&campaign_id=99",
            "campaign_id",
        ),
        ("/api/telesales/calls?lead_id=1&team_id=99", "team_id"),
        ("/api/telesales/calls?lead_id=1&agent_ids=1,99", "agent_ids"),
    ] {
        let answer = test.get(path).await;
        let missing: Value = json!({field: ["99 was not found."]});
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"]),
            (404, &missing),
            "{path}"
        );
    }
}
