//! Campaigns: their members, and what may change in which state.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{
    CAMPAIGNS, SCRIPTS, change, create, delete, faulty, id_of, one, patch, post, with_draft,
};
use crate::support::TestApp;

#[tokio::test]
async fn a_new_campaign_is_a_draft_with_its_defaults() {
    let (test, script, campaign) = with_draft().await;
    let expected = json!({"id": id_of(&campaign), "tenant_id": 1, "name": "C", "description": null, "status": "draft",
        "script_id": id_of(&script), "caller_id_group_id": null, "max_retries": 3, "retry_interval_minutes": 60,
        "retry_only_when": "no_answer", "max_concurrent": 10, "originate_timeout": 40, "write_to_main_cdr": false,
        "start_at": null, "end_at": null, "started_at": null, "completed_at": null,
        "created_at": "2026-06-30T08:00:00+00:00", "updated_at": "2026-06-30T08:00:00+00:00", "total_leads": 1});
    assert_eq!(campaign.to_string(), expected.to_string());
    let page = test
        .ok(&format!("{CAMPAIGNS}?script_id={}", id_of(&script)))
        .await;
    assert_eq!(page.json()["data"], json!([campaign]));
    assert_eq!(
        test.ok(&format!("{CAMPAIGNS}?script_id=1")).await.json()["total"],
        0
    );
}

#[tokio::test]
async fn every_faulty_member_of_a_campaign_is_reported() {
    let (test, script, _) = with_draft().await;
    let good = json!({"name": "C", "script_id": id_of(&script)});
    let bad = json!({"script_id": 1, "description": "x".repeat(2_001), "caller_id_group_id": 1.5, "max_retries": 11,
        "retry_interval_minutes": 0, "retry_only_when": "never", "max_concurrent": 201, "originate_timeout": 9,
        "write_to_main_cdr": "yes", "start_at": "soon", "end_at": 7, "status": "active", "tenant_id": 1, "x": 1});
    let answer = post(&test, CAMPAIGNS, &bad).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        faulty(&answer),
        [
            "caller_id_group_id",
            "description",
            "end_at",
            "max_concurrent",
            "max_retries",
            "name",
            "originate_timeout",
            "retry_interval_minutes",
            "retry_only_when",
            "script_id",
            "start_at",
            "status",
            "tenant_id",
            "write_to_main_cdr",
            "x"
        ]
    );
    for (field, value) in [
        ("script_id", Value::Null),
        ("caller_id_group_id", json!("x".repeat(65))),
        ("caller_id_group_id", json!([1])),
        ("max_retries", json!(-1)),
        ("retry_interval_minutes", json!(43_201)),
        ("max_concurrent", json!(0)),
        ("originate_timeout", json!(181)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = post(&test, CAMPAIGNS, &body).await;
        assert_eq!(faulty(&answer), [field], "{body}");
    }
    for group in [json!(7), json!("hanoi")] {
        let mut body = good.clone();
        body["caller_id_group_id"] = group.clone();
        assert_eq!(
            create(&test, CAMPAIGNS, &body).await["caller_id_group_id"],
            group
        );
    }
}

#[tokio::test]
async fn a_campaign_takes_an_active_script_of_its_tenant() {
    let (test, _, campaign) = with_draft().await;
    let neighbour = test.account(2).await;
    test.ingest_as(
        &neighbour,
        &[json!({"kind": "autocall_script", "id": 5, "name": "Theirs"})],
    )
    .await;
    let path = one(CAMPAIGNS, &campaign);
    for status in ["draft", "archived"] {
        let script = create(&test, SCRIPTS, &json!({"name": "S", "status": status})).await;
        let answer = patch(&test, &path, &json!({"script_id": id_of(&script)})).await;
        assert_eq!(
            answer.json()["errors"],
            json!({"script_id": ["is no active script."]})
        );
    }
    for missing in [json!(5), json!(999)] {
        let answer = patch(&test, &path, &json!({"script_id": missing})).await;
        assert_eq!(faulty(&answer), ["script_id"]);
    }
}

#[tokio::test]
async fn an_end_is_after_the_start() {
    let (test, _, campaign) = with_draft().await;
    let path = one(CAMPAIGNS, &campaign);
    let dates = json!({"start_at": "2026-07-01", "end_at": "2026-07-01"});
    let changed = change(&test, &path, &dates).await;
    assert_eq!(
        (&changed["start_at"], &changed["end_at"]),
        (
            &json!("2026-06-30T17:00:00+00:00"),
            &json!("2026-07-01T17:00:00+00:00")
        ),
        "a date as an end takes in the day, in the account's zone"
    );
    for bad in [
        json!({"end_at": "2026-06-30T17:00:00Z"}),
        json!({"start_at": "2026-07-02T00:00:00+07:00"}),
        json!({"start_at": "2027-01-01", "end_at": "2026-01-01"}),
    ] {
        assert_eq!(
            faulty(&patch(&test, &path, &bad).await),
            ["end_at"],
            "{bad}"
        );
    }
    change(
        &test,
        &path,
        &json!({"start_at": null, "end_at": "2020-01-01"}),
    )
    .await;
}

/// Members with another value, and the states in which they may change.
fn changes(script: i64) -> Vec<(&'static str, Value, &'static [&'static str])> {
    const ALL: &[&str] = &["draft", "active", "paused", "completed"];
    const RUNNING: &[&str] = &["draft", "active", "paused"];
    const DRAFT: &[&str] = &["draft"];
    vec![
        ("name", json!("N"), ALL),
        ("description", json!("D"), ALL),
        ("end_at", json!("2027-01-01T00:00:00Z"), RUNNING),
        ("max_concurrent", json!(11), RUNNING),
        ("max_retries", json!(4), RUNNING),
        ("retry_interval_minutes", json!(61), RUNNING),
        ("retry_only_when", json!("any"), RUNNING),
        ("script_id", json!(script), DRAFT),
        ("caller_id_group_id", json!("g"), DRAFT),
        ("originate_timeout", json!(41), DRAFT),
        ("write_to_main_cdr", json!(true), DRAFT),
        ("start_at", json!("2026-12-01T00:00:00Z"), DRAFT),
    ]
}

#[tokio::test]
async fn each_member_changes_in_its_states_only() {
    let (test, script, _) = with_draft().await;
    let other = create(&test, SCRIPTS, &json!({"name": "O", "status": "active"})).await;
    let mut tried = 0;
    for status in ["draft", "active", "paused", "completed"] {
        for (field, value, states) in changes(id_of(&other)) {
            let id = 100 + tried;
            tried += 1;
            test.ingest(&[json!({"kind": "autocall_campaign", "id": id, "name": "C", "status": status, "script_id": id_of(&script)})])
                .await;
            let path = format!("{CAMPAIGNS}/{id}");
            let before = test.data(&path).await;
            let answer = patch(&test, &path, &json!({field: value})).await;
            if states.contains(&status) {
                assert_eq!(
                    answer.status,
                    StatusCode::OK,
                    "{status} {field}: {}",
                    answer.text()
                );
                let shown = &answer.json()["data"][field];
                assert_ne!(shown, &before[field], "{status} {field}");
            } else {
                let article = if status == "active" { "An" } else { "A" };
                let expected = json!({"message": format!("{article} {status} campaign cannot change its {field}."),
                    "errors": {field: [format!("cannot change while the campaign is {status}.")]}});
                assert_eq!(
                    (answer.status, answer.json()),
                    (StatusCode::CONFLICT, expected),
                    "{status} {field}"
                );
                assert_eq!(test.data(&path).await, before);
            }
            if !states.contains(&status) {
                let same = json!({field: before[field], "max_retries": before["max_retries"]});
                let unchanged = change(&test, &path, &same).await;
                assert_eq!(unchanged, before, "the value it has is no change");
            }
        }
    }
    assert_eq!(tried, 48);
}

#[tokio::test]
async fn a_fetched_campaign_can_be_sent_back_in_every_state() {
    let (test, script, _) = with_draft().await;
    for (id, status) in [(1, "draft"), (2, "active"), (3, "paused"), (4, "completed")] {
        test.ingest(&[json!({"kind": "autocall_campaign", "id": id, "name": "C", "status": status, "script_id": id_of(&script),
            "caller_id_group_id": "g", "start_at": "2026-06-01T00:00:00.25Z", "started_at": "2026-06-01T00:00:00.5Z"})])
            .await;
        let path = format!("{CAMPAIGNS}/{id}");
        let fetched = test.data(&path).await;
        change(
            &test,
            one(SCRIPTS, &script).as_str(),
            &json!({"status": "archived"}),
        )
        .await;
        assert_eq!(change(&test, &path, &fetched).await, fetched, "{status}");
        let mut other_zone = fetched.clone();
        other_zone["start_at"] = json!("2026-06-01T07:00:00+07:00");
        assert_eq!(change(&test, &path, &other_zone).await, fetched, "{status}");
        for field in [
            "id",
            "tenant_id",
            "status",
            "started_at",
            "completed_at",
            "created_at",
            "updated_at",
            "total_leads",
        ] {
            let mut changed = fetched.clone();
            changed[field] = json!("2001-01-01T00:00:00+00:00");
            assert_eq!(faulty(&patch(&test, &path, &changed).await), [field]);
        }
        change(
            &test,
            one(SCRIPTS, &script).as_str(),
            &json!({"status": "active"}),
        )
        .await;
    }
}

#[tokio::test]
async fn a_draft_without_attempts_is_deleted_with_its_leads_and_exports() {
    let (test, _, campaign) = with_draft().await;
    let path = one(CAMPAIGNS, &campaign);
    let export = format!("{path}/reports/export");
    let ordered = post(&test, &export, &json!({"report_type": "kpis"})).await;
    assert_eq!(ordered.status, StatusCode::ACCEPTED);
    assert_eq!(delete(&test, &path).await.status, StatusCode::NO_CONTENT);
    for table in ["autocall_campaigns", "autocall_leads", "exports"] {
        let left = test
            .query(1, &format!("select to_jsonb(count(*)) from {table}"))
            .await;
        assert_eq!(left, [json!(0)], "{table}");
    }
    assert_eq!(delete(&test, &path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn other_campaigns_are_not_deleted() {
    let (test, script, campaign) = with_draft().await;
    let id = id_of(&campaign);
    let lead = id % 1_000_000;
    test.ingest(&[json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": id, "lead_id": lead, "attempt_number": 1, "started_at": "2026-06-01"})])
        .await;
    let refused = delete(&test, &one(CAMPAIGNS, &campaign)).await;
    assert_eq!(
        (refused.status, refused.json()),
        (
            StatusCode::CONFLICT,
            json!({"message": "A draft campaign with attempts cannot be deleted."})
        )
    );
    for (status, message) in [
        ("active", "An active campaign cannot be deleted."),
        ("paused", "A paused campaign cannot be deleted."),
        ("completed", "A completed campaign cannot be deleted."),
    ] {
        test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "C", "status": status, "script_id": id_of(&script)})])
            .await;
        let refused = delete(&test, &format!("{CAMPAIGNS}/1")).await;
        assert_eq!(refused.json(), json!({"message": message}));
    }
}

#[tokio::test]
async fn resources_of_another_tenant_are_not_found_by_any_method() {
    let (test, script, campaign) = with_draft().await;
    let neighbour = TestApp::account(&test, 2).await;
    let theirs = crate::support::Client::new(test.url.clone(), neighbour);
    for path in [one(SCRIPTS, &script), one(CAMPAIGNS, &campaign)] {
        assert_eq!(theirs.get(&path).await.status, StatusCode::NOT_FOUND);
        let answer = patch(&theirs, &path, &json!({"name": "N"})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(delete(&theirs, &path).await.status, StatusCode::NOT_FOUND);
    }
    for action in ["start", "pause", "resume", "stop"] {
        let path = format!("{}/{action}", one(CAMPAIGNS, &campaign));
        assert_eq!(
            post(&theirs, &path, &json!({})).await.status,
            StatusCode::NOT_FOUND
        );
    }
}

/// A lead may have attempts of another campaign; they would lose their lead.
#[tokio::test]
async fn a_draft_is_kept_while_a_lead_of_it_has_attempts_of_another_campaign() {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "Draft", "status": "draft"}),
        json!({"kind": "autocall_campaign", "id": 2, "name": "Other"}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0900000001"}),
        json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 2, "lead_id": 1, "attempt_number": 1,
            "started_at": "2026-06-01T00:00:00Z"}),
    ])
    .await;
    let path = format!("{CAMPAIGNS}/1");
    assert_eq!(delete(&test, &path).await.status, 409);
    test.ok(&path).await;
}
