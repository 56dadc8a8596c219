//! Warnings of leads, caller IDs, exports and webhooks.

use callboard::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{OVERVIEW, TELESALES, answered, calls, campaign, codes};
use crate::support::{TENANT, TestApp};

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
