//! Lists by free text with more keys than a response holds, and texts longer than the readers'
//! limit.

use callboard::auth::Tenant;
use callboard::auth::tenant::DEFAULT_TIMEZONE;
use callboard::keys::{MOST, OTHER};
use callboard::rollups::compact;
use serde_json::{Value, json};

use crate::reference::{reference, target};
use crate::support::{NOW, TENANT, TestApp};

const FROM: &str = "2026-06-01";
const TO: &str = "2026-06-20";

/// Keys of each list, `more` of them beyond the limit. The first ten have two rows, every seventh
/// has three.
fn world(more: usize, account: i64) -> Vec<Value> {
    let mut lines = vec![
        json!({"kind": "autocall_campaign", "id": 1, "name": "A", "created_at": "2026-05-01T00:00:00Z"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0901234567", "created_at": "2026-05-01T00:00:00Z"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "T", "created_at": "2026-05-01T00:00:00Z"}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0901234567", "source": "one", "created_at": "2026-05-01T00:00:00Z"}),
    ];
    for key in 0..MOST + more {
        let (text, times) = (
            format!("key {key:05}"),
            if key < 10 {
                2
            } else if key % 7 == 0 {
                3
            } else {
                1
            },
        );
        lines.push(json!({"kind": "disposition", "code": text, "label": format!("L {key}"), "category": "contact", "color": "#00FF00"}));
        lines.push(json!({"kind": "agent", "id": key + 1, "name": text, "username": text}));
        lines.push(
            json!({"kind": "caller_id", "cid": text, "carrier": "viettel", "cli_type": "mobile"}),
        );
        lines.push(
            json!({"kind": "telesales_lead", "id": key + 2, "campaign_id": 1, "phone": "0901234567", "source": text,
            "created_at": "2026-06-05T00:00:00Z"}),
        );
        for time in 0..times {
            let at = format!("2026-06-{:02}T{:02}:10:00Z", 5 + key % 9, time);
            let result = if (key + time) % 3 == 0 {
                "answered"
            } else {
                "busy"
            };
            lines.push(json!({"kind": "autocall_attempt", "uuid": format!("{account}-{key}-{time}"), "campaign_id": 1, "lead_id": 1,
                "attempt_number": key + 1, "started_at": at, "result": result, "hangup_cause": text, "provider": text, "outcome": text}));
            lines.push(json!({"kind": "telesales_call", "uuid": format!("{account}-{key}-{time}"), "campaign_id": 1, "lead_id": key + 2,
                "agent_id": key + 1, "cid": text, "started_at": at, "result": result, "talk_sec": 20, "disposition": text}));
        }
    }
    lines
}

fn report(path: &str, from: &str, to: &str) -> Value {
    let query = json!({from: FROM, to: TO, "timezone": "UTC"});
    json!({"path": path, "query": query, "now": NOW, "timezone": "Asia/Ho_Chi_Minh", "tenant_id": TENANT, "settings": {}})
}

fn question(name: &str, page: usize, page_size: usize) -> Value {
    let body = json!({"query_type": name, "page": page, "page_size": page_size});
    json!({"path": "/analytics", "body": body, "now": NOW, "tenant_id": TENANT})
}

fn requests() -> Vec<Value> {
    let mut requests = vec![
        report("/api/autocall/campaigns/1/reports/hangup", "from", "to"),
        report(
            "/api/telesales/reports/disposition-breakdown",
            "date_from",
            "date_to",
        ),
        report(
            "/api/telesales/reports/lead-source-attribution",
            "date_from",
            "date_to",
        ),
        report(
            "/api/telesales/reports/agent-performance",
            "date_from",
            "date_to",
        ),
        report(
            "/api/telesales/reports/caller-id-health",
            "date_from",
            "date_to",
        ),
    ];
    for name in [
        "outcome_distribution",
        "top_outcomes",
        "retry_analysis",
        "provider_breakdown",
    ] {
        let pages = [
            (1, 1),
            (1, 1000),
            (10, 1000),
            (11, 1000),
            (12, 1000),
            (3334, 3),
        ];
        requests.extend(pages.map(|(page, size)| question(name, page, size)));
    }
    requests
}

async fn compare_with_reference(test: &TestApp, lines: &[Value], requests: &[Value], when: &str) {
    for (request, expected) in requests.iter().zip(reference(lines, requests)) {
        let answer = match request["path"].as_str() {
            Some("/analytics") => test.ask(&request["body"]).await,
            _ => test.ok(&target(request)).await,
        };
        let (is, should) = (answer.text(), expected.as_str());
        let at = is
            .bytes()
            .zip(should.bytes())
            .position(|(a, b)| a != b)
            .unwrap_or(is.len().min(should.len()));
        let near = |text: &str| {
            String::from_utf8_lossy(
                &text.as_bytes()[at.saturating_sub(80)..text.len().min(at + 80)],
            )
            .into_owned()
        };
        assert!(
            is == should,
            "{when}: {request} differs at {at}:\n{}\n{}",
            near(is),
            near(should)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_beyond_the_ten_thousandth_are_merged_into_one_row() {
    let test = TestApp::new().await;
    let lines = world(40, TENANT);
    test.ingest(&lines).await;
    compare_with_reference(&test, &lines, &requests(), "from the journal").await;
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    compare_with_reference(&test, &lines, &requests(), "from the sums").await;
    for report in ["autocall", "telesales"] {
        let sql =
            format!("insert into rollup_stale (tenant_id, module) values ({TENANT}, '{report}')");
        test.execute(TENANT, &sql).await;
    }
    compare_with_reference(&test, &lines, &requests(), "from the rows").await;

    let hangup = test
        .data(&format!(
            "/api/autocall/campaigns/1/reports/hangup?from={FROM}&to={TO}"
        ))
        .await;
    let causes = hangup["by_hangup_cause"].as_array().expect("rows");
    assert_eq!(
        (causes.len(), &causes[MOST]["hangup_cause"]),
        (MOST + 1, &json!(OTHER))
    );
    let hundredths = |row: &Value| {
        row["pct"]
            .as_str()
            .expect("text")
            .replace('.', "")
            .parse::<i64>()
            .expect("a number")
    };
    assert_eq!(causes.iter().map(hundredths).sum::<i64>(), 10_000);
    assert_eq!(
        causes
            .iter()
            .map(|row| row["count"].as_i64().expect("a count"))
            .sum::<i64>(),
        hangup["total_calls"]
    );
}

/// The most frequent keys are known only after all tenants are summed.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_several_tenants_are_summed_before_ranking() {
    let test = TestApp::new().await;
    Tenant::create(&test.app.db, 2, "Merchant", *DEFAULT_TIMEZONE, Some(TENANT))
        .await
        .expect("an account");
    let token = test.user(2, "merchant", callboard::auth::Role::Admin).await;
    let attempts = |account: i64, more: usize| -> Vec<Value> {
        let kinds = ["autocall_campaign", "autocall_lead", "autocall_attempt"];
        world(more, account)
            .into_iter()
            .filter(|line| kinds.contains(&line["kind"].as_str().expect("a kind")))
            .collect()
    };
    let worlds = [attempts(TENANT, 30), attempts(2, 50)];
    test.ingest(&worlds[0]).await;
    test.ingest_as(&token, &worlds[1]).await;
    let mut lines = worlds[0].clone();
    lines.push(json!({"kind": "account", "id": 2, "reseller_id": TENANT}));
    lines.extend(worlds[1].iter().cloned());
    let requests: Vec<Value> = requests()
        .into_iter()
        .filter(|request| request["path"] == "/analytics")
        .collect();
    compare_with_reference(&test, &lines, &requests, "from the journals").await;
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    test.execute(
        2,
        "insert into rollup_stale (tenant_id, module) values (2, 'autocall')",
    )
    .await;
    compare_with_reference(&test, &lines, &requests, "from sums and rows").await;
}

/// Rows written by plain SQL, which can exceed the lengths of ingest.
#[tokio::test(flavor = "multi_thread")]
async fn long_texts_are_truncated_to_255_characters_when_read() {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "A", "created_at": "2026-05-01T00:00:00Z"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "T", "created_at": "2026-05-01T00:00:00Z"}),
        json!({"kind": "disposition", "code": "sold", "label": "Sold", "category": "contact", "color": "#00FF00"}),
        json!({"kind": "agent", "id": 1, "name": "Agent", "username": "agent"}),
    ])
    .await;
    test.execute(
        TENANT,
        "update autocall_campaigns set name = repeat('ư', 300);
         update agents set name = repeat('ư', 300), username = repeat('u', 2000);
         update dispositions set label = repeat('ư', 300);
         insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result,
             hangup_cause, script_path, provider, outcome)
         select 1, n::text, 1, 1, 1, '2026-06-05Z', 'answered', repeat('ư', 255) || n, array_fill(repeat('s', 300) || n, '{70}'),
                repeat('p', 255 + n), repeat('o', 100000) || n
         from generate_series(1, 3) n;
         insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
         select 1, n, 1, '84', '84', case n when 4 then E'\\u00a0\\u2003 ' else repeat('ư', 255) || n end, '2026-06-05Z'
         from generate_series(1, 4) n;
         insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, started_at, result, disposition)
         values (1, 'a', 1, 1, 1, '2026-06-05Z', 'answered', 'sold')",
    )
    .await;
    let window = format!("from={FROM}&to={TO}");
    let (short, long) = ("ư".repeat(255), "s".repeat(255));
    for when in ["from the journal", "from the sums", "from the rows"] {
        let of = async |report: &str| {
            test.data(&format!(
                "/api/autocall/campaigns/1/reports/{report}?{window}"
            ))
            .await
        };
        assert_eq!(
            of("hangup").await["by_hangup_cause"],
            json!([{"hangup_cause": short, "count": 3, "pct": "100.00"}]),
            "{when}"
        );
        let path = vec![long.as_str(); 64].join(" -> ");
        assert_eq!(
            of("dtmf").await["by_script_path"],
            json!([{"path": path, "count": 3}]),
            "{when}"
        );
        let top = test.rows(&json!({"query_type": "top_outcomes"})).await;
        assert_eq!(
            top,
            [json!({"rank": 1, "outcome": "o".repeat(255), "count": 3})],
            "{when}"
        );
        let providers = test
            .rows(&json!({"query_type": "provider_breakdown"}))
            .await;
        assert_eq!(
            providers,
            [json!({"provider": "p".repeat(255), "count": 3, "pct": "100.00"})],
            "{when}"
        );
        let of = async |report: &str| {
            test.data(&format!(
                "/api/telesales/reports/{report}?date_from={FROM}&date_to={TO}"
            ))
            .await
        };
        let sources = of("lead-source-attribution").await;
        assert_eq!(
            (&sources[0]["source"], &sources[0]["total_leads"]),
            (&json!(short), &json!(3)),
            "{when}"
        );
        assert_eq!(
            (&sources[1]["source"], &sources[1]["total_leads"]),
            (&json!("(unknown)"), &json!(1)),
            "{when}"
        );
        assert_eq!(of("agent-performance").await[0]["name"], short, "{when}");
        assert_eq!(
            of("disposition-breakdown").await[0]["label"],
            short,
            "{when}"
        );
        let campaigns = test.ok("/api/autocall/campaigns").await.json();
        assert_eq!(campaigns["data"][0]["name"], short, "{when}");
        compact::compact_until_idle(&test.app.db)
            .await
            .expect("compacted");
        if when == "from the sums" {
            for module in ["autocall", "telesales"] {
                let sql = format!(
                    "insert into rollup_stale (tenant_id, module) values ({TENANT}, '{module}')"
                );
                test.execute(TENANT, &sql).await;
            }
        }
    }
}
