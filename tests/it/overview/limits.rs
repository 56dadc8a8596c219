//! Campaigns near their limits of abandoned calls, and the settings of warnings.

use std::time::Duration;

use callboard::auth::Tenant;
use callboard::auth::tenant::Change;
use callboard::rollups::{Module, compact};
use serde_json::{Value, json};

use super::{TELESALES, answered, calls, campaign, codes, now};
use crate::support::{TENANT, TestApp};

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
