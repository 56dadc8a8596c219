//! Export requests and their responses.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{EXPORT, cancel, download, june, order, settle, show};
use crate::samples::autocall::sample_campaign;
use crate::support::{Answer, Client, TENANT, TestApp};

async fn post(client: &Client, body: &Value) -> Answer {
    client.send(client.post(EXPORT).json(body)).await
}

async fn post_with_key(client: &Client, key: &str, body: &Value) -> Answer {
    client
        .send(
            client
                .post(EXPORT)
                .header("Idempotency-Key", key)
                .json(body),
        )
        .await
}

/// A tenant with a campaign without calls.
async fn with_campaign() -> TestApp {
    let test = TestApp::new().await;
    test.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "Gia hạn \"quý\" 3/4", "created_at": "2026-06-01"}),
    ])
    .await;
    test
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn export_bodies_match_the_contract_samples() {
    let test = TestApp::new().await;
    test.ingest(&sample_campaign()).await;
    let path = "/api/autocall/campaigns/5/reports/export";
    let body =
        json!({"report_type": "full", "from": "2026-06-01", "to": "2026-06-30", "format": "xlsx"});
    let ordered = test.send(test.post(path).json(&body)).await;
    assert_eq!(ordered.status, StatusCode::ACCEPTED);
    let id = ordered.json()["data"]["job_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let expected = format!(
        r#"{{"data":{{"job_id":"{id}","status":"queued","report_type":"full","estimated_seconds":1}}}}"#
    );
    assert_eq!(ordered.text(), expected);
    assert!(
        id.starts_with("export_") && id[7..].bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );

    let waiting = test.ok(&format!("{path}/{id}")).await;
    assert_eq!(
        waiting.text(),
        format!(
            r#"{{"data":{{"job_id":"{id}","status":"queued","report_type":"full","progress_pct":0}}}}"#
        )
    );
    settle(&test.app).await;
    let ready = test.data(&format!("{path}/{id}")).await;
    assert_eq!(
        keys(&ready),
        [
            "job_id",
            "status",
            "download_url",
            "expires_in_seconds",
            "file_size",
            "completed_at"
        ]
    );
    assert_eq!(
        (&ready["status"], &ready["expires_in_seconds"]),
        (&json!("ready"), &json!(3600))
    );
    assert_eq!(ready["completed_at"], "2026-06-30T08:00:00+00:00");
    let link = ready["download_url"].as_str().expect("a link");
    let name = "Renewal%20Q3_full_2026-06-01_2026-06-30.xlsx";
    assert!(
        link.starts_with(&format!(
            "{}/api/public/exports/{id}/{name}?expires=1782810000&signature=",
            test.url
        )),
        "{link}"
    );
}

#[tokio::test]
async fn all_order_faults_are_reported_in_contract_order() {
    let test = with_campaign().await;
    let faulty = post(
        &test,
        &json!({"report_type": "heatmap", "format": "pdf", "from": "yesterday", "to": 7, "timezone": "Mars"}),
    )
    .await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        keys(&faulty.json()["errors"]),
        ["format", "from", "report_type", "timezone", "to"]
    );
    for (body, field) in [
        (json!({}), "report_type"),
        (json!({"report_type": null}), "report_type"),
        (json!({"report_type": ["full"]}), "report_type"),
        (
            json!({"report_type": "full", "from": "2026-06-02", "to": "2026-06-01"}),
            "to",
        ),
        (json!({"report_type": "full", "format": "json"}), "format"),
    ] {
        let answer = post(&test, &body).await;
        assert_eq!(
            (answer.status, keys(&answer.json()["errors"])),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![field]),
            "{body}"
        );
    }
    let send = async |path: &str, kind: &str, body: &'static str| {
        test.send(test.post(path).header("content-type", kind).body(body))
            .await
            .status
            .as_u16()
    };
    assert_eq!(send(EXPORT, "application/json", "{").await, 400);
    assert_eq!(send(EXPORT, "application/json", "[]").await, 400);
    assert_eq!(send(EXPORT, "text/plain", "{}").await, 415);
    let unknown = EXPORT.replace("/1/", "/2/");
    assert_eq!(
        send(&unknown, "text/plain", "{").await,
        404,
        "what the path names comes before the body"
    );
    let key = post_with_key(&test, &"k".repeat(256), &json!({})).await;
    assert_eq!(
        keys(&key.json()["errors"]),
        ["Idempotency-Key", "report_type"]
    );
    assert_eq!(
        post(&test, &json!({"report_type": "kpis", "unknown": [1]}))
            .await
            .status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn an_export_belongs_to_its_campaign_and_tenant() {
    let test = with_campaign().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 2, "name": "Another"})])
        .await;
    let neighbour = test.account(2).await;
    test.ingest_as(
        &neighbour,
        &[json!({"kind": "autocall_campaign", "id": 1, "name": "Theirs"})],
    )
    .await;
    let id = order(&test, &june("kpis", "csv")).await;
    let one = format!("{EXPORT}/{id}");
    for (path, token) in [
        (one.clone(), &neighbour),
        (one.replace("/1/", "/2/"), &test.token),
        (one.replace("/1/", "/x/"), &test.token),
        (format!("{EXPORT}/export_0"), &test.token),
        (format!("{EXPORT}/%00"), &test.token),
        (format!("{EXPORT}/%ff"), &test.token),
    ] {
        for method in [Method::GET, Method::DELETE] {
            let answer = test.request(method.clone(), &path, Some(token)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
            assert_eq!(answer.json(), json!({"message": "Resource not found"}));
        }
    }
    let theirs = test
        .request(Method::GET, EXPORT, Some(&neighbour))
        .await
        .json();
    assert_eq!(theirs["data"], json!([]));
    assert_eq!(
        show(&test, &id).await["status"],
        "queued",
        "nobody cancelled it"
    );
}

#[tokio::test]
async fn exports_are_listed_newest_first() {
    let test = with_campaign().await;
    let mut ids = Vec::new();
    for minute in 0..5 {
        let later = test.app.clock.now() + chrono::TimeDelta::minutes(minute);
        let client = test
            .changed(|app| app.clock = callboard::time::Clock::Fixed(later))
            .await;
        ids.insert(0, order(&client, &june("kpis", "csv")).await);
    }
    cancel(&test, &ids[1]).await;
    let page = test.ok(&format!("{EXPORT}?per_page=2")).await;
    let expected = json!({"current_page": 1, "data": [
        {"job_id": ids[0], "status": "queued", "report_type": "kpis", "progress_pct": 0},
        {"job_id": ids[1], "status": "failed", "report_type": "kpis", "progress_pct": 0, "error": "Cancelled."}],
        "last_page": 3, "per_page": 2, "total": 5});
    assert_eq!(page.text(), expected.to_string());
    let last = test.ok(&format!("{EXPORT}?per_page=2&page=3")).await.json();
    assert_eq!(last["data"][0]["job_id"], ids[4]);
    assert_eq!(
        test.get(&format!("{EXPORT}?page=0&per_page=201"))
            .await
            .json()["errors"]
            .as_object()
            .expect("faults")
            .len(),
        2
    );
    settle(&test.app).await;
    let ready = test.ok(EXPORT).await.json();
    assert_eq!(ready["data"][0], show(&test, &ids[0]).await);
}

#[tokio::test]
async fn a_job_can_be_cancelled_while_queued_but_not_when_finished() {
    let test = with_campaign().await;
    let id = order(&test, &june("full", "xlsx")).await;
    let cancelled = cancel(&test, &id).await;
    assert_eq!(
        (cancelled.status, cancelled.bytes.len()),
        (StatusCode::NO_CONTENT, 0)
    );
    let expected = json!({"job_id": id, "status": "failed", "report_type": "full", "progress_pct": 0, "error": "Cancelled."});
    assert_eq!(show(&test, &id).await, expected);
    settle(&test.app).await;
    assert_eq!(show(&test, &id).await, expected, "it is not made after all");
    let again = cancel(&test, &id).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(
        again.json(),
        json!({"message": "This export is failed and can no longer be cancelled."})
    );
    let id = order(&test, &june("kpis", "xlsx")).await;
    settle(&test.app).await;
    assert_eq!(cancel(&test, &id).await.status, StatusCode::CONFLICT);
    assert_eq!(show(&test, &id).await["status"], "ready");
}

#[tokio::test]
async fn an_idempotency_key_returns_the_same_job() {
    let test = with_campaign().await;
    let first = post_with_key(&test, "k-1", &june("full", "xlsx")).await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    settle(&test.app).await;
    let again = post_with_key(&test, "k-1", &june("full", "xlsx")).await;
    assert_eq!(
        (again.status, again.text()),
        (StatusCode::ACCEPTED, first.text())
    );
    let other = post_with_key(&test, "k-1", &june("kpis", "xlsx")).await;
    assert_eq!(
        (other.status, other.json()["errors"].clone()),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({"Idempotency-Key": ["was used for a request with another body."]})
        )
    );

    let id = |answer: Answer| {
        answer.json()["data"]["job_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let ours = id(first);
    assert_ne!(
        id(post_with_key(&test, "K-1", &june("full", "xlsx")).await),
        ours,
        "another key"
    );
    assert_ne!(id(post(&test, &june("full", "xlsx")).await), ours, "no key");
    let colleague = Client::new(
        test.url.clone(),
        test.user(TENANT, "colleague", callboard::auth::Role::Supervisor)
            .await,
    );
    assert_eq!(
        id(post_with_key(&colleague, "k-1", &june("full", "xlsx")).await),
        ours,
        "a key belongs to the tenant"
    );
    let later = test.app.clock.now() + chrono::TimeDelta::hours(24);
    let tomorrow = test
        .changed(|app| app.clock = callboard::time::Clock::Fixed(later))
        .await;
    assert_ne!(
        id(post_with_key(&tomorrow, "k-1", &june("kpis", "csv")).await),
        ours,
        "a day later"
    );
}

#[tokio::test]
async fn concurrent_orders_with_one_idempotency_key_create_one_job() {
    let test = with_campaign().await;
    let posts = (0..12).map(|_| async { post_with_key(&test, "k", &june("full", "csv")).await });
    let answers = futures_util::future::join_all(posts).await;
    let (accepted, running): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::ACCEPTED);
    assert!(!accepted.is_empty());
    assert!(
        accepted
            .iter()
            .all(|answer| answer.text() == accepted[0].text())
    );
    let refusal = json!({"message": "A request with this Idempotency-Key is still running."});
    assert!(
        running
            .iter()
            .all(|answer| (answer.status, answer.json())
                == (StatusCode::CONFLICT, refusal.clone()))
    );
    assert_eq!(test.ok(EXPORT).await.json()["total"], 1);
}

#[tokio::test]
async fn estimates_use_the_attempt_count_and_past_export_speed() {
    let test = with_campaign().await;
    test.execute(
        TENANT,
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
        select 1, 'a' || n, 1, 1, 1, '2026-06-03' from generate_series(1, 20000) n",
    )
    .await;
    let estimated = async |body: &Value| {
        post(&test, body).await.json()["data"]["estimated_seconds"]
            .as_i64()
            .expect("seconds")
    };
    assert_eq!(
        estimated(&june("full", "xlsx")).await,
        1,
        "nothing was measured yet"
    );
    settle(&test.app).await;
    test.execute(
        TENANT,
        "update exports set seconds_taken = 50 where rows_written = 20000",
    )
    .await;
    assert_eq!(
        estimated(&june("full", "xlsx")).await,
        51,
        "400 rows a second"
    );
    assert_eq!(estimated(&june("kpis", "xlsx")).await, 1);
    assert_eq!(
        estimated(&june("full", "csv")).await,
        1,
        "of the other format nothing is known"
    );
    let mut empty = june("full", "xlsx");
    empty["to"] = "2026-06-02".into();
    assert_eq!(estimated(&empty).await, 1);
}

#[tokio::test]
async fn orders_and_downloads_are_in_the_audit_log() {
    let (test, body) = (with_campaign().await, june("kpis", "csv"));
    let ordered = post_with_key(&test, "june", &body).await.json();
    assert_eq!(
        post_with_key(&test, "june", &body).await.json(),
        ordered,
        "the same order"
    );
    let first = ordered["data"]["job_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    settle(&test.app).await;
    let ready = show(&test, &first).await;
    download(&test, &ready).await;
    download(&test, &ready).await;
    let log = test
        .query(
            TENANT,
            "select to_jsonb(l) from audit_log l where event like 'export%' order by id",
        )
        .await;
    let events: Vec<&str> = log
        .iter()
        .filter_map(|entry| entry["event"].as_str())
        .collect();
    assert_eq!(
        events,
        ["export_created", "export_downloaded"],
        "once an hour"
    );
    for entry in &log {
        assert_eq!(
            (&entry["subject"], &entry["address"]),
            (&json!(first), &json!("127.0.0.1")),
            "{entry}"
        );
    }
    assert_eq!(
        (&log[0]["user_id"], log[0]["session_id"].is_string()),
        (&json!(1), true)
    );
    assert_eq!(
        log[1]["user_id"],
        Value::Null,
        "a link says nothing of who follows it"
    );
}
