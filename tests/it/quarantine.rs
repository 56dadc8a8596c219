//! Records of dialers that could not be read: kept, listed, downloaded, deleted, swept.

use callboard::dialers::leg::Source;
use callboard::dialers::quarantine::{self, Door, MAX_BODY};
use callboard::dialers::sweep;
use callboard::error::Error;
use callboard::time::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{TENANT, TestApp};

const QUARANTINE: &str = "/api/ingest/quarantine";

async fn keep(app: &TestApp, tenant: i64, source: Source, body: &[u8], at: DateTime<Utc>) -> Uuid {
    let mut scope = app.app.db.write(tenant).await.expect("a scope");
    let door = Door {
        media: Some("application/json\0".into()),
        uuid: Some("a_5f".into()),
        ..Door::default()
    };
    let kept = quarantine::keep(&mut scope, source, door, "It is no\0 JSON.", body, at).await;
    let id = kept.expect("kept");
    scope.commit().await.expect("committed");
    id
}

async fn ids(app: &TestApp) -> Vec<String> {
    let listed = app.data(QUARANTINE).await;
    let ids = listed.as_array().expect("rows").iter();
    ids.map(|row| row["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[tokio::test]
async fn records_are_listed_downloaded_as_they_came_and_deleted() {
    let app = TestApp::new().await;
    let now = app.app.clock.now();
    let body = b"<html>\0\xff\xfe{\"variables\": nan</html>";
    let first = keep(&app, TENANT, Source::Freeswitch, body, now).await;
    let second = keep(
        &app,
        TENANT,
        Source::Vicidial,
        b"",
        now + TimeDelta::seconds(1),
    )
    .await;
    assert_eq!(ids(&app).await, [second.to_string(), first.to_string()]);
    let page = app
        .ok(&format!("{QUARANTINE}?source=freeswitch"))
        .await
        .json();
    assert_eq!(page["total"], 1);
    let row = &page["data"][0];
    assert_eq!(row["reason"], "It is no JSON.");
    assert_eq!(row["source"], "freeswitch");
    assert_eq!(row["size"], body.len());
    assert_eq!(row["received_at"], "2026-06-30T08:00:00+00:00");
    assert_eq!(row.as_object().map(|row| row.len()), Some(5), "{row}");
    assert_eq!(
        app.get(&format!("{QUARANTINE}?source=other")).await.status,
        422
    );

    let path = format!("{QUARANTINE}/{first}");
    let file = app.ok(&path).await;
    assert_eq!(file.bytes.as_slice(), body);
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert!(
        file.header("content-disposition")
            .starts_with("attachment; ")
    );
    assert!(file.header("cache-control").contains("no-store"));

    let other = app.account(2).await;
    for method in [Method::GET, Method::DELETE] {
        let answer = app.request(method.clone(), &path, Some(&other)).await;
        assert_eq!(answer.status, 404, "{method} of another account");
    }
    let none = app
        .request(Method::GET, QUARANTINE, Some(&other))
        .await
        .json();
    assert_eq!(none["total"], 0);
    let deleted = app.request(Method::DELETE, &path, Some(&app.token)).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text());
    for gone in [
        path.as_str(),
        &format!("{QUARANTINE}/x"),
        &format!("{QUARANTINE}/1"),
    ] {
        assert_eq!(app.get(gone).await.status, 404, "{gone}");
    }
    assert_eq!(ids(&app).await, [second.to_string()]);
    let log = app.data("/api/audit?action=quarantine.deleted").await;
    assert_eq!(log[0]["target"]["name"], Value::from(first.to_string()));
}

#[tokio::test]
async fn a_record_is_read_again_as_it_came_and_settled_once() {
    let app = TestApp::new().await;
    let now = app.app.clock.now();
    let first = keep(&app, TENANT, Source::Asterisk, b"one", now).await;
    let second = keep(
        &app,
        TENANT,
        Source::Asterisk,
        b"two",
        now + TimeDelta::seconds(1),
    )
    .await;
    let mut scope = app.app.db.write(TENANT).await.expect("a scope");
    let mut seen = Vec::new();
    let mut after = Uuid::nil();
    while let Some(kept) = quarantine::due(&mut scope, after, second)
        .await
        .expect("read")
    {
        assert_eq!(kept.source(), Some(Source::Asterisk));
        assert_eq!(kept.door.media.as_deref(), Some("application/json"));
        assert_eq!(kept.door.uuid.as_deref(), Some("a_5f"));
        after = kept.id;
        seen.push((kept.id, kept.body));
    }
    assert_eq!(seen, [(first, b"one".to_vec()), (second, b"two".to_vec())]);
    quarantine::refuse(&mut scope, first, "It still is no row.")
        .await
        .expect("noted");
    assert!(
        quarantine::settle(&mut scope, second)
            .await
            .expect("settled")
    );
    assert!(
        !quarantine::settle(&mut scope, second)
            .await
            .expect("settled"),
        "once"
    );
    scope.commit().await.expect("committed");
    let rows = app.data(QUARANTINE).await;
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    assert_eq!(rows[0]["reason"], "It still is no row.");
}

#[tokio::test]
async fn a_record_has_at_most_a_mebibyte() {
    let app = TestApp::new().await;
    let now = app.app.clock.now();
    let mut scope = app.app.db.write(TENANT).await.expect("a scope");
    let large = vec![b'x'; MAX_BODY + 1];
    let of = |size: usize| &large[..size];
    let door = Door::default;
    let kept = quarantine::keep(
        &mut scope,
        Source::Freeswitch,
        door(),
        "",
        of(MAX_BODY),
        now,
    )
    .await;
    assert!(kept.is_ok());
    let refused = quarantine::keep(
        &mut scope,
        Source::Freeswitch,
        door(),
        "",
        of(MAX_BODY + 1),
        now,
    )
    .await;
    assert!(matches!(refused, Err(Error::TooLarge)), "{refused:?}");
}

#[tokio::test]
async fn old_records_go_and_the_oldest_of_too_many() {
    let mut app = TestApp::new().await;
    let now = app.app.clock.now();
    app.account(2).await;
    let mut kept = Vec::new();
    for at in 0..5 {
        kept.push(
            keep(
                &app,
                TENANT,
                Source::Freeswitch,
                b"x",
                now + TimeDelta::seconds(at),
            )
            .await,
        );
    }
    keep(&app, 2, Source::Freeswitch, b"x", now).await;
    sweep::sweep(&app.app, 3).await.expect("swept");
    let newest: Vec<String> = kept.iter().rev().take(3).map(Uuid::to_string).collect();
    assert_eq!(ids(&app).await, newest);
    let of_other = "select to_jsonb(count(*)) from dialer_quarantine where tenant_id = 2";
    assert_eq!(app.query(2, of_other).await, [1]);
    app.app.clock = Clock::Fixed(now + TimeDelta::days(90) + TimeDelta::seconds(4));
    sweep::sweep(&app.app, 3).await.expect("swept");
    assert_eq!(
        ids(&app).await,
        newest[..1],
        "that of the last second has its 90 days"
    );
    assert_eq!(app.query(2, of_other).await, [0]);
}

#[tokio::test]
async fn records_are_read_again_one_or_all() {
    const BUSY: &[u8] = include_bytes!("../data/cdr/freeswitch/made-user-busy.json");
    let app = TestApp::new().await;
    let now = app.app.clock.now();
    // As a reader of an earlier version may have left it, which could not read it.
    let good = keep(&app, TENANT, Source::Freeswitch, BUSY, now).await;
    let bad = keep(
        &app,
        TENANT,
        Source::Freeswitch,
        b"{\"variables\":",
        now + TimeDelta::seconds(1),
    )
    .await;
    let other = app.account(2).await;
    let path = format!("{QUARANTINE}/{good}/retry");
    let of_other = app.request(Method::POST, &path, Some(&other)).await;
    assert_eq!(of_other.status, 404);
    let all = app
        .request(
            Method::POST,
            &format!("{QUARANTINE}/retry"),
            Some(&app.token),
        )
        .await;
    assert_eq!(all.status, 200, "{}", all.text());
    let counts = serde_json::json!({"retried": 2, "stored": 1, "quarantined": 1, "next": null});
    assert_eq!(all.json()["data"], counts);
    assert_eq!(ids(&app).await, [bad.to_string()]);
    let made = "select to_jsonb(result) from autocall_attempts where tenant_id = 1";
    assert_eq!(app.query(TENANT, made).await, ["busy"]);
    assert_eq!(
        app.request(Method::POST, &path, Some(&app.token))
            .await
            .status,
        404,
        "it has left"
    );
    let path = format!("{QUARANTINE}/{bad}/retry");
    let still = app.request(Method::POST, &path, Some(&app.token)).await;
    assert_eq!(still.json()["data"]["quarantined"], 1, "{}", still.text());
    let reason = &app.data(QUARANTINE).await[0]["reason"];
    assert_ne!(*reason, "It is no JSON.", "the reason is that of today");
    let after = format!("{QUARANTINE}/retry?after={bad}");
    let behind = app.request(Method::POST, &after, Some(&app.token)).await;
    assert_eq!(behind.json()["data"]["retried"], 0);
    let wrong = app
        .request(
            Method::POST,
            &format!("{QUARANTINE}/retry?after=x"),
            Some(&app.token),
        )
        .await;
    assert_eq!(wrong.status, 422);
}
