//! The overview: rows against the reference, and every warning by the smallest world that has it.

use std::time::Duration;

use callboard::auth::tenant::Change;
use callboard::auth::{Permission, Role, Tenant};
use callboard::reports::telesales::abandon_check;
use callboard::rollups::{Module, compact};
use callboard::time::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::reference::{ZONES, reference};
use crate::support::world::{self, Size};
use crate::support::{Answer, NOW, TENANT, TestApp};

const OVERVIEW: &str = "/api/overview";

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

/// A row without its warnings.
fn plain(row: &Value) -> Value {
    let mut row = row.clone();
    row.as_object_mut().expect("a row").remove("warnings");
    row
}

/// From sums and from rows, before and after compaction.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_those_of_the_reference() {
    let size = Size {
        attempts: 6_000,
        calls: 6_000,
        from: now() - TimeDelta::days(45),
        to: now() + TimeDelta::hours(3),
    };
    let lines = world::random(31, size);
    let test = TestApp::new().await;
    test.ingest(&lines).await;
    let mut requests = Vec::new();
    for zone in ZONES {
        for module in Module::ALL {
            let query = json!({"module": module.name(), "timezone": zone});
            requests.push(json!({"path": OVERVIEW, "query": query, "now": NOW, "timezone": "Asia/Ho_Chi_Minh"}));
        }
    }
    let expected = reference(&lines, &requests);
    for state in ["journal", "compacted", "stale"] {
        match state {
            "compacted" => {
                let compacted = compact::compact_until_idle(&test.app.db).await;
                compacted.expect("compacted");
            }
            "stale" => {
                for module in Module::ALL {
                    let stale = compact::mark_stale(&test.app.db, TENANT, module, None);
                    stale.await.expect("stale");
                }
            }
            _ => {}
        }
        for (request, expected) in requests.iter().zip(&expected) {
            let query = &request["query"];
            let (module, zone) = (&query["module"], &query["timezone"]);
            let (module, zone) = (module.as_str().expect("text"), zone.as_str().expect("text"));
            let answer = test
                .ok(&format!("{OVERVIEW}?module={module}&timezone={zone}"))
                .await;
            let mut rows = answer.json()["data"].as_array().expect("rows").clone();
            rows.sort_by_key(|row| row["id"].as_i64());
            let rows: Vec<Value> = rows.iter().map(plain).collect();
            let told: Value = serde_json::from_str(expected).expect("JSON");
            assert_eq!(json!(rows), told["data"], "{module} {zone} {state}");
        }
    }
}

/// Telesales calls of a campaign with the id of its lead, from an instant on, one every so many seconds.
fn calls(
    campaign: i64,
    from: &str,
    count: i64,
    every: i64,
    result: &dyn Fn(i64) -> Value,
) -> Vec<Value> {
    let from: DateTime<Utc> = from.parse().expect("an instant");
    let call = |number: i64| {
        let at = from + TimeDelta::seconds(number * every);
        json!({"kind": "telesales_call", "uuid": format!("{campaign} {at}"), "campaign_id": campaign,
            "lead_id": campaign, "started_at": at.to_rfc3339(), "result": result(number)})
    };
    (0..count).map(call).collect()
}

fn campaign(id: i64, status: &str) -> Vec<Value> {
    vec![
        json!({"kind": "telesales_campaign", "id": id, "name": format!("Chiến dịch {id}"), "status": status}),
        json!({"kind": "telesales_lead", "id": id, "campaign_id": id, "phone": "0900000001"}),
    ]
}

fn answered(_: i64) -> Value {
    json!("answered")
}

/// Codes of the warnings of campaigns, in the order of the answer.
fn codes(answer: &Answer) -> Vec<(i64, Vec<String>)> {
    let body = answer.json();
    let rows = body["data"].as_array().expect("rows").iter();
    let code = |warning: &Value| warning["code"].as_str().expect("a code").to_owned();
    rows.map(|row| {
        let warnings = row["warnings"].as_array().expect("warnings").iter();
        (
            row["id"].as_i64().expect("an id"),
            warnings.map(code).collect(),
        )
    })
    .collect()
}

const TELESALES: &str = "/api/overview?module=telesales";

#[tokio::test]
async fn the_most_severe_warnings_come_first_then_the_most_dials() {
    let test = TestApp::new().await;
    let mut lines = Vec::new();
    for id in 1..=5 {
        lines.extend(campaign(id, "active"));
    }
    // 1 is over its limit, 2 near it, 3 has calls without a result, 4 and 5 are well.
    lines.extend(calls(1, "2026-06-30T06:00:00Z", 100, 1, &|n| {
        json!(if n < 4 { "abandoned" } else { "answered" })
    }));
    lines.extend(calls(2, "2026-06-29T06:00:00Z", 100, 1, &|n| {
        json!(if n < 3 { "abandoned" } else { "answered" })
    }));
    lines.extend(calls(3, "2026-06-30T05:00:00Z", 3, 1, &|_| Value::Null));
    lines.extend(calls(4, "2026-06-30T07:00:00Z", 2, 1, &answered));
    lines.extend(calls(5, "2026-06-30T07:00:00Z", 9, 1, &answered));
    test.ingest(&lines).await;
    let mut checking = test.app.clone();
    checking.clock = Clock::Fixed(now());
    abandon_check::check(&checking).await.expect("a check");

    let answer = test.ok(TELESALES).await;
    let expected = [
        (1, vec!["abandon_breached"]),
        (2, vec!["abandon_near"]),
        (3, vec!["calls_without_result"]),
        (5, vec![]),
        (4, vec![]),
    ];
    let expected = expected.map(|(id, codes)| (id, codes.into_iter().map(str::to_owned).collect()));
    assert_eq!(codes(&answer), expected);
    let first = &answer.json()["data"][0]["warnings"][0];
    assert_eq!(first["severity"], "breach");
    assert_eq!(first["since"], "2026-06-30T08:00:00+00:00");
    assert_eq!(first["campaign_id"], 1);
    assert_eq!(first["figures"]["dials_to_recover"], 34);
    let near = &answer.json()["data"][1]["warnings"][0];
    assert_eq!(near["since"], "2026-06-29T06:00:00+00:00");

    let pages = [(1, vec![1, 2]), (2, vec![3, 5]), (3, vec![4]), (4, vec![])];
    for (page, ids) in pages {
        let answer = test
            .ok(&format!("{TELESALES}&per_page=2&page={page}"))
            .await;
        let shown: Vec<i64> = codes(&answer).iter().map(|(id, _)| *id).collect();
        assert_eq!(shown, ids, "page {page}");
        assert_eq!(
            (&answer.json()["total"], &answer.json()["last_page"]),
            (&json!(5), &json!(3))
        );
    }
    let found = test.ok(&format!("{TELESALES}&q=chien%20DICH%204")).await;
    assert_eq!(codes(&found), [(4, vec![])]);
}

/// Sets settings of the account.
async fn set(test: &TestApp, settings: &[(&str, &str)]) {
    let change = |(name, value): &(&str, &str)| Change::parse(name, value).expect("a setting");
    let changes: Vec<Change> = settings.iter().map(change).collect();
    let changed = Tenant::change(&test.app.db, TENANT, &changes).await;
    changed.expect("changed");
}

#[tokio::test]
async fn thresholds_of_warnings_are_settings_of_the_account() {
    let test = TestApp::new().await;
    let mut lines = campaign(1, "active");
    lines.extend(calls(1, "2026-06-29T06:00:00Z", 100, 1, &|n| {
        json!(if n < 2 { "abandoned" } else { "answered" })
    }));
    lines.extend(calls(1, "2026-06-30T05:00:00Z", 3, 1, &|_| Value::Null));
    test.ingest(&lines).await;
    let told = async || codes(&test.ok(TELESALES).await).remove(0).1;
    assert_eq!(told().await, ["calls_without_result"]);
    set(
        &test,
        &[
            ("warn_abandon_near_pct", "50"),
            ("warn_no_result_min", "195"),
        ],
    )
    .await;
    assert_eq!(told().await, ["abandon_near"]);
    set(&test, &[("warn_abandon_near_dials", "104")]).await;
    assert_eq!(told().await, [""; 0]);
    for (name, value) in [
        ("warn_abandon_near_pct", "101"),
        ("warn_no_result_min", "14"),
        ("warn_no_calls_gaps", "2.5"),
        ("warn_leads_days", "-1"),
    ] {
        assert!(Change::parse(name, value).is_err(), "{name}={value}");
    }
    let fresh = test.instance(now(), Duration::ZERO).await;
    let meta = fresh.data("/api/meta").await;
    for (name, value) in [
        ("warn_abandon_near_pct", 50),
        ("warn_no_calls_sec", 600),
        ("health_min_calls", 20),
    ] {
        assert_eq!(meta["thresholds"][name], value, "{name}");
    }
    assert_eq!(meta["thresholds"]["short_call_sec"], Value::Null);
}

/// From the journal, from sums and from rows.
#[tokio::test]
async fn a_campaign_is_near_its_limit_since_it_was_last_not() {
    let test = TestApp::new().await;
    let mut lines = campaign(1, "active");
    let third = |n: i64| json!(if n < 3 { "abandoned" } else { "answered" });
    // Near at 03:00, not at 05:00, and again at 06:30.
    lines.extend(calls(1, "2026-06-30T02:30:00Z", 110, 1, &third));
    lines.extend(calls(1, "2026-06-30T04:10:00Z", 80, 1, &answered));
    lines.extend(calls(1, "2026-06-30T06:30:00Z", 10, 1, &|n| {
        json!(if n < 2 { "abandoned" } else { "busy" })
    }));
    test.ingest(&lines).await;
    let told = async || test.data(TELESALES).await[0]["warnings"][0].take();
    for state in ["journal", "compacted"] {
        if state == "compacted" {
            let compacted = compact::compact_until_idle(&test.app.db).await;
            compacted.expect("compacted");
        }
        let warning = told().await;
        assert_eq!(warning["code"], "abandon_near", "{state}");
        assert_eq!(warning["since"], "2026-06-30T06:00:00+00:00", "{state}");
    }
    // Likewise where no breach was recorded.
    let more = |n: i64| json!(if n < 3 { "abandoned" } else { "answered" });
    test.ingest(&calls(1, "2026-06-30T07:20:00Z", 5, 1, &more))
        .await;
    let warning = told().await;
    assert_eq!(warning["code"], "abandon_breached");
    assert_eq!(warning["since"], "2026-06-30T07:00:00+00:00");
    let stale = compact::mark_stale(&test.app.db, TENANT, Module::Telesales, None);
    stale.await.expect("stale");
    assert_eq!(told().await, warning);
}

#[tokio::test]
async fn one_campaign_is_told_as_among_all() {
    let test = TestApp::new().await;
    let mut lines = Vec::new();
    for (id, status) in [(1, "active"), (2, "active"), (3, "completed")] {
        lines.extend(campaign(id, status));
    }
    lines.push(json!({"kind": "autocall_campaign", "id": 4, "name": "Other"}));
    for id in 1..=2 {
        lines.extend(calls(id, "2026-06-30T06:00:00Z", 100, 1, &|n| {
            json!(if n < 4 { "abandoned" } else { "answered" })
        }));
    }
    test.ingest(&lines).await;
    let all = test.ok(TELESALES).await;
    for stale in [false, true] {
        if stale {
            let stale = compact::mark_stale(&test.app.db, TENANT, Module::Telesales, None);
            stale.await.expect("stale");
        }
        for id in 1..=2 {
            let one = test.ok(&format!("{TELESALES}&campaign_id={id}")).await;
            let body = one.json();
            let rows = all.json()["data"].as_array().expect("rows").clone();
            let row = rows.into_iter().find(|row| row["id"] == id);
            assert_eq!(body["data"], json!([row]));
            assert_eq!((&body["total"], &body["warnings"]), (&json!(1), &json!([])));
            assert_eq!(
                one.header("callboard-window"),
                "2026-06-29T17:00:00Z/2026-06-30T08:15:00Z"
            );
        }
    }
    let ended = test.ok(&format!("{TELESALES}&campaign_id=3")).await;
    assert_eq!(ended.json()["data"], json!([]));
    let both = format!("{TELESALES}&campaign_id=2&q=1");
    assert_eq!(test.ok(&both).await.json()["total"], 0);
    for id in [4, 9] {
        let answer = test.get(&format!("{TELESALES}&campaign_id={id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text());
    }
    let wrong = test.get(&format!("{TELESALES}&campaign_id=x")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_limit_may_be_a_share_of_answers() {
    let test = TestApp::new().await;
    let mut lines = campaign(1, "active");
    lines.extend(calls(1, "2026-06-30T06:00:00Z", 1_000, 1, &|n| {
        json!(if n < 10 {
            "abandoned"
        } else if n < 200 {
            "answered"
        } else {
            "busy"
        })
    }));
    test.ingest(&lines).await;
    let limits = async || {
        let abandon = test
            .data("/api/telesales/reports/abandon-rate?campaign_id=1")
            .await;
        let row = test.data("/api/telesales/reports/compliance").await[0].take();
        assert_eq!(row["current"], abandon["current"]);
        (
            row["abandon_basis"].clone(),
            row["current"]["breached"].clone(),
            row["dials_to_recover"].clone(),
        )
    };
    assert_eq!(limits().await, (json!("dials"), json!(false), json!(0)));
    assert_eq!(codes(&test.ok(TELESALES).await)[0].1, [""; 0]);
    set(&test, &[("abandon_basis", "answers")]).await;
    assert_eq!(limits().await, (json!("answers"), json!(true), json!(134)));
    assert_eq!(codes(&test.ok(TELESALES).await)[0].1, ["abandon_breached"]);
}

/// Calls every minute of an hour on the last Tuesdays, of which some have half as many answers.
fn tuesdays(campaign: i64, answers_of_100: i64) -> Vec<Value> {
    let days = ["2026-06-02", "2026-06-09", "2026-06-16", "2026-06-23"];
    let result = move |n: i64| {
        json!(if n * 37 % 100 < answers_of_100 {
            "answered"
        } else {
            "busy"
        })
    };
    let of_day = |day: &str| calls(campaign, &format!("{day}T08:00:00Z"), 60, 60, &result);
    days.into_iter().flat_map(of_day).collect()
}

#[tokio::test]
async fn silence_and_few_answers_are_told_by_the_same_time_of_other_weeks() {
    let test = TestApp::at("2026-06-30T08:20:30Z".parse().expect("an instant")).await;
    let mut lines = Vec::new();
    for (id, status) in [
        (1, "active"),
        (2, "paused"),
        (3, "active"),
        (4, "active"),
        (5, "active"),
    ] {
        lines.extend(campaign(id, status));
        // More leads than are dialed in a day.
        for lead in 1..=5 {
            lines.push(json!({"kind": "telesales_lead", "id": 100 * id + lead, "campaign_id": id, "phone": "0900000001"}));
        }
        lines.extend(tuesdays(id, 60));
    }
    let few = |n: i64| json!(if n % 2 == 0 { "answered" } else { "busy" });
    // 1 is silent for eleven minutes, 2 is paused, 3 for nine; 4 has fewer answers than usual, 5 nearly so.
    lines.extend(calls(1, "2026-06-30T08:09:00Z", 1, 1, &answered));
    lines.extend(calls(2, "2026-06-30T08:09:00Z", 1, 1, &answered));
    lines.extend(calls(3, "2026-06-30T08:11:30Z", 1, 1, &answered));
    lines.extend(calls(4, "2026-06-30T08:10:00Z", 60, 10, &few));
    lines.extend(calls(5, "2026-06-30T08:10:00Z", 49, 10, &few));
    test.ingest(&lines).await;
    for compacted in [false, true] {
        if compacted {
            compact::compact_until_idle(&test.app.db)
                .await
                .expect("compacted");
        }
        let mut told = codes(&test.ok(TELESALES).await);
        told.sort();
        let told: Vec<(i64, &str)> = told
            .iter()
            .map(|(id, codes)| (*id, codes.first().map_or("", String::as_str)))
            .collect();
        assert_eq!(
            told,
            [
                (1, "no_calls"),
                (2, ""),
                (3, ""),
                (4, "answer_rate_drop"),
                (5, "")
            ]
        );
    }
    let rows = test.data(TELESALES).await;
    let silent = rows
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["id"] == 1);
    let warning = &silent.expect("a row")["warnings"][0];
    assert_eq!(warning["since"], "2026-06-30T08:09:00+00:00");
    assert_eq!(
        warning["figures"],
        json!({"usual_gap_sec": 60, "quiet_sec": 600})
    );
}

#[tokio::test]
async fn leads_that_do_not_last_a_day_are_told() {
    let test = TestApp::new().await;
    let mut lines =
        vec![json!({"kind": "autocall_campaign", "id": 1, "name": "C", "status": "active"})];
    for id in 1..=26 {
        let status = if id <= 20 { "completed" } else { "pending" };
        lines.push(json!({"kind": "autocall_lead", "id": id, "campaign_id": 1, "phone": "0900000001", "status": status}));
        if id <= 20 {
            let day = if id <= 10 { "2026-06-28" } else { "2026-06-29" };
            lines.push(json!({"kind": "autocall_attempt", "uuid": id.to_string(), "campaign_id": 1, "lead_id": id,
                "attempt_number": 1, "started_at": format!("{day}T03:00:00Z"), "result": "answered"}));
        }
    }
    test.ingest(&lines).await;
    let row = test.data(OVERVIEW).await[0].take();
    let pace = json!({"leads_finished_per_day": 10, "basis_days": 2, "days_left": 0.6, "ends_on": "2026-06-30"});
    assert_eq!(row["pace"], pace);
    assert_eq!(
        (&row["leads_total"], &row["leads_left"]),
        (&json!(26), &json!(6))
    );
    assert_eq!(row["warnings"][0]["code"], "leads_running_out");
}

#[tokio::test]
async fn a_caller_id_that_seems_blocked_is_told_at_the_campaigns_that_use_it() {
    let test = TestApp::new().await;
    let mut lines = [
        campaign(1, "active"),
        campaign(2, "active"),
        campaign(3, "active"),
    ]
    .concat();
    for cid in ["0900000001", "0900000002", "0900000003"] {
        lines.push(
            json!({"kind": "caller_id", "cid": cid, "carrier": "viettel", "cli_type": "mobile"}),
        );
    }
    let with = |calls: Vec<Value>, cid: &str| {
        calls
            .into_iter()
            .map(|mut call| {
                call["cid"] = cid.into();
                call
            })
            .collect::<Vec<_>>()
    };
    let rarely = |n: i64| json!(if n < 1 { "answered" } else { "no_answer" });
    let seldom = |n: i64| json!(if n < 5 { "answered" } else { "no_answer" });
    lines.extend(with(
        calls(1, "2026-06-30T06:00:00Z", 15, 1, &rarely),
        "0900000001",
    ));
    lines.extend(with(
        calls(2, "2026-06-30T06:00:00Z", 15, 1, &|_| json!("busy")),
        "0900000001",
    ));
    lines.extend(with(
        calls(3, "2026-06-30T06:00:00Z", 20, 1, &seldom),
        "0900000002",
    ));
    lines.extend(with(
        calls(3, "2026-06-30T07:00:00Z", 20, 1, &answered),
        "0900000003",
    ));
    test.ingest(&lines).await;
    // Their calls have no talk time, so that every answer is short.
    test.execute(
        TENANT,
        "update telesales_calls set talk_sec = 60 where result = 'answered'",
    )
    .await;
    let mut told = codes(&test.ok(TELESALES).await);
    told.sort();
    let suspected = || vec!["caller_id_suspected_block".to_owned()];
    let expected = [
        (1, suspected()),
        (2, suspected()),
        (3, vec!["caller_id_warning".to_owned()]),
    ];
    assert_eq!(told, expected);
    let rows = test.data(TELESALES).await;
    let warning = &rows[0]["warnings"][0];
    assert_eq!(warning["subject"], "0900000001");
    assert_eq!(warning["since"], "2026-06-30T06:00:00+00:00");
    assert_eq!(
        warning["figures"],
        json!({"calls": 30, "asr_pct": 3.3, "rejected_pct": 0, "short_pct": 0})
    );
}

#[tokio::test]
async fn failed_exports_and_suspended_webhooks_are_told_to_those_who_may_see_them() {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "C"})])
        .await;
    let failed = "insert into exports (tenant_id, id, campaign_id, report_type, format, window_from, window_to, timezone, created_at,
                      created_by, asked, status, rows_expected, completed_at)
                  values (1, 'exp_1', 1, 'kpis', 'csv', now(), now(), 'UTC', '2026-06-30T05:00Z', 1, '', 'failed', 0, '2026-06-30T06:00Z'),
                         (1, 'exp_2', 1, 'full', 'csv', now(), now(), 'UTC', '2026-06-28T05:00Z', 1, '', 'failed', 0, '2026-06-28T06:00Z')";
    test.execute(TENANT, failed).await;
    let suspended = "insert into webhooks (tenant_id, id, url, events, secret, status, suspended_at, created_at, updated_at)
                     values (1, 7, 'https://example.com', '{*}', '', 'suspended', '2026-06-30T04:00Z', now(), now())";
    test.execute(TENANT, suspended).await;
    let answer = test.ok(OVERVIEW).await.json();
    let warning = &answer["data"][0]["warnings"][0];
    let failed = json!({"code": "export_failed", "severity": "note", "since": "2026-06-30T06:00:00+00:00", "campaign_id": 1,
        "subject": "exp_1", "figures": {"report_type": "kpis"}});
    assert_eq!(warning, &failed);
    let suspended = json!([{"code": "webhook_suspended", "severity": "warning", "since": "2026-06-30T04:00:00+00:00",
        "campaign_id": null, "subject": "7", "figures": {}}]);
    assert_eq!(answer["warnings"], suspended);

    test.user(TENANT, "viewer", Role::ReadOnly).await;
    let viewer = test.issue(TENANT, "viewer", &[]).await;
    let seen = test
        .request(Method::GET, OVERVIEW, Some(&viewer))
        .await
        .json();
    assert_eq!(
        (&seen["data"][0]["warnings"], &seen["warnings"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn a_user_puts_a_warning_aside_for_a_day() {
    let test = TestApp::new().await;
    let mut lines = campaign(1, "active");
    lines.extend(calls(1, "2026-06-30T05:00:00Z", 3, 1, &|_| Value::Null));
    test.ingest(&lines).await;
    let put = async |body: Value| {
        let request = test.post("/api/overview/put-aside").json(&body);
        test.send(request).await
    };
    let warning = json!({"module": "telesales", "code": "calls_without_result", "campaign_id": 1});
    for _ in 0..2 {
        let aside = put(warning.clone()).await;
        assert_eq!(aside.status, StatusCode::OK, "{}", aside.text());
        assert_eq!(aside.json()["data"]["until"], "2026-07-01T08:00:00+00:00");
    }
    assert_eq!(codes(&test.ok(TELESALES).await), [(1, vec![])]);
    test.user(TENANT, "another", Role::Admin).await;
    let another = test.issue(TENANT, "another", &[]).await;
    let told = codes(&test.request(Method::GET, TELESALES, Some(&another)).await);
    assert_eq!(told, [(1, vec!["calls_without_result".to_owned()])]);
    let later = test
        .instance(now() + TimeDelta::hours(24), Duration::ZERO)
        .await;
    assert_eq!(
        codes(&later.get(TELESALES).await),
        told,
        "it is back after a day"
    );

    for (body, status, fields) in [
        (json!({}), 422, vec!["code", "module"]),
        (
            json!({"module": "telesales", "code": "nothing"}),
            422,
            vec!["code"],
        ),
        (
            json!({"module": "telesales", "code": "no_calls", "subject": "x".repeat(256)}),
            422,
            vec!["subject"],
        ),
        (
            json!({"module": "telesales", "code": "no_calls", "campaign_id": 77}),
            404,
            vec!["campaign_id"],
        ),
        (
            json!({"module": "autocall", "code": "no_calls", "campaign_id": 1}),
            404,
            vec!["campaign_id"],
        ),
    ] {
        let answer = put(body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text());
        let errors = answer.json()["errors"].take();
        let named: Vec<&String> = errors.as_object().expect("errors").keys().collect();
        assert_eq!(named, fields, "{body}");
    }
}

#[tokio::test]
async fn a_token_sees_the_products_that_it_may_read() {
    let test = TestApp::new().await;
    let only = test
        .issue(TENANT, "admin-1", &[Permission::TelesalesApiAccess])
        .await;
    let get = async |path: &str| test.request(Method::GET, path, Some(&only)).await.status;
    assert_eq!(get(OVERVIEW).await, StatusCode::OK, "Telesales by default");
    assert_eq!(get(TELESALES).await, StatusCode::OK);
    assert_eq!(
        get("/api/overview?module=autocall").await,
        StatusCode::FORBIDDEN
    );
    let neither = test
        .issue(TENANT, "admin-1", &[Permission::AnalyticsApiAccess])
        .await;
    let refused = test.request(Method::GET, OVERVIEW, Some(&neither)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let tag = test.ok(TELESALES).await.header("etag").to_owned();
    let again = test.get_with(TELESALES, "if-none-match", &tag).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn campaigns_with_equally_many_dials_come_by_id_down_to_the_least() {
    let test = TestApp::new().await;
    let ids = [i64::MAX, 7, 0, i64::MIN];
    let lines: Vec<Value> = ids.iter().flat_map(|id| campaign(*id, "active")).collect();
    test.ingest(&lines).await;
    let shown = codes(&test.ok(TELESALES).await);
    let shown: Vec<i64> = shown.iter().map(|(id, _)| *id).collect();
    assert_eq!(shown, ids);
}
